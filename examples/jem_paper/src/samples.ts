import type { EnergyHead } from "@jem-js/energy";
import { foldIn, type Key, uniform } from "@jem-js/random";
import { sample } from "@jem-js/samplers";
import * as tf from "@tensorflow/tfjs";
import { Interrupted } from "./networks.ts";
import { kernelOf } from "./objectives.ts";
import type { Settings } from "./settings.ts";

/** Which images are generated. */
export interface SampleOptions {
  readonly key: Key;
  readonly count: number;
  /** Langevin steps of each chain. */
  readonly steps: number;
  readonly shape: readonly [number, number, number];
  /** The class of each chain, which then samples p(x|y). @default {chains of p(x)} */
  readonly labels?: Int32Array;
  readonly signal: AbortSignal;
}

/** Runs chains from uniform noise, with the steps of the training: `[count, height, width, channels]`, owned by the caller. */
export async function drawSamples(head: EnergyHead, settings: Settings, options: SampleOptions): Promise<tf.Tensor4D> {
  const { key, count, steps, shape, labels, signal } = options;
  const size = 100;
  const batches: tf.Tensor4D[] = [];
  for (let start = 0; start < count; start += size) {
    const end = Math.min(start + size, count);
    const kernel = kernelOf(head, settings, labels?.subarray(start, end));
    const noise = uniform(foldIn(key, 2 * start), [end - start, ...shape], { min: -1, max: 1 });
    const chain = foldIn(key, 2 * start + 1);
    const { x, state, reason } = await sample(kernel, noise, { key: chain, samples: 1, burnIn: steps - 1, signal });
    tf.dispose([noise, state.x]);
    if (reason !== "completed" || !x) throw new Interrupted("Sampling was interrupted.");
    batches.push(tf.tidy(() => tf.reshape(x, [end - start, ...shape])));
    x.dispose();
  }
  const all = tf.tidy(() => tf.clipByValue(tf.concat(batches), -1, 1));
  tf.dispose(batches);
  return all;
}

/** The first images of each class by the labels, so many of each: what a grid of classes shows. */
export function perClass(labels: ArrayLike<number>, classes: number, count: number): number[] {
  return Array.from({ length: classes }, (_, label) =>
    Array.from(labels, (found, i) => (found === label ? i : -1))
      .filter((i) => i >= 0)
      .slice(0, count),
  ).flat();
}
