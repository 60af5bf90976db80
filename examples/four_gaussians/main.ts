/** Trains a JEM on four Gaussians and holds it against their density. See README.md. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EnergyHead } from "@jem-js/energy";
import { foldIn, key } from "@jem-js/random";
import { energyLandscape, toPng } from "@jem-js/report";
import { progressBar } from "@jem-js/trainer/node";
import * as tf from "@tensorflow/tfjs";
import { compare, type Expected, type Row } from "./src/acceptance.ts";
import { startBackend } from "./src/backend.ts";
import { exactLogits, logDensities, type Points } from "./src/density.ts";
import { evaluate } from "./src/evaluation.ts";
import { readOptions, usage } from "./src/options.ts";
import { bayesAccuracy, type Grid, normalize, squareGrid } from "./src/quadrature.ts";
import { train } from "./src/training.ts";

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (!options) {
    console.log(usage);
    return 0;
  }
  const { seeds, iterations, out, smoke } = options;
  const backend = await startBackend(options.backend);
  console.log(`Training ${seeds.length} models, ${iterations} iterations each, on the ${backend} backend.`);
  const expected: Expected = JSON.parse(readFileSync(new URL("expected.json", import.meta.url), "utf8"));
  const grid = squareGrid();
  const exact = exactLogits(grid);
  const densities = [logDensities(exact)];
  const rows: Row[] = [];
  for (const seed of seeds) {
    const terms = { energyGap: "energy gap", accuracy: "accuracy" };
    const listeners = [progressBar({ label: `seed ${seed}`, terms })];
    // The model's own streams are splits of the key.
    const testKey = foldIn(key(seed), 0);
    const { figures, logDensity } = await train({ seed, iterations, listeners }, (head) =>
      evaluate((points) => readLogits(head, points), testKey, grid),
    );
    rows.push(...compare(seed, figures, expected));
    densities.push(logDensity);
  }
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "results.json"), `${JSON.stringify({ backend, iterations, rows }, undefined, 2)}\n`);
  const svg = draw(densities, seeds, grid);
  writeFileSync(join(out, "densities.svg"), svg);
  writeFileSync(join(out, "densities.png"), toPng(svg, { scale: 1 }));
  console.table(rows.map((row) => ({ ...row, got: Number(row.got.toFixed(4)) })));
  console.log(`The accuracy of the Bayes classifier is ${bayesAccuracy(exact, grid).toFixed(4)}.`);
  const failed = rows.filter(({ passes }) => !passes).length;
  console.log(failed === 0 ? "All figures are as expected." : `${failed} figures are not as expected.`);
  console.log(`Everything is in ${out}.`);
  return failed === 0 || smoke ? 0 : 1;
}

async function readLogits(head: EnergyHead, { values, size }: Points): Promise<ArrayLike<number>> {
  const logits = tf.tidy(() => head.logits(tf.tensor2d(values, [size, 2])));
  const read = await logits.data();
  logits.dispose();
  return read;
}

/** The energies `-log p` of the densities side by side, the true one first. */
function draw(logDensities: readonly Float64Array[], seeds: readonly number[], { side, area }: Grid): string {
  const series = logDensities.map((logDensity, i) => ({
    name: i === 0 ? "four Gaussians" : `seed ${seeds[i - 1]}`,
    energies: normalize(logDensity, area).map((value) => -value),
  }));
  const axes = { shape: [side, side], x: [-4, 4], y: [4, -4] } as const;
  return energyLandscape(series, {
    ...axes,
    domain: [0, 12],
    energyLabel: "−log p(x)",
    title: "Densities",
    seed: seeds,
  });
}

process.exitCode = await main();
