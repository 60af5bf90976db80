import { tidy } from "@tensorflow/tfjs-core";
import { checkLayers, checkNonNegative } from "./_check.ts";
import {
  addReading,
  fitGaussians,
  type GaussianFitting,
  type GaussianState,
  type Gaussians,
  gaussiansOf,
} from "./_class_gaussians.ts";
import { checkShrinkage, type Shrinkage } from "./_covariance.ts";
import { checkStd, contraction, inputGradient, type PerturbationOptions, perturb } from "./_input_gradient.ts";
import { type Row, rowOf } from "./_logits.ts";
import { detectorOf, type Pass } from "./_method.ts";
import { expand } from "./_outputs.ts";
import { type Reading, read } from "./_reading.ts";
import type { Detector } from "./detector.ts";
import type { OpenClassifier } from "./open_classifier.ts";

/** Options that detectors by Mahalanobis distance share. */
export interface DistanceOptions {
  /**
   * The features, averaged over everything but examples and channels: layers, nodes or names of a function's features;
   * `"penultimate"` is what the last layer takes in, `"all"` stands for all of them. @default {["penultimate"]}
   */
  readonly layers?: readonly string[];
  /**
   * How the covariance `S` is shrunk to `(1 - rho) S + rho tr(S) / d I`: by a `rho` from 0 to 1, or by that of OAS where
   * `S` does not have full rank. @default {"auto"}
   */
  readonly shrinkage?: "auto" | number;
}

/** Checks options and fills in defaults, in the order in which they are written as JSON. */
export function readOptions(
  action: string,
  { layers = ["penultimate"], shrinkage = "auto" }: DistanceOptions,
): Required<DistanceOptions> {
  checkLayers(action, layers);
  checkShrinkage(action, shrinkage);
  return { layers: [...layers], shrinkage };
}

/** Checks a step and fills in defaults, in the order in which it is written as JSON. */
export function readStep(
  action: string,
  { epsilon = 0, std }: { readonly epsilon?: number; readonly std?: readonly number[] },
): { epsilon: number; std?: number[] } {
  checkNonNegative(action, "epsilon", epsilon);
  checkStd(action, std);
  return { epsilon, ...(std && { std: [...std] }) };
}

/** A pass that fits Gaussians on each layer, and what it found. */
export interface GaussianPass {
  readonly pass: Pass;
  finish(note: (text: string) => void): GaussianState[];
}

/** Begins a pass over in-distribution examples that fits Gaussians on each layer. */
export function gaussianPass(
  action: string,
  { layers, shrinkage, background }: { layers: readonly string[]; shrinkage: Shrinkage; background: boolean },
): GaussianPass {
  const fittings = new Map<string, GaussianFitting>();
  return {
    pass: {
      over: "inDistribution",
      visit(reading) {
        for (const layer of expand(layers, reading.all)) {
          const fitting = fittings.get(layer) ?? fitGaussians(action, layer, { shrinkage, background });
          fittings.set(layer, fitting);
          addReading(fitting, layer, reading);
        }
      },
    },
    finish: (note) => [...fittings.values()].map((fitting) => fitting.finish(note)),
  };
}

/** The score of each example by one layer, at inputs that a step has moved toward the nearest class. */
export async function layerScores(
  action: string,
  classifier: OpenClassifier,
  reading: Reading,
  gaussians: Gaussians,
  step: PerturbationOptions,
  score: (rows: Row, size: number) => Float64Array = gaussians.nearest,
): Promise<Float64Array> {
  const { layer } = gaussians;
  const scoresOf = ({ pooled, size }: Reading): Float64Array => score(pooled.get(layer)!.data, size);
  if (step.epsilon === 0) return scoresOf(reading);
  const { data } = reading.pooled.get(layer)!;
  const width = data.length / reading.size;
  const weights = new Float64Array(data.length);
  // Solved in float64 on the host; the network only carries the result back to the input.
  for (let i = 0; i < reading.size; i++) weights.set(gaussians.halfGradient(rowOf(data, i, width)), i * width);
  const moved = tidy(() => {
    // The weights are of these inputs alone: no other detector shares the gradient.
    const gradient = inputGradient(
      action,
      classifier,
      { x: reading.x, gradients: new Map() },
      {
        name: "",
        features: [layer],
        of: ({ features }) => contraction(features.get(layer)!, weights),
      },
    );
    return perturb(action, reading.x, gradient, step);
  });
  try {
    return scoresOf(await read(action, classifier, moved, { pooled: [layer] }));
  } finally {
    moved.dispose();
  }
}

/** A detector whose score is a sum over layers. */
export function distanceDetector(
  name: string,
  { layers, shrinkage }: Required<DistanceOptions>,
  step: { epsilon: number; std?: number[] } | undefined,
  scoreBy?: (gaussians: Gaussians) => (rows: Row, size: number) => Float64Array,
): Detector<false> {
  const { epsilon = 0, std } = step ?? {};
  return detectorOf<{ readonly gaussians: readonly GaussianState[] }, false>({
    name,
    tuned: false,
    options: { layers, ...step, shrinkage },
    needs: (state) => ({ pooled: state?.gaussians.map(({ layer }) => layer) ?? layers, labels: true }),
    fit() {
      const background = scoreBy !== undefined;
      const { pass, finish } = gaussianPass(`fit ${name}`, { layers, shrinkage, background });
      return { rounds: [[pass]], finish: (note) => ({ gaussians: finish(note) }) };
    },
    scorer({ gaussians: states }, classifier) {
      const all = states.map(gaussiansOf);
      return async (reading) => {
        const sum = new Float64Array(reading.size);
        for (const gaussians of all) {
          const by = scoreBy?.(gaussians);
          const scores = await layerScores(`score by ${name}`, classifier, reading, gaussians, { epsilon, std }, by);
          for (let i = 0; i < sum.length; i++) sum[i]! += scores[i]!;
        }
        return sum;
      };
    },
  });
}
