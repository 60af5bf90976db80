import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import { assignValues, checkValues, specOf, valuesOf, type WeightSpec } from "./_variables.ts";
import type { Checkpointable, SnapshotArray } from "./checkpointable.ts";

/** A model whose weights are saved with its topology; a `tf.LayersModel` is one. */
export interface SavableModel {
  /** All weights, also those that are not trained, such as the moving averages of batch normalisation. */
  readonly weights: readonly { readonly originalName: string; read(): Tensor }[];
  /** The topology. */
  toJSON(unused?: unknown, returnString?: boolean): unknown;
}

/**
 * The weights of a model, or any variables, as a part of a checkpoint.
 *
 * `fit` makes it of its `model` or its `variables`; use it for weights that the procedure changes beside those. With a model,
 * the part can be loaded by `tf.loadLayersModel` when it is the one named `model` in a folder of `fileCheckpoints`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { weightsState } from "@jem-js/trainer";
 * import { expect } from "vitest";
 *
 * const scale = tf.variable(tf.scalar(2));
 * const state = weightsState([scale]);
 * const before = await state.snapshot();
 * scale.assign(tf.scalar(5));
 * await state.restore(before);
 * expect((await scale.data())[0]).toBe(2);
 * ```
 *
 * @param source A model or its variables; borrowed.
 * @returns The state: one array a weight, in their order.
 * @throws {TypeError} From `restore`, when number, shape or type of the weights differ.
 */
export function weightsState(source: SavableModel | readonly Variable[]): Checkpointable {
  const action = "restore weights";

  /** Looked up anew each time: a model may be compiled or frozen in between. */
  function weights(): { name: string; variable: Variable }[] {
    if (isModel(source)) {
      return source.weights.map((weight) => ({ name: weight.originalName, variable: weight.read() as Variable }));
    }
    // Names that TensorFlow.js makes up differ from process to process.
    return source.map((variable, i) => ({ name: `variable_${i}`, variable }));
  }

  return {
    async snapshot() {
      const arrays: Record<string, SnapshotArray> = {};
      const specs: WeightSpec[] = [];
      for (const { name, variable } of weights()) {
        // Numbers as keys of an object lose their order.
        arrays[`weight ${specs.length}`] = await valuesOf(variable);
        specs.push(specOf(name, variable));
      }
      const topology = isModel(source) ? { modelTopology: source.toJSON(undefined, false) } : {};
      return { values: { ...topology, weights: specs }, arrays };
    },
    restore({ values, arrays }) {
      const own = weights();
      const specs = values.weights as readonly WeightSpec[] | undefined;
      if (specs?.length !== own.length) {
        throw new TypeError(
          `Cannot ${action}: there must be ${own.length} weights but found ${specs?.length ?? "none"}`,
        );
      }
      own.forEach(({ name, variable }, i) => {
        const [wanted, found] = [specOf(name, variable).shape, specs[i]!.shape];
        if (String(wanted) !== String(found)) {
          throw new TypeError(`Cannot ${action}: ${name} must have shape [${wanted}] but found [${found}]`);
        }
        checkValues(action, specOf(name, variable), arrays[`weight ${i}`]);
      });
      own.forEach(({ variable }, i) => {
        assignValues(variable, arrays[`weight ${i}`]!);
      });
    },
  };
}

function isModel(source: SavableModel | readonly Variable[]): source is SavableModel {
  return !Array.isArray(source);
}
