import type { EnergyHead } from "@jem-js/energy";
import { type Key, split } from "@jem-js/random";
import { type ReplayBuffer, replayBuffer, type ScoreModel, sgld, type TemperedKernel } from "@jem-js/samplers";
import { classifierProcedure, type PartlyLabeledBatch, type Procedure, semiSupervisedProcedure } from "@jem-js/trainer";
import { conditionalProcedure, jointProcedure, sumOf } from "./class_procedures.ts";
import type { Data } from "./data.ts";
import type { Settings } from "./settings.ts";

/** What a network is trained for: `jem` by its weights, `classifier` by cross-entropy alone, `joint` for p(x, y) as one term. */
export type Objective = "jem" | "classifier" | "joint";

/** How a network is trained, and the chains that change with it, by name. */
export interface Training {
  readonly procedure: Procedure<PartlyLabeledBatch>;
  readonly buffers: Readonly<Record<string, ReplayBuffer>>;
}

/** The Langevin steps of the settings, on p(x) or at labels. */
export function kernelOf(head: ScoreModel, settings: Settings, labels?: ArrayLike<number>): TemperedKernel {
  const { sgldStepSize: stepSize, sgldNoise: noiseScale, clamp, gradientClip } = settings;
  return sgld(head, {
    stepSize,
    noiseScale,
    ...(clamp && { clamp }),
    ...(gradientClip > 0 && { gradientClip }),
    ...(labels && { labels }),
  });
}

/** The procedure and the buffers of an objective. */
export function trainingOf(
  objective: Objective,
  head: EnergyHead,
  { shape, classes }: Pick<Data, "shape" | "classes">,
  settings: Settings,
  key: Key,
): Training {
  const { sgldSteps: steps, inputNoise, energyL2, pxWeight, pyxWeight, pxyWeight } = settings;
  if (objective === "classifier") return { procedure: classifierProcedure(head, { inputNoise }), buffers: {} };
  const [marginalKey, classKey] = split(key) as [Key, Key];
  const size = { shape: [...shape], size: settings.bufferSize, reinitProbability: settings.reinitProbability };
  const chains = { steps, inputNoise, energyL2 };
  const marginal = () => replayBuffer({ ...size, key: marginalKey });
  if (objective === "joint") {
    const buffer = marginal();
    return { procedure: jointProcedure(head, kernelOf(head, settings), { ...chains, buffer }), buffers: { buffer } };
  }
  // Chains of p(x) and of p(x|y) do not share a buffer: one would spoil the class blocks of the other.
  const buffers: Record<string, ReplayBuffer> = {};
  const terms: Procedure<PartlyLabeledBatch>[] = [];
  if (pxWeight > 0 || pyxWeight > 0) {
    buffers.buffer = marginal();
    const kernel = kernelOf(head, settings);
    terms.push(semiSupervisedProcedure(head, { ...chains, kernel, buffer: buffers.buffer, pxWeight, pyxWeight }));
  }
  if (pxyWeight > 0) {
    const buffer = replayBuffer({ ...size, key: classKey, classes });
    buffers[buffers.buffer ? "classBuffer" : "buffer"] = buffer;
    terms.push(conditionalProcedure(head, (labels) => kernelOf(head, settings, labels), { ...chains, buffer }));
  }
  const [first, second] = terms;
  if (!first) throw new RangeError("--p_x_weight, --p_y_given_x_weight or --p_x_y_weight must be above 0");
  return { procedure: second ? sumOf(first, second, pxyWeight) : first, buffers };
}
