import { type Tensor, tensor, tidy, transpose } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";

/** An array of a state dict, as `readNpz` and `readSafetensors` of `@jem-js/data` give them. */
export interface StateDictArray {
  /** The dimensions. */
  readonly shape: readonly number[];
  /** The values in row-major order. */
  readonly data: ArrayLike<number>;
}

/** Options of {@linkcode loadStateDict}. */
export interface LoadStateDictOptions {
  /** What stands before the names of the layers in the names of the modules. @default {""} */
  readonly prefix?: string;
  /** The modules, with their prefix, of layers that have another name. @default {{}} */
  readonly names?: Readonly<Record<string, string>>;
  /** Modules, with their prefix, that the model has no layer for. @default {[]} */
  readonly ignore?: readonly string[];
}

/** The options of {@linkcode loadStateDict} for the `model_state_dict` of a checkpoint of JEM's own code. */
export const jemStateDict: LoadStateDictOptions = {
  prefix: "f.",
  names: { logits: "class_output" },
  ignore: ["energy_output", "f.linear"],
};

/**
 * Copies the weights of a PyTorch model into a layers model whose layers are named after its modules, such as those of JEM's
 * published CIFAR-10 classifier into a {@linkcode wideResNet}.
 *
 * Kernels of convolutions are transposed from `[out, in, height, width]`, those of dense layers from `[out, in]`; `weight`, `bias`,
 * `running_mean` and `running_var` of normalisations go to their places. Everything is compared before anything is changed:
 * each weight of the model must be found with its shape, and each array must be used (counters such as `num_batches_tracked` aside).
 *
 * A `.pt` file holds pickled Python objects, which nothing but PyTorch should read: the script `convert_checkpoint.py` of this
 * package turns it into a `.safetensors` or `.npz` file.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { loadStateDict, mlp } from "@jem-js/models";
 * import { expect } from "vitest";
 *
 * const model = mlp(key(0), { inputShape: [3], units: [], classes: 2 });
 * // const arrays = readSafetensors(await readFile("model.safetensors"));
 * const arrays = new Map([
 *   ["fc.weight", { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] }],
 *   ["fc.bias", { shape: [2], data: [10, 20] }],
 * ]);
 * loadStateDict(model, arrays, { names: { logits: "fc" } });
 * const logits = model.apply(tf.tensor2d([[1, 0, 0]])) as tf.Tensor;
 * expect([...(await logits.data())]).toEqual([11, 24]);
 * ```
 *
 * @param model The model; its weights are changed.
 * @param arrays The state dict: arrays by their names (`module.weight`), borrowed.
 * @param options How modules and layers are named; {@linkcode jemStateDict} for JEM's.
 * @throws {TypeError} When a weight has no array, an array has no weight, or a shape differs.
 */
export function loadStateDict(
  model: LayersModel,
  arrays: ReadonlyMap<string, StateDictArray>,
  options: LoadStateDictOptions = {},
): void {
  const { prefix = "", names = {}, ignore = [] } = options;
  const action = "load state dict";
  const used = new Set<string>();
  const found = model.weights.map((weight) => {
    const end = weight.originalName.lastIndexOf("/");
    const [layer, part] = [weight.originalName.slice(0, end), weight.originalName.slice(end + 1)];
    const name = `${names[layer] ?? prefix + layer}.${PARTS[part] ?? part}`;
    if (!arrays.has(name)) {
      throw new TypeError(`Cannot ${action}: ${JSON.stringify(name)}, for weight "${weight.originalName}", is missing`);
    }
    const { shape, data } = arrays.get(name)!;
    const order = part === "kernel" ? (ORDERS[shape.length] ?? []) : shape.map((_, axis) => axis);
    const expected = weight.shape as number[];
    if (order.length !== expected.length || order.some((axis, i) => shape[axis] !== expected[i])) {
      const wanted = order.length === expected.length ? inverse(order, expected) : expected;
      throw new TypeError(`Cannot ${action}: ${JSON.stringify(name)} must be [${wanted}] but found [${shape}]`);
    }
    if (data.length !== shape.reduce((a, b) => a * b, 1)) {
      throw new TypeError(
        `Cannot ${action}: ${JSON.stringify(name)} must fill [${shape}] but has ${data.length} values`,
      );
    }
    used.add(name);
    return { weight, shape, data, order };
  });
  const left = [...arrays.keys()].find(
    (name) => !used.has(name) && !COUNTERS.test(name) && !ignore.some((module) => name.startsWith(`${module}.`)),
  );
  if (left !== undefined) throw new TypeError(`Cannot ${action}: ${JSON.stringify(left)} has no place in the model`);
  for (const { weight, shape, data, order } of found) {
    tidy(() => {
      const array: Tensor = tensor(Float32Array.from(data), [...shape], "float32");
      weight.write(transpose(array, [...order]));
    });
  }
}

/** What the weights of layers are called in modules. */
const PARTS: Readonly<Record<string, string>> = {
  kernel: "weight",
  gamma: "weight",
  beta: "bias",
  moving_mean: "running_mean",
  moving_variance: "running_var",
};

/** Which axis of an array becomes each axis of a kernel, by the number of axes. */
const ORDERS: Readonly<Record<number, readonly number[]>> = { 2: [1, 0], 4: [2, 3, 1, 0] };

/** Arrays that say how often a module was called. */
const COUNTERS = /\.(num_batches_tracked|initialized)$/;

function inverse(order: readonly number[], shape: readonly number[]): number[] {
  return order.map((_, axis) => shape[order.indexOf(axis)]!);
}
