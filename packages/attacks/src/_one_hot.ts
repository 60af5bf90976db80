import { cast, oneHot, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";

/**
 * Class indices, int32 `[batch]`, as a one-hot float32 tensor `[batch, classes]`. The cast is needed: when asked for
 * float32, `oneHot` of the wasm backend writes the bits of the integer 1.
 */
export function oneHotOf(indices: Tensor, classes: number): Tensor2D {
  return tidy(() => cast(oneHot(indices, classes), "float32") as Tensor2D);
}
