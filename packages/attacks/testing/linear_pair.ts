import { concat, mul, neg, sum, type Tensor, type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";

/** Inputs `[4, 2]` of {@linkcode linearPair}: three of class 0, ever closer to the boundary, and one of class 1. */
export const pairInputs = (): Tensor2D =>
  tensor2d([
    [0.8, 0.2],
    [0.6, 0.4],
    [0.55, 0.4],
    [0.1, 0.9],
  ]);

/** Logits `scale (a - b)` and minus that, of inputs `[a, b]`: an Linf distance of `|a - b| / 2` to the boundary. */
export function linearPair(scale: number): (x: Tensor) => Tensor2D {
  return (x) => {
    const difference = sum(mul(x, tensor2d([[scale, -scale]])), 1, true);
    return concat([difference, neg(difference)], 1) as Tensor2D;
  };
}
