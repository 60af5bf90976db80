import { logSumExp } from "@jem-js/energy";
import { type Key, normal } from "@jem-js/random";
import {
  add,
  cast,
  dispose,
  grad,
  mul,
  oneHot,
  reshape,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor1d,
  tidy,
  type Variable,
} from "@tensorflow/tfjs-core";
import type { Flow, FlowLabels, FlowOutput } from "./flow.ts";

/** One invertible step; `condition` is one-hot classes `[batch, classes]`, or undefined. */
export interface FlowStep {
  readonly variables: readonly Variable[];
  /** Adds what it stretches by to `logDeterminant: [batch]`. */
  forward(x: Tensor, condition: Tensor2D | undefined): FlowOutput;
  inverse(z: Tensor, condition: Tensor2D | undefined): Tensor;
}

/** The flow of a step from `[batch, ...inputShape]`, which may be a chain of steps. */
export function flowOf(action: string, step: FlowStep, inputShape: readonly number[], classes: number): Flow {
  const size = inputShape.reduce((product, side) => product * side, 1);

  function conditionOf(labels: FlowLabels | undefined, count: number): Tensor2D | undefined {
    if (classes === 1) return undefined;
    if (labels === undefined)
      throw new TypeError(`Cannot ${action}: labels must be given to a flow of ${classes} classes`);
    const indices = "dataId" in labels ? labels : tensor1d(checked(labels), "int32");
    if (indices.size !== count) {
      throw new TypeError(`Cannot ${action}: labels must be [${count}] but found [${indices.shape.join(", ")}]`);
    }
    return cast(oneHot(cast(indices, "int32"), classes), "float32") as Tensor2D;
  }

  function checked(labels: ArrayLike<number>): number[] {
    const values = Array.from(labels);
    const wrong = values.find((label) => !Number.isInteger(label) || label < 0 || label >= classes);
    if (wrong === undefined) return values;
    throw new RangeError(`Cannot ${action}: labels must be integers from 0 to ${classes - 1} but found ${wrong}`);
  }

  const forward = (x: Tensor, labels?: FlowLabels): FlowOutput =>
    tidy(() => step.forward(x, conditionOf(labels, x.shape[0]!)) as FlowOutput & Record<string, Tensor>);

  function conditional(x: Tensor, labels?: FlowLabels): Tensor1D {
    const { z, logDeterminant } = forward(x, labels);
    const squares = sum(square(reshape(z, [-1, size])), 1);
    return sub(add(mul(squares, -0.5), logDeterminant), 0.5 * size * Math.log(2 * Math.PI)) as Tensor1D;
  }

  function logits(x: Tensor): Tensor2D {
    return tidy(() => {
      const all = Array.from({ length: classes }, (_, y) => conditional(x, new Int32Array(x.shape[0]!).fill(y)));
      return sub(stack(all, 1), Math.log(classes)) as Tensor2D;
    });
  }

  function logDensity(x: Tensor, labels?: FlowLabels): Tensor1D {
    return tidy(() => {
      if (classes === 1) return conditional(x);
      return labels === undefined ? (logSumExp(logits(x)) as Tensor1D) : conditional(x, labels);
    });
  }

  const inverse = (z: Tensor, labels?: FlowLabels): Tensor =>
    tidy(() => step.inverse(z, conditionOf(labels, z.shape[0]!)));

  return {
    classes,
    forward,
    inverse,
    logDensity,
    logits,
    score: (x, labels) => tidy(() => grad((input: Tensor) => sum(logDensity(input, labels)))(x)),
    sample: (key: Key, count: number, labels?: FlowLabels) =>
      tidy(() => {
        const inTurn = Int32Array.from({ length: count }, (_, i) => i % classes);
        return inverse(normal(key, [count, ...inputShape] as [number]), labels ?? inTurn);
      }),
    variables: step.variables,
    dispose: () => dispose([...step.variables]),
  };
}

/** One step after the other. */
export function chainOf(steps: readonly FlowStep[]): FlowStep {
  return {
    variables: steps.flatMap(({ variables }) => variables),
    forward: (x, condition) => {
      let [z, total]: [Tensor, Tensor | undefined] = [x, undefined];
      for (const step of steps) {
        const { z: next, logDeterminant } = step.forward(z, condition);
        [z, total] = [next, total ? add(total, logDeterminant) : logDeterminant];
      }
      return { z, logDeterminant: total as Tensor1D };
    },
    inverse: (z, condition) => steps.reduceRight((x, step) => step.inverse(x, condition), z),
  };
}
