import { writeFileSync } from "node:fs";
import { perturbationGrid, robustnessCurve, toPng } from "@jem-js/report";
import * as tf from "@tensorflow/tfjs";
import type { Finding, Plan } from "./comparison.ts";
import type { Digits } from "./digits.ts";
import type { Subject } from "./models.ts";
import type { Options } from "./options.ts";
import { normNames } from "./tables.ts";

const COLUMNS = 8;

/** Writes a figure as SVG and PNG. */
export function writeFigure(path: string, svg: string): void {
  writeFileSync(`${path}.svg`, svg);
  writeFileSync(`${path}.png`, toPng(svg, { scale: 1 }));
}

/** Draws the accuracy of the networks in the worst case. */
export function drawCurves(
  path: string,
  { norm, epsilons }: Plan,
  findings: readonly Finding[],
  { images, seed }: Pick<Options, "images" | "seed">,
): void {
  const series = findings.map(({ name, worst: { accuracies, intervals } }) => ({
    name,
    epsilons,
    accuracies,
    intervals,
  }));
  writeFigure(path, robustnessCurve(series, { norm, n: images, seed, chance: 0.1 }));
}

/** Draws the closest adversarial examples of the first digits that the network has right. */
export async function drawPerturbations(
  path: string,
  { norm }: Plan,
  { name, model }: Subject,
  { x, labels }: Digits,
  { worst, closest }: Finding,
): Promise<void> {
  const size = closest.length / labels.length;
  const shown = Array.from(labels.keys())
    .filter((i) => worst.smallestEpsilons[i]! > 0)
    .slice(0, COLUMNS);
  if (shown.length === 0) return;
  const pick = (values: Float32Array): Float32Array => {
    const picked = new Float32Array(shown.length * size);
    for (const [place, i] of shown.entries()) picked.set(values.subarray(i * size, (i + 1) * size), place * size);
    return picked;
  };
  const [original, perturbed] = [pick(await x.data<"float32">()), pick(closest)];
  const shape = [shown.length, ...x.shape.slice(1)];
  const predictions = {
    original: await predict(model, original, shape),
    perturbed: await predict(model, perturbed, shape),
  };
  const title = `${name}: closest adversarial examples in ${normNames[norm]}`;
  writeFigure(path, perturbationGrid(original, perturbed, { shape, predictions, title, range: [0, 1] }));
}

async function predict(
  model: Subject["model"],
  values: Float32Array,
  shape: readonly number[],
): Promise<{ label: number; confidence: number }[]> {
  const probabilities = tf.tidy(() => tf.softmax(model.logits(tf.tensor(values, [...shape]))));
  const rows = (await probabilities.array()) as number[][];
  probabilities.dispose();
  return rows.map((row) => ({ label: row.indexOf(Math.max(...row)), confidence: Math.max(...row) }));
}
