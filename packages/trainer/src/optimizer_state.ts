import { dispose, type Optimizer, tensor, Variable } from "@tensorflow/tfjs-core";
import { assignValues, checkValues, specOf, valuesOf, type WeightSpec } from "./_variables.ts";
import type { Checkpointable, SnapshotArray } from "./checkpointable.ts";

/** How the optimizers of TensorFlow.js keep what they know of each weight. */
interface Accumulator {
  originalName: string;
  variable: Variable;
}

/**
 * The state of an optimizer as a part of a checkpoint: what it has accumulated for each weight, its counters and, for Adam
 * and Adamax, the powers of beta as they were multiplied up.
 *
 * It is exact where `getWeights` and `setWeights` of TensorFlow.js are not: those leave out Adam's powers, which
 * `beta^(i + 1)` does not give back to the last bit, do not exist for Adamax, and leave the former tensors behind.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { optimizerState } from "@jem-js/trainer";
 * import { expect } from "vitest";
 *
 * const optimizer = tf.train.adam(1e-3);
 * const state = optimizerState(optimizer);
 * const { values } = await state.snapshot();
 * expect(values).toMatchObject({ optimizer: "Adam", iterations: 0 });
 * ```
 *
 * @param optimizer An optimizer of `tf.train`, or one that keeps its state as they do: in fields that are variables or
 * arrays of `{ originalName, variable }`. Borrowed. The learning rate is no part of its state.
 * @returns The state.
 * @throws {TypeError} From `restore`, when the optimizer is of another class or its arrays do not fit.
 */
export function optimizerState(optimizer: Optimizer): Checkpointable {
  const action = "restore the optimizer";
  const fields = optimizer as unknown as Record<string, unknown> & { iterations_?: number };

  return {
    async snapshot() {
      const arrays: Record<string, SnapshotArray> = {};
      // Under names of their own: those of variables differ from process to process.
      const accumulators: Record<string, WeightSpec[]> = {};
      for (const [field, value] of Object.entries(fields)) {
        if (value instanceof Variable) arrays[field] = await valuesOf(value);
        if (!isAccumulators(value)) continue;
        accumulators[field] = value.map(({ variable }, i) => specOf(`${field} ${i}`, variable));
        for (const [i, { variable }] of value.entries()) arrays[`${field} ${i}`] = await valuesOf(variable);
      }
      const values = { optimizer: optimizer.getClassName(), iterations: optimizer.iterations, accumulators };
      return { values, arrays };
    },
    restore({ values, arrays }) {
      const name = optimizer.getClassName();
      if (values.optimizer !== name) {
        throw new TypeError(`Cannot ${action}: it must be of the class ${name} but found ${String(values.optimizer)}`);
      }
      const accumulators = values.accumulators as Record<string, WeightSpec[]>;
      for (const [field, value] of Object.entries(fields)) {
        if (value instanceof Variable) checkValues(action, specOf(field, value), arrays[field]);
        if (!isAccumulators(value)) continue;
        if (!accumulators[field]) throw new TypeError(`Cannot ${action}: ${field} is missing`);
        for (const [i, spec] of accumulators[field].entries()) checkValues(action, spec, arrays[`${field} ${i}`]);
      }
      for (const [field, value] of Object.entries(fields)) {
        if (value instanceof Variable) assignValues(value, arrays[field]!);
        if (isAccumulators(value)) replace(value, accumulators[field]!, (i) => arrays[`${field} ${i}`]!);
      }
      fields.iterations_ = values.iterations as number;
    },
  };
}

/** Gives the accumulators of a field the shapes and values of a snapshot. */
function replace(own: Accumulator[], specs: readonly WeightSpec[], values: (i: number) => SnapshotArray): void {
  dispose(own.splice(0).map(({ variable }) => variable));
  for (const [i, { name, shape, dtype }] of specs.entries()) {
    const value = tensor(values(i).slice() as Float32Array, [...shape], dtype);
    own.push({ originalName: name, variable: value.variable(false) });
    value.dispose();
  }
}

function isAccumulators(value: unknown): value is Accumulator[] {
  return Array.isArray(value) && value.every((item) => item?.variable instanceof Variable);
}
