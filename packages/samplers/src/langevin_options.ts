import type { Tensor } from "@tensorflow/tfjs-core";
import type { Labels } from "./kernel.ts";

/** Options that the kernels without an accept step share: {@linkcode sgld}, `psgld`, `sghmc` and `pyld`. */
export interface LangevinOptions {
  /** Samples `p(x|y)` for these labels, one a chain, in place of `p(x)`. @default {undefined} */
  readonly labels?: Labels;
  /** Bounds that each new position is clipped to. JEM uses none, JEM++ `[-1, 1]`. @default {undefined} */
  readonly clamp?: readonly [min: number, max: number];
  /** Bounds each element of the score to `[-gradientClip, gradientClip]`. JEM++'s is 1, IGEBM's 0.01. @default {undefined} */
  readonly gradientClip?: number;
  /** Scales the score of each chain down to at most this L2 norm. @default {undefined} */
  readonly maxGradientNorm?: number;
  /**
   * Standard normal noise of step `step`, the shape of `x`, in place of the key's: to replay a trajectory. The tensor
   * is borrowed. @default {undefined}
   */
  readonly noise?: (step: number) => Tensor;
  /** Puts the L2 norm of the score (before clipping) into `info.gradientNorm`, `[batch]`. @default {false} */
  readonly diagnostics?: boolean;
}
