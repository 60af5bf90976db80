import { foldIn, type Key, normalValues } from "@jem-js/random";
import { type Tensor3D, tensor3d } from "@tensorflow/tfjs-core";

/** Standard normal numbers `[batch, count, size]`, those of example `i` and `step` from `foldIn(keys[i], step)`. */
export function noiseOf(keys: readonly Key[], step: number, count: number, size: number): Tensor3D {
  const values = new Float32Array(keys.length * count * size);
  keys.forEach((key, i) => {
    values.set(normalValues(foldIn(key, step), count * size), i * count * size);
  });
  return tensor3d(values, [keys.length, count, size]);
}
