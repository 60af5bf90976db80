import type { Tensor } from "@tensorflow/tfjs-core";

/** Class indices, one an example: an int32 tensor `[batch]` or a plain or typed array. */
export type Labels = Tensor | ArrayLike<number>;
