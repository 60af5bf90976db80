import { auroc, delongInterval } from "@jem-js/metrics";
import {
  chainFilmstrip,
  classGrid,
  confidenceHistogram,
  type DetectionRow,
  detectionChart,
  energyHistogram,
  energyLandscape,
  type LearningSeries,
  learningCurve,
  perturbationGrid,
  precisionRecallCurves,
  reliabilityDiagram,
  riskCoverageCurves,
  robustnessCurve,
  rocCurves,
  sampleGrid,
  scoreHistogram,
  trainingCurves,
  uncertaintyErrorPlot,
  uncertaintyMap,
} from "@jem-js/report";
import type { Digits } from "./digits.ts";
import type { Plane } from "./plane.ts";

/** What the figures are drawn from. */
export interface Measured {
  readonly digits: Digits;
  readonly plane: Plane;
  readonly learning: LearningSeries;
}

/** A figure of the gallery. */
export interface Entry {
  /** The function that draws it, by its name in `@jem-js/report`. */
  readonly name: string;
  readonly section: string;
  /** Draws an SVG, which says itself what it shows, or a PNG with a text for those who do not see it. */
  draw(measured: Measured): string | { readonly png: Uint8Array; readonly alt: string };
}

const seed = 0;
const ood = { seed, inLabel: "MNIST", outLabel: "Fashion-MNIST", scoreLabel: "log p(x), unnormalised" };

/** All figures, in the order of the page. */
export const entries: readonly Entry[] = [
  {
    name: "trainingCurves",
    section: "Training",
    draw: ({ digits }) => trainingCurves(digits.models, { seed, smoothing: 15 }),
  },
  {
    name: "reliabilityDiagram",
    section: "Calibration",
    draw: ({ digits }) => reliabilityDiagram(digits.models, { seed }),
  },
  {
    name: "confidenceHistogram",
    section: "Calibration",
    draw: ({ digits }) => confidenceHistogram(digits.models, { seed }),
  },
  {
    name: "riskCoverageCurves",
    section: "Calibration",
    draw: ({ digits }) => riskCoverageCurves(digits.models, { seed, riskLabel: "share of errors among those kept" }),
  },
  {
    name: "uncertaintyErrorPlot",
    section: "Calibration",
    draw: ({ digits }) =>
      uncertaintyErrorPlot(
        digits.models.map(({ name, entropies, surprisals }) => ({
          name,
          uncertainties: entropies,
          errors: surprisals,
        })),
        { seed, uncertaintyLabel: "entropy (nats)", errorLabel: "−log p(y|x)" },
      ),
  },
  { name: "scoreHistogram", section: "Detection", draw: ({ digits }) => scoreHistogram(digits.models, ood) },
  { name: "rocCurves", section: "Detection", draw: ({ digits }) => rocCurves(digits.models, { seed }) },
  {
    name: "detectionChart",
    section: "Detection",
    draw: ({ digits }) => detectionChart(detectionsOf(digits), { seed }),
  },
  {
    name: "precisionRecallCurves",
    section: "Detection",
    draw: ({ digits }) => precisionRecallCurves(digits.models, { seed }),
  },
  { name: "energyHistogram", section: "Detection", draw: ({ digits }) => energyHistogram(digits.energies, { seed }) },
  {
    name: "robustnessCurve",
    section: "Robustness",
    draw: ({ digits }) =>
      robustnessCurve(
        digits.models.map(({ name, robustness }) => ({ name, ...robustness })),
        { norm: "linf", seed, n: digits.attacked, chance: 0.1 },
      ),
  },
  {
    name: "perturbationGrid",
    section: "Robustness",
    draw: ({ digits: { perturbation } }) =>
      perturbationGrid(perturbation.original, perturbation.perturbed, {
        ...perturbation,
        seed,
        title: "PGD, L∞ ε = 0.1",
      }),
  },
  {
    name: "sampleGrid",
    section: "Samples",
    draw: ({ digits: { buffer } }) => ({
      png: sampleGrid(buffer.images, buffer.shape, { columns: 10, range: [-1, 1], scale: 2 }),
      alt: `${buffer.shape[0]} chains of the replay buffer, most of them strokes of digits`,
    }),
  },
  {
    name: "classGrid",
    section: "Samples",
    draw: ({ digits: { buffer } }) => classGrid(buffer.images, buffer.shape, { ...buffer, seed }),
  },
  {
    name: "chainFilmstrip",
    section: "Samples",
    draw: ({ digits: { film } }) => chainFilmstrip(film.values, film.shape, { ...film, seed }),
  },
  {
    name: "energyLandscape",
    section: "In the plane",
    draw: ({ plane }) =>
      energyLandscape([{ name: "JEM", ...plane }], { seed, shape: plane.grid, x: plane.x, y: plane.y }),
  },
  {
    name: "learningCurve",
    section: "In the plane",
    draw: ({ learning }) => learningCurve([learning], { seed, chance: 0.25, examples: "points" }),
  },
  {
    name: "uncertaintyMap",
    section: "In the plane",
    draw: ({ plane }) =>
      uncertaintyMap(
        { images: plane.density, shape: [1, ...plane.grid, 1], ...plane },
        {
          seed,
          title: "Class and entropy at each point of the plane",
          classNames: ["east", "north", "west", "south"],
          uncertaintyLabel: "entropy (nats)",
          range: [0, 1],
        },
      ),
  },
];

/** How `log p(x)` tells the digits from other images. */
function detectionsOf({ models, energies }: Digits): { name: string; rows: DetectionRow[] }[] {
  const rowOf = (outSet: string, inside: Float32Array, outside: ArrayLike<number>): DetectionRow => {
    const { lower, upper } = delongInterval(inside, outside);
    const about = { detector: "log p(x)", inSet: "MNIST", outSet, distance: "far" } as const;
    return { ...about, auroc: auroc(inside, outside), aurocInterval: [lower, upper] };
  };
  const { name, energies: ofNoise } = energies.at(-1)!;
  return models.map((model, i) => ({
    name: model.name,
    rows: [
      rowOf("Fashion-MNIST", model.inScores, model.outScores),
      // The energies of noise are of the JEM, which is the first.
      ...(i === 0
        ? [
            rowOf(
              name,
              model.inScores,
              Float64Array.from(ofNoise, (energy) => -energy),
            ),
          ]
        : []),
    ],
  }));
}
