import { type Key, uniformValues } from "@jem-js/random";
import type { Initializer, ReplayBuffer } from "@jem-js/samplers";
import { neg, type Tensor, type Tensor1D, tensor, tidy } from "@tensorflow/tfjs-core";
import { checkPositive } from "./_window.ts";
import type { Detector } from "./detector.ts";

/** How many fresh starts the chains are compared with, and how many chains are passed through the model at once. */
const STARTS = 64;
const CHUNK = 256;

/** Options of {@linkcode bufferOutliers}. */
export interface BufferOutliersOptions {
  /** The key of the fresh starts. */
  readonly key: Key;
  /** Makes fresh starts: the buffer's own initialiser. @default {uniform on [-1, 1)} */
  readonly initializer?: Initializer;
  /** How far above the highest energy of fresh starts a sound chain may be. Greater than 0. @default {50} */
  readonly margin?: number;
  /** The buffer is looked at after each `every` iterations; that costs a forward pass of all its chains. @default {100} */
  readonly every?: number;
}

/**
 * Finds chains `[size, ...shape]` of the replay buffer with far higher energies than fresh starts: the documented beginning of JEM's
 * divergence, since the gradient of such a negative outweighs all others. It names them, so that a recovery starts them anew.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { replayBuffer } from "@jem-js/samplers";
 * import { bufferOutliers } from "@jem-js/trainer";
 * import { expect } from "vitest";
 *
 * const head = { logDensity: (x: tf.Tensor) => tf.neg(tf.sum(tf.square(x), 1)) as tf.Tensor1D };
 * const buffer = replayBuffer({ key: key(0), size: 10, shape: [2] });
 * await buffer.write(Int32Array.of(3), tf.tensor2d([[20, 0]]));
 * const detect = bufferOutliers(head, buffer, { key: key(1), every: 1 });
 * const found = await detect({ iteration: 0, terms: {}, history: [] });
 * expect(found!.slots).toEqual([3]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., JEM, appendix on training instability}
 *
 * @param head The model: an energy head. Borrowed.
 * @param buffer The chains. Borrowed.
 * @param options The fresh starts, the margin, and how often to look.
 * @returns The detector, for `fit`.
 * @throws {RangeError} When the margin is not above 0 or `every` is not a positive integer.
 */
export function bufferOutliers(
  head: { logDensity(x: Tensor): Tensor1D },
  buffer: ReplayBuffer,
  options: BufferOutliersOptions,
): Detector {
  const { key, initializer = uniform, margin = 50, every = 100 } = options;
  checkPositive("detect buffer outliers", "margin", margin);
  if (!Number.isInteger(every) || every < 1) {
    throw new RangeError(`Cannot detect buffer outliers: every must be a positive integer but found ${every}`);
  }
  const length = buffer.shape.reduce((product, side) => product * side, 1);

  function uniform(uniformKey: Key, count: number): Float32Array {
    return uniformValues(uniformKey, count * length, { min: -1, max: 1 });
  }

  /** The energy of each row of `values`. */
  async function energies(values: Float32Array): Promise<Float32Array> {
    const all = new Float32Array(values.length / length);
    for (let first = 0; first < all.length; first += CHUNK) {
      const rows = values.subarray(first * length, (first + CHUNK) * length);
      const energy = tidy(() => neg(head.logDensity(tensor(rows, [rows.length / length, ...buffer.shape], "float32"))));
      all.set(await energy.data(), first);
      energy.dispose();
    }
    return all;
  }

  return async ({ iteration }) => {
    if ((iteration + 1) % every !== 0) return undefined;
    const labels = Int32Array.from({ length: STARTS }, (_, i) => i % buffer.classes);
    const ofStarts = await energies(initializer(key, STARTS, buffer.classes > 1 ? labels : undefined));
    const limit = ofStarts.reduce((a, b) => Math.max(a, b)) + margin;
    const ofChains = await energies(buffer.values);
    // Not `energy > limit`: an energy of NaN is an outlier too.
    const slots = [...ofChains.keys()].filter((slot) => !(ofChains[slot]! <= limit));
    if (slots.length === 0) return undefined;
    const worst = slots.reduce((a, b) => (ofChains[b]! > ofChains[a]! ? b : a));
    const reason = `${slots.length} chains of the buffer have energies up to ${ofChains[worst]}, beyond the limit of ${limit}`;
    return { reason, slots };
  };
}
