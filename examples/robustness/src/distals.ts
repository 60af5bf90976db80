import { distalAdversarials } from "@jem-js/attacks";
import type { Key } from "@jem-js/random";
import { classGrid } from "@jem-js/report";
import * as tf from "@tensorflow/tfjs";
import type { Digits } from "./digits.ts";
import { writeFigure } from "./figures.ts";
import type { Subject } from "./models.ts";
import { markdownTable, percent, short } from "./tables.ts";

const CLASSES = 10;

/** What became of noise, an image for each class, of which a network was to be sure. */
export interface Distal {
  readonly name: Subject["name"];
  readonly images: Float32Array;
  readonly shape: readonly number[];
  /** The share of classes of which the network became sure. */
  readonly sure: number;
  readonly steps: Int32Array;
  readonly confidences: Float64Array;
  readonly energies: Float64Array;
  readonly noiseEnergies: Float64Array;
  /** Of the digits that are attacked, as they are. */
  readonly digitEnergies: Float32Array;
}

/** Makes one distal adversarial of each class, and takes the energies of the digits beside it. */
export async function makeDistals(
  { name, model }: Subject,
  { x }: Digits,
  { key, steps }: { readonly key: Key; readonly steps: number },
): Promise<Distal> {
  const classes = Array.from({ length: CLASSES }, (_, i) => i);
  const made = await distalAdversarials(model, classes, { key, steps, shape: x.shape.slice(1) });
  const energies = tf.tidy(() => tf.neg(tf.logSumExp(model.logits(x), 1)));
  const distal = {
    name,
    images: await made.clipped.data<"float32">(),
    shape: made.clipped.shape,
    sure: made.success.filter(Boolean).length / CLASSES,
    steps: made.steps,
    confidences: made.confidences,
    energies: made.energies,
    noiseEnergies: made.startEnergies,
    digitEnergies: await energies.data<"float32">(),
  };
  tf.dispose([made.raw, made.clipped, made.start, energies]);
  return distal;
}

/** Draws them, a row a network and a column a class. */
export function drawDistals(path: string, distals: readonly Distal[], seed: number): void {
  const size = distals[0]!.images.length;
  const all = new Float32Array(distals.length * size);
  for (const [row, { images }] of distals.entries()) all.set(images, row * size);
  const svg = classGrid(all, [distals.length * CLASSES, ...distals[0]!.shape.slice(1)], {
    title: "Distal adversarials of the classes 0 to 9",
    labels: Array.from({ length: distals.length * CLASSES }, (_, i) => Math.floor(i / CLASSES)),
    classNames: distals.map(({ name }) => name),
    captions: distals.flatMap(({ energies }) => Array.from(energies, (energy) => `E ${energy.toFixed(1)}`)),
    range: [0, 1],
    seed,
  });
  writeFigure(path, svg);
}

/** The energies of the distal adversarials between those of noise and of digits. */
export function distalTable(distals: readonly Distal[]): string[] {
  const range = (values: ArrayLike<number>): string => {
    const sorted = Array.from(values).sort((a, b) => a - b);
    return `${short(sorted[sorted.length >> 1]!)} (${short(sorted[0]!)} to ${short(sorted.at(-1)!)})`;
  };
  return [
    "Distal adversarials of ten classes, with energies −log p(x) up to a constant, median (smallest to largest):",
    markdownTable(
      ["network", "sure %", "steps", "energy of noise", "of distal adversarials", "of digits"],
      distals.map(({ name, sure, steps, noiseEnergies, energies, digitEnergies }) => [
        name,
        percent(sure),
        range(steps),
        range(noiseEnergies),
        range(energies),
        range(digitEnergies),
      ]),
    ),
  ];
}
