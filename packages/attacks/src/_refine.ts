import {
  add,
  clone,
  customGrad,
  mean,
  mul,
  reshape,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from "@tensorflow/tfjs-core";
import { offTape } from "./_off_tape.ts";

/** The chains of a refinement and how they are differentiated. */
export interface Refinement {
  readonly steps: number;
  readonly chains: number;
  readonly inputNoise: number;
  readonly stepSize: number;
  readonly noiseScale: number;
  readonly gradient: "none" | "straightThrough" | "exact";
  /** The gradient of `log p(z)`. */
  score(z: Tensor): Tensor;
  /** The product of the Hessian of `log p(z)` with `v`, for the exact gradient. */
  hessianVectorProduct?(z: Tensor, v: Tensor): Tensor;
  /** The classifier. */
  logits(z: Tensor): Tensor2D;
}

/** Standard normal numbers `[batch, chains, size]` of the inputs (step 0) or of one of the steps 1, 2, .... */
export type Noise = (step: number) => Tensor3D;

/** The mean over the chains of the logits at their ends, `[batch, classes]`, with the gradient that was chosen. Inside a tidy. */
export function refinedLogits(x: Tensor, noise: Noise, refinement: Refinement): Tensor2D {
  const { chains, steps, gradient } = refinement;
  const start = startChains(x, noise, refinement);
  const classify = (z: Tensor): Tensor2D => {
    const logits = refinement.logits(z);
    return mean(reshape(logits, [-1, chains, logits.shape[1]]), 1);
  };
  if (steps === 0) return classify(start);
  if (gradient !== "none") return classify(runChains(start, noise, refinement));
  const refined = offTape(() => classify(statesOf(start, noise, refinement).at(-1)!));
  const withGradientAtStart = customGrad(() => ({ value: clone(refined), gradFunc: (dy: Tensor) => clone(dy) }));
  return withGradientAtStart(classify(start)) as Tensor2D;
}

/** Where the chains start, `[batch * chains, ...input]`, those of one example one after another. */
export function startChains(x: Tensor, noise: Noise, { chains, inputNoise }: Refinement): Tensor {
  const [batch, ...input] = x.shape as [number, ...number[]];
  const single = reshape(x, [batch, 1, -1]);
  return reshape(add(single, mul(noise(0), inputNoise)), [batch * chains, ...input]);
}

/** Where the chains end, with the gradient that was chosen. */
export function runChains(start: Tensor, noise: Noise, refinement: Refinement): Tensor {
  const { gradient, stepSize, hessianVectorProduct } = refinement;
  const run = customGrad((...inputs) => {
    const [z, save] = inputs as [Tensor, (tensors: Tensor[]) => void];
    const states = offTape(() => statesOf(z, noise, refinement));
    if (gradient === "exact") save(states.slice(0, -1));
    return {
      value: states.at(-1)!,
      // z' = z + a s(z) + noise has the Jacobian I + a H(z), and H is symmetric. What was not saved has the Jacobian I.
      gradFunc: (dy: Tensor, saved: Tensor[]) =>
        offTape(() => saved.reduceRight((u, at) => add(u, mul(hessianVectorProduct!(at, u), stepSize)), clone(dy))),
    };
  });
  return run(start);
}

/** The states of the chains from their start on, which is the first. */
function statesOf(start: Tensor, noise: Noise, { steps, stepSize, noiseScale, score }: Refinement): Tensor[] {
  const states = [start];
  for (let step = 1; step <= steps; step++) {
    const at = states.at(-1)!;
    const moved = add(at, mul(score(at), stepSize));
    states.push(noiseScale === 0 ? moved : add(moved, mul(reshape(noise(step), at.shape), noiseScale)));
  }
  return states;
}
