import { stack, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { checkInteger } from "./_check.ts";
import { type Program, type Replace, runSteps, type SplitProgram, type Step } from "./_program.ts";

/** Throws unless `x` fits the input of a program and the number of samples is in range. */
export function checkSample(
  action: string,
  x: Tensor,
  { inputShape }: Pick<Program, "inputShape">,
  samples: number,
  maxSamples: number,
): void {
  const fits =
    x?.rank === inputShape.length && inputShape.every((side, i) => side === null || i === 0 || side === x.shape[i]);
  if (!fits) {
    const expected = ["batch", ...inputShape.slice(1)].join(", ");
    const found = x?.shape === undefined ? String(x) : `[${x.shape.join(", ")}]`;
    throw new TypeError(`Cannot ${action}: x must be of shape [${expected}] but found ${found}`);
  }
  checkInteger(action, "samples", samples, 1, Number.isFinite(maxSamples) ? maxSamples : undefined);
}

/**
 * Runs what draws once for each of `samples`, and what does not once for all.
 *
 * @returns The outputs, `[samples, ...]`.
 */
export function runDraws(
  split: SplitProgram,
  { output }: Program,
  x: Tensor,
  samples: number,
  replace: (draw: number) => (step: Step) => Replace | undefined,
): Tensor {
  return tidy(() => {
    const fixed = runSteps(split.fixed, new Map([[0, x]]), split.between);
    const known = new Map(split.between.map((value, i) => [value, fixed[i]!]));
    const outputs = Array.from(
      { length: samples },
      (_, draw) => runSteps(split.drawn, known, [output], replace(draw))[0]!,
    );
    return stack(outputs);
  });
}
