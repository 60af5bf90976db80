import { type Key, randintValues, split, uniformValues } from "@jem-js/random";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import { checkInteger } from "./_check.ts";

/** Options of {@linkcode replayBuffer}. */
export interface ReplayBufferOptions {
  /** The key that fills the buffer at the start. */
  readonly key: Key;
  /** How many chains are kept. @default {10000} */
  readonly size?: number;
  /** The shape of one input. */
  readonly shape: readonly number[];
  /** The probability that a drawn chain starts anew. @default {0.05} */
  readonly reinitProbability?: number;
  /**
   * Makes `count` fresh starts, row-major `[count, ...shape]`. @default {uniform on [-1, 1)}
   */
  readonly initializer?: (key: Key, count: number) => Float32Array;
}

/** The chains drawn from a buffer. */
export interface ReplayDraw {
  /** The starts, `[batch, ...shape]`, owned by the caller. */
  readonly x: Tensor;
  /** The slot of each chain, to be written back to; `[batch]`. */
  readonly slots: Int32Array;
}

/** A store of persistent chains. It keeps them in host memory and belongs to whoever made it. */
export interface ReplayBuffer {
  /** How many chains are kept. */
  readonly size: number;
  /** The shape of one input. */
  readonly shape: readonly number[];
  /** The chains, row-major `[size, ...shape]`: the buffer's own memory, to be read only. */
  readonly values: Float32Array;
  /** Draws `batch` chains with replacement; each starts anew with the probability of the options. */
  draw(key: Key, batch: number): ReplayDraw;
  /** Writes `x: [batch, ...shape]` (borrowed) back to the slots it was drawn from; of equal slots the last wins. */
  write(slots: Int32Array, x: Tensor): Promise<void>;
  /** Frees the memory; the buffer cannot be used any more. */
  dispose(): void;
}

/**
 * A replay buffer of persistent chains, as JEM's: slots are drawn uniformly with replacement, a drawn chain starts anew
 * with probability 0.05, and the result goes back to the same slot.
 *
 * @example Usage
 * ```ts
 * import "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { replayBuffer } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const buffer = replayBuffer({ key: key(0), size: 100, shape: [28, 28, 1] });
 * const { x, slots } = buffer.draw(key(1), 64);
 * expect(x.shape).toEqual([64, 28, 28, 1]);
 * await buffer.write(slots, x);
 * x.dispose();
 * buffer.dispose();
 * ```
 *
 * @see {@link https://arxiv.org/abs/1903.08689 | Du and Mordatch, Implicit generation and modeling with energy-based models, §3.2}
 *
 * @param options Its size and contents.
 * @returns The buffer, to be disposed by the caller.
 * @throws {RangeError} When `size` is not a positive integer, the probability is outside [0, 1], or a side of `shape`
 * is not positive; from `write`, when a value is not finite or a slot is outside the buffer.
 * @throws {TypeError} When the initialiser returns another number of values than asked for; from `write`, when the
 * shape of `x` does not fit.
 */
export function replayBuffer(options: ReplayBufferOptions): ReplayBuffer {
  const { key, size = 10_000, shape, reinitProbability = 0.05, initializer } = options;
  const action = "create replay buffer";
  checkInteger(action, "size", size, 1);
  for (const side of shape) checkInteger(action, "each side of shape", side, 1);
  if (!(reinitProbability >= 0 && reinitProbability <= 1)) {
    throw new RangeError(`Cannot ${action}: reinitProbability must be from 0 to 1 but found ${reinitProbability}`);
  }
  const length = shape.reduce((product, side) => product * side, 1);
  let values = fresh(key, size);

  function fresh(freshKey: Key, count: number): Float32Array {
    if (!initializer) return uniformValues(freshKey, count * length, { min: -1, max: 1 });
    const made = initializer(freshKey, count);
    if (made.length !== count * length) {
      throw new TypeError(
        `Cannot start chains: initializer must make ${count * length} values but made ${made.length}`,
      );
    }
    return made;
  }

  function draw(drawKey: Key, batch: number): ReplayDraw {
    checkAlive("draw from the replay buffer");
    checkInteger("draw from the replay buffer", "batch", batch, 1);
    const [slotKey, reinitKey, freshKey] = split(drawKey, 3) as [Key, Key, Key];
    const slots = randintValues(slotKey, batch, { max: size });
    const anew = Array.from(uniformValues(reinitKey, batch), (u) => u < reinitProbability);
    const starts = fresh(freshKey, Math.max(1, anew.filter(Boolean).length));
    const drawn = new Float32Array(batch * length);
    let used = 0;
    slots.forEach((slot, i) => {
      const [source, row] = anew[i] ? [starts, used++] : [values, slot];
      drawn.set(source.subarray(row * length, (row + 1) * length), i * length);
    });
    return { x: tensor(drawn, [batch, ...shape], "float32"), slots };
  }

  async function write(slots: Int32Array, x: Tensor): Promise<void> {
    const writing = "write to the replay buffer";
    checkAlive(writing);
    const expected = [slots.length, ...shape];
    if (x.rank !== expected.length || x.shape.some((side, i) => side !== expected[i])) {
      throw new TypeError(`Cannot ${writing}: x must be [${expected.join(", ")}] but found [${x.shape.join(", ")}]`);
    }
    const outside = slots.find((slot) => !(slot >= 0 && slot < size));
    if (outside !== undefined) {
      throw new RangeError(`Cannot ${writing}: slots must be from 0 to ${size - 1} but found ${outside}`);
    }
    const written = await x.data();
    const wrong = written.findIndex((value) => !Number.isFinite(value));
    if (wrong !== -1) {
      throw new RangeError(
        `Cannot ${writing}: values must be finite but found ${written[wrong]} in chain ${Math.floor(wrong / length)}`,
      );
    }
    checkAlive(writing);
    slots.forEach((slot, i) => {
      values.set(written.subarray(i * length, (i + 1) * length), slot * length);
    });
  }

  function checkAlive(what: string): void {
    if (values.length === 0) throw new Error(`Cannot ${what}: it was disposed`);
  }

  return {
    size,
    shape: [...shape],
    get values(): Float32Array {
      return values;
    },
    draw,
    write,
    dispose(): void {
      values = new Float32Array(0);
    },
  };
}
