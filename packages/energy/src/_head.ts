import {
  add,
  expandDims,
  mul,
  neg,
  reshape,
  sqrt,
  square,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tidy,
  type Variable,
} from "@tensorflow/tfjs-core";
import { gradient } from "./_gradient.ts";
import type { EnergyHead } from "./energy_head.ts";
import { type Labels, oneHotLabels } from "./labels.ts";
import { logSumExp, softmax } from "./log_sum_exp.ts";

/** The logits `u + c` in two parts: the class probabilities are those of `u` even where `c` leaves float32 no digits for them. */
interface LogitTerms {
  /** `u`, `[batch, classes]`. */
  readonly logits: Tensor2D;
  /** `c`, `[batch]`, the same for all classes of an example; 0 when not given. */
  readonly offset?: Tensor1D;
}

/** What a head is made of. */
export interface HeadParts {
  readonly terms: (x: Tensor) => LogitTerms;
  readonly features?: (x: Tensor) => Tensor;
  readonly variables: () => readonly Variable[];
}

/** The members of an energy head from its logits. */
export function headOf({ terms, features, variables }: HeadParts): EnergyHead {
  function logits(x: Tensor): Tensor2D {
    return tidy(() => {
      const { logits: f, offset } = terms(x);
      return offset ? add(f, expandDims(offset, 1)) : f;
    });
  }

  function logDensity(x: Tensor, y?: Labels): Tensor1D {
    return tidy(() => {
      const { logits: f, offset } = terms(x);
      const selected =
        y === undefined
          ? (logSumExp(f) as Tensor1D)
          : sum<Tensor1D>(mul(f, oneHotLabels("compute the energy", y, f.shape[0], f.shape[1])), 1);
      return offset ? add(selected, offset) : selected;
    });
  }

  function energy(x: Tensor, y?: Labels): Tensor1D {
    return tidy(() => neg(logDensity(x, y)));
  }

  function probabilities(x: Tensor): Tensor2D {
    return tidy(() => softmax(terms(x).logits) as Tensor2D);
  }

  function score(x: Tensor, y?: Labels): Tensor {
    // The gradient of the sum over the batch: examples do not influence one another.
    try {
      return gradient((input) => sum(logDensity(input, y)), x);
    } catch (error) {
      throw explained(error);
    }
  }

  function approximateMass(x: Tensor): Tensor1D {
    return tidy(() => {
      const perElement = reshape(score(x), [x.shape[0]!, -1]);
      return neg(sqrt(sum(square(perElement), 1)));
    });
  }

  async function validate(x: Tensor): Promise<void> {
    const f = logits(x);
    const [batch, classes] = f.shape;
    const values = Float32Array.from(await f.data());
    f.dispose();
    const wrong = values.findIndex((value) => !Number.isFinite(value));
    if (wrong !== -1) {
      throw new RangeError(
        `Cannot use the classifier: logits must be finite but found ${values[wrong]} ` +
          `for example ${Math.floor(wrong / classes)}, class ${wrong % classes}`,
      );
    }
    const rows = Array.from({ length: batch }, (_, i) => values.subarray(i * classes, (i + 1) * classes));
    const sum = (row: Float32Array, term: (value: number) => number): number => row.reduce((a, f) => a + term(f), 0);
    const isNormalised = (total: number): boolean => Math.abs(total - 1) < 1e-4;
    if (batch === 0) return;
    for (const [found, test] of [
      ["probabilities", (row) => row.every((f) => f >= 0) && isNormalised(sum(row, (f) => f))],
      ["log-probabilities", (row) => isNormalised(sum(row, Math.exp))],
    ] as [string, (row: Float32Array) => boolean][]) {
      if (rows.every(test)) {
        throw new RangeError(
          `Cannot use the classifier: it returns ${found} (rows that sum to 1); remove its final softmax so that it returns logits`,
        );
      }
    }
  }

  return {
    logits,
    energy,
    logDensity,
    probabilities,
    score,
    approximateMass,
    validate,
    ...(features && { features }),
    get variables() {
      return variables();
    },
  };
}

/** Says in our words which operation stands between the input and its gradient. */
function explained(error: unknown): unknown {
  const message = error instanceof Error ? error.message : "";
  const operation = message.match(/(?:gradient function not found for|Error in gradient for op) (\w+)/)?.[1];
  if (operation !== undefined) {
    return new TypeError(
      `Cannot compute score: every operation from x to the logits must have a gradient but ${operation} has none`,
      { cause: error },
    );
  }
  if (message.includes("Cannot compute gradient of y=f(x)")) {
    return new TypeError("Cannot compute score: the logits must depend on x through differentiable operations", {
      cause: error,
    });
  }
  return error;
}
