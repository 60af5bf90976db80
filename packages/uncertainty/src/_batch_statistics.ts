import {
  add,
  batchNorm,
  dispose,
  keep,
  moments,
  mul,
  reshape,
  rsqrt,
  sub,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
} from "@tensorflow/tfjs-core";
import { type Layer, type Replace, runSteps, type Step } from "./_program.ts";

/** What a batch normalisation layer normalises with, `[channels]` each. */
export interface Statistics {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/** Whether a step is batch normalisation. */
export function isBatchNorm({ layer }: Step): boolean {
  return layer.getClassName() === "BatchNormalization";
}

/**
 * Runs steps on a batch, whose chosen batch normalisation layers normalise it with its own statistics, so that the next layer sees what
 * it saw in training.
 *
 * @returns The statistics of each of them, kept: free them with `freeStatistics`.
 */
export function batchStatistics(
  steps: readonly Step[],
  batch: Tensor,
  isChosen: (step: Step) => boolean,
): ReadonlyMap<Step, Statistics> {
  const drawn = new Map<Step, Statistics>();
  const [output] = runSteps(steps, new Map([[0, batch]]), [steps.at(-1)!.output], (step) => {
    if (!isChosen(step)) return undefined;
    return (inputs) => {
      const { mean, variance } = statisticsOf(step.layer, inputs[0]!);
      const statistics = { mean: keep(mean), variance: keep(variance) };
      drawn.set(step, statistics);
      return normalizeWith(step.layer, inputs[0]!, statistics);
    };
  });
  output!.dispose();
  return drawn;
}

/** Normalises with statistics in place of the layer's own, where there are any. */
export function replaceStatistics(statistics: ReadonlyMap<Step, Statistics>): (step: Step) => Replace | undefined {
  return (step) => {
    const own = statistics.get(step);
    return own && ((inputs) => normalizeWith(step.layer, inputs[0]!, own));
  };
}

/** Frees statistics. */
export function freeStatistics(statistics: ReadonlyMap<Step, Statistics>): void {
  for (const { mean, variance } of statistics.values()) dispose([mean, variance]);
}

/** The mean and population variance of a layer's inputs over all axes but that of channels. */
function statisticsOf(layer: Layer, x: Tensor): Statistics {
  const axis = axisOf(layer, x.rank);
  const { mean, variance } = moments(
    x,
    x.shape.map((_, i) => i).filter((i) => i !== axis),
  );
  return { mean, variance };
}

/** What a batch normalisation layer computes with other statistics than its own: `gamma (x - mean) / sqrt(variance + epsilon) + beta`. */
function normalizeWith(layer: Layer, x: Tensor, { mean, variance }: Statistics): Tensor {
  const { epsilon = 1e-3 } = layer;
  const gamma = layer.gamma?.read();
  const beta = layer.beta?.read();
  const axis = axisOf(layer, x.rank);
  if (axis === x.rank - 1 && (x.rank === 2 || x.rank === 4)) {
    const flat = (tensor: Tensor | undefined): Tensor1D | undefined => tensor as Tensor1D | undefined;
    return batchNorm(x as Tensor4D, mean as Tensor1D, variance as Tensor1D, flat(beta), flat(gamma), epsilon);
  }
  const along = (tensor: Tensor): Tensor => {
    const shape = x.shape.map((side, i) => (i === axis ? side : 1));
    return reshape(tensor, shape);
  };
  let normal = mul(sub(x, along(mean)), along(rsqrt(add(variance, epsilon))));
  if (gamma) normal = mul(normal, along(gamma));
  return beta ? add(normal, along(beta)) : normal;
}

function axisOf({ axis = -1 }: Layer, rank: number): number {
  const index = typeof axis === "number" ? axis : (axis[0] ?? -1);
  return index < 0 ? index + rank : index;
}
