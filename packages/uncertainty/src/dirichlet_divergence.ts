import {
  add,
  customGrad,
  div,
  expandDims,
  type GradSaveFunc,
  log,
  maximum,
  mul,
  sub,
  sum,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { checkChoice, checkTensor } from "./_check.ts";
import { digammaExcess, logGammaExcess } from "./_special/approximations.ts";
import { digamma } from "./digamma.ts";
import { trigamma } from "./trigamma.ts";

/** Options of {@linkcode dirichletDivergence}. */
export interface DirichletDivergenceOptions {
  /** Which of the two is a constant, such as a target: its gradient, then 0, takes no time. @default {neither} */
  readonly constant?: "from" | "to";
}

/**
 * The divergence `KL(Dir(a) || Dir(b))` of Dirichlet distributions, with gradients of any order in both:
 *
 * `log Gamma(a_0) - log Gamma(b_0) + sum_k (log Gamma(b_k) - log Gamma(a_k)) + sum_k (a_k - b_k)(psi(a_k) - psi(a_0))`.
 *
 * For concentrations of a thousand these terms are thousands, and their sum can be below 1. What grows in them like `x log x`
 * is `b_0` times the divergence of the mean of `a` from that of `b`; it is computed as such, so that float32 keeps its digits.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { dirichletDivergence } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const divergence = dirichletDivergence(tf.tensor2d([[980, 10, 10]]), tf.exp(tf.tensor2d([[5, 0, -1]])));
 * expect((await divergence.data())[0]).toBeCloseTo(2.831125, 4);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1802.10501 | Malinin and Gales, Predictive uncertainty estimation via prior networks, appendix A}
 *
 * @param from The concentrations `a`, float32 `[..., classes]`, positive; borrowed.
 * @param to The concentrations `b`, shape of `from`, positive; borrowed.
 * @param options Which of them is a constant.
 * @returns The divergences in nats, `[...]`, not negative; owned by the caller.
 * @throws {TypeError} When they are not float32 tensors of one shape, or `constant` is neither.
 * @throws {RangeError} When they are empty.
 */
export function dirichletDivergence(from: Tensor, to: Tensor, options: DirichletDivergenceOptions = {}): Tensor {
  const action = "compute the divergence";
  checkTensor(action, "from", from, 1);
  checkTensor(action, "to", to, 1);
  if (from.shape.join() !== to.shape.join()) {
    throw new TypeError(
      `Cannot ${action}: to must have the shape of from [${from.shape.join(", ")}] but found [${to.shape.join(", ")}]`,
    );
  }
  const { constant } = options;
  if (constant !== undefined) checkChoice(action, "constant", constant, ["from", "to"]);
  // With no gradient in a constant that costs anything: it is saved, but is no input.
  const inputs = [...(constant === "from" ? [] : [from]), ...(constant === "to" ? [] : [to])];
  return customGrad((...args) => {
    (args.at(-1) as unknown as GradSaveFunc)([from, to]);
    return {
      value: divergence(from, to),
      gradFunc: (dy, saved) => {
        const [a, b] = saved as [Tensor, Tensor];
        const outer = expandDims(dy, -1);
        const gradients: Tensor[] = [];
        if (constant !== "from") gradients.push(mul(outer, gradientOfFrom(a, b)));
        if (constant !== "to") gradients.push(mul(outer, gradientOfTo(a, b)));
        return gradients;
      },
    };
  })(...inputs);
}

function total(x: Tensor): Tensor {
  return sum(x, -1, true);
}

function divergence(a: Tensor, b: Tensor): Tensor {
  const [a0, b0] = [total(a), total(b)];
  // With p and q the means of a and b: b_0 KL(q || p), each of whose terms p (r log r - r + 1), r = q / p, is not negative.
  const ratio = mul(div(b, a), div(a0, b0));
  const relative = sub(mul(ratio, log(ratio)), sub(ratio, 1));
  const leading = mul(b0, total(mul(div(a, a0), relative)));
  const rest = sub(total(remainder(a, b)), remainder(a0, b0));
  return maximum(sum(add(leading, rest), -1), 0);
}

/** `f(b) - f(a) - (b - a) f'(a)` for the remainder `f(x) = log Gamma(x) - x (log x - 1)`. */
function remainder(a: Tensor, b: Tensor): Tensor {
  return sub(sub(logGammaExcess(b), logGammaExcess(a)), mul(sub(b, a), digammaExcess(a)));
}

/** `(a_k - b_k) psi_1(a_k) - (a_0 - b_0) psi_1(a_0)`. */
function gradientOfFrom(a: Tensor, b: Tensor): Tensor {
  const difference = sub(a, b);
  return sub(mul(difference, trigamma(a)), mul(total(difference), trigamma(total(a))));
}

/** `psi(b_k) - psi(b_0) - (psi(a_k) - psi(a_0))`. */
function gradientOfTo(a: Tensor, b: Tensor): Tensor {
  return sub(sub(digamma(b), digamma(a)), sub(digamma(total(b)), digamma(total(a))));
}
