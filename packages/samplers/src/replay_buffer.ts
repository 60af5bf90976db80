import { type Key, randintValues, split, uniformValues } from "@jem-js/random";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import { type ChainStore, chainStore, newborn } from "./_chain_store.ts";
import {
  checkFinite,
  checkIndices,
  checkInteger,
  checkKind,
  checkProbability,
  checkRange,
  checkShape,
} from "./_check.ts";
import { destinations } from "./_slot_policy.ts";
import { checkSnapshot } from "./_snapshot.ts";
import type { BufferSnapshot } from "./buffer_snapshot.ts";
import type { ChainOrigin, ChainProvenance } from "./chain_provenance.ts";
import type { ReplayBufferOptions } from "./replay_buffer_options.ts";
import type { DrawOptions, ReplayDraw, WriteOptions } from "./replay_draw.ts";

/** A store of persistent chains. It keeps them in host memory and belongs to whoever made it. */
export interface ReplayBuffer {
  /** How many chains are kept. */
  readonly size: number;
  /** The shape of one input. */
  readonly shape: readonly number[];
  /** How many class blocks there are: slot `s` belongs to class `floor(s classes / size)`. */
  readonly classes: number;
  /** The chains, row-major `[size, ...shape]`, to be read only: the buffer's memory, or with `"uint8"` a decoded copy. */
  readonly values: Float32Array;
  /** Draws `batch` chains with replacement; each starts anew with the probability of the options. Changes nothing. */
  draw(key: Key, batch: number, options?: DrawOptions): ReplayDraw;
  /**
   * Writes `x: [batch, ...shape]` (borrowed) to the slots of a draw; of equal slots the last wins. Bare slots are taken
   * as chains that were drawn there.
   */
  write(drawn: Omit<ReplayDraw, "x"> | Int32Array, x: Tensor, options?: WriteOptions): Promise<void>;
  /** Starts the chains in `slots` anew: quarantine for those that went astray. */
  reinitialize(key: Key, slots: ArrayLike<number>): void;
  /** What is known of the chain in `slot`. */
  provenance(slot: number): ChainProvenance;
  /** The whole state, copied. */
  snapshot(): BufferSnapshot;
  /** Takes over a state of a buffer of equal settings, or throws and changes nothing. */
  restore(snapshot: BufferSnapshot): void;
  /** Frees the memory; the buffer cannot be used any more. */
  dispose(): void;
}

/**
 * A replay buffer of persistent chains, as JEM's: slots are drawn uniformly with replacement, a drawn chain starts anew
 * with probability 0.05, and the result goes back to the same slot.
 *
 * A chain so lives for `1 / reinitProbability` draws on average: 20 draws of 20 steps with JEM's settings.
 *
 * @example Usage
 * ```ts
 * import "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { replayBuffer } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const buffer = replayBuffer({ key: key(0), size: 100, shape: [28, 28, 1], classes: 10 });
 * const drawn = buffer.draw(key(1), 2, { labels: [3, 7] });
 * expect(drawn.x.shape).toEqual([2, 28, 28, 1]);
 * await buffer.write(drawn, drawn.x, { steps: 20 });
 * expect(buffer.provenance(drawn.slots[0]!)).toMatchObject({ draws: 1, steps: 20, label: 3 });
 * drawn.x.dispose();
 * buffer.dispose();
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., JEM, algorithm 1}
 * @see {@link https://arxiv.org/abs/1903.08689 | Du and Mordatch, Implicit generation and modeling with energy-based models, §3.2}
 *
 * @param options Its size and contents.
 * @returns The buffer, to be disposed by the caller.
 * @throws {RangeError} When `size` is not a positive multiple of `classes`, the probability is outside [0, 1], a side of
 * `shape` is not positive or `range` is empty; from the members, when a count, slot or label is out of bounds; from
 * `write` and `restore`, when a value is not finite.
 * @throws {TypeError} When `policy` or `storage` is unknown, or the initialiser returns another number of values than asked
 * for; from `write`, when a shape does not fit; from `restore`, when a setting or an array is not that of this buffer.
 */
export function replayBuffer(options: ReplayBufferOptions): ReplayBuffer {
  checkOptions(options);
  const { key, shape, initializer, size = 10_000, reinitProbability = 0.05 } = options;
  const { policy = "slot", classes = 1, storage = "float32", range = [-1, 1] } = options;
  const bins = storage === "uint8" ? range : undefined;
  const settings = { size, shape: [...shape], policy, classes, storage, range: bins ? [...bins] : null };
  const length = shape.reduce((product, side) => product * side, 1);
  const blockSize = size / classes;
  let store: ChainStore | undefined = chainStore(size, length, bins);
  // How many results each block has taken.
  let written = new Array<number>(classes).fill(0);
  reinitialize(
    key,
    Int32Array.from({ length: size }, (_, slot) => slot),
    "initial",
  );

  function living(action: string): ChainStore {
    if (!store) throw new Error(`Cannot ${action}: it was disposed`);
    return store;
  }

  function labelOf(slot: number): number {
    return Math.floor(slot / blockSize);
  }

  function starts(freshKey: Key, slots: Int32Array): Float32Array {
    const expected = slots.length * length;
    if (!initializer) return uniformValues(freshKey, expected, { min: -1, max: 1 });
    if (expected === 0) return new Float32Array(0);
    const made = initializer(freshKey, slots.length, classes > 1 ? slots.map(labelOf) : undefined);
    if (made.length !== expected) {
      throw new TypeError(`Cannot start chains: initializer must make ${expected} values but made ${made.length}`);
    }
    return made;
  }

  function draw(drawKey: Key, batch: number, { labels }: DrawOptions = {}): ReplayDraw {
    const action = "draw from the replay buffer";
    const chains = living(action);
    checkInteger(action, "batch", batch, 1);
    if (labels) checkLabels(action, labels, batch, classes);
    const [slotKey, reinitKey, freshKey, jitterKey, placeKey] = split(drawKey, 5) as [Key, Key, Key, Key, Key];
    const places = randintValues(slotKey, batch, { max: labels ? blockSize : size });
    const drawn = labels ? places.map((place, i) => labels[i]! * blockSize + place) : places;
    const fresh = Uint8Array.from(uniformValues(reinitKey, batch), (u) => (u < reinitProbability ? 1 : 0));
    const started = starts(
      freshKey,
      drawn.filter((_, i) => fresh[i]),
    );
    const jitter = bins && uniformValues(jitterKey, batch * length);
    const x = new Float32Array(batch * length);
    let used = 0;
    drawn.forEach((slot, i) => {
      if (fresh[i]) x.set(started.subarray(used * length, ++used * length), i * length);
      else chains.read(slot, x, i, jitter);
    });
    const slots = destinations(policy, placeKey, drawn, blockSize, written);
    return { x: tensor(x, [batch, ...shape], "float32"), slots, drawn, fresh, labels: drawn.map(labelOf) };
  }

  async function write(
    target: Omit<ReplayDraw, "x"> | Int32Array,
    x: Tensor,
    { steps = 0, energies }: WriteOptions = {},
  ): Promise<void> {
    const action = "write to the replay buffer";
    living(action);
    const { slots, drawn, fresh, labels } = target instanceof Int32Array ? continued(action, target) : target;
    checkIndices(
      action,
      "slots",
      slots.filter((slot) => slot !== -1),
      size,
    );
    checkShape(action, "x", x.shape, [slots.length, ...shape]);
    checkInteger(action, "steps", steps, 0);
    if (energies)
      checkShape(action, "energies", "shape" in energies ? energies.shape : [energies.length], [slots.length]);
    const values = (await x.data()) as Float32Array;
    const energy = energies && ("shape" in energies ? await energies.data() : energies);
    checkFinite(action, "values", values, length);
    if (energy) checkFinite(action, "energies", energy, 1);
    const chains = living(action);
    // Read before any is overwritten: a draw may hold a slot twice.
    const before = Array.from(drawn, (slot, i) => (fresh[i] ? newborn("reinit") : chains.provenance(slot)));
    before.forEach((chain, i) => {
      written[labels[i]!]! += 1;
      const slot = slots[i]!;
      if (slot === -1) return;
      const made = { draws: chain.draws + 1, steps: chain.steps + steps, energy: energy?.[i] ?? Number.NaN };
      chains.write(slot, values, i, { ...chain, ...made });
    });
  }

  function continued(action: string, slots: Int32Array): Omit<ReplayDraw, "x"> {
    checkIndices(action, "slots", slots, size);
    return { slots, drawn: slots, fresh: new Uint8Array(slots.length), labels: slots.map(labelOf) };
  }

  function reinitialize(freshKey: Key, slots: ArrayLike<number>, origin: ChainOrigin = "reinitialize"): void {
    const chains = living("reinitialize chains");
    checkIndices("reinitialize chains", "slots", slots, size);
    const started = starts(freshKey, Int32Array.from(slots));
    Array.from(slots).forEach((slot, row) => {
      chains.write(slot, started, row, newborn(origin));
    });
  }

  function snapshot(): BufferSnapshot {
    const { arrays } = living("take a snapshot of the replay buffer");
    const copies = Object.entries(arrays).map(([name, array]) => [name, array.slice()]);
    return { values: { ...settings, written: [...written] }, arrays: Object.fromEntries(copies) };
  }

  function restore(saved: BufferSnapshot): void {
    const { arrays } = living("restore the replay buffer");
    checkSnapshot(saved, settings, classes, arrays);
    written = [...(saved.values.written as number[])];
    for (const [name, array] of Object.entries(arrays)) array.set(saved.arrays[name]!);
  }

  return {
    size,
    shape: [...shape],
    classes,
    get values(): Float32Array {
      return living("read the replay buffer").values();
    },
    draw,
    write,
    reinitialize: (freshKey, slots) => reinitialize(freshKey, slots),
    provenance(slot): ChainProvenance {
      const chains = living("read the provenance of a chain");
      checkIndices("read the provenance of a chain", "slot", [slot], size);
      return { ...chains.provenance(slot), label: labelOf(slot) };
    },
    snapshot,
    restore,
    dispose(): void {
      store = undefined;
    },
  };
}

function checkOptions({ size = 10_000, shape, reinitProbability = 0, ...options }: ReplayBufferOptions): void {
  const action = "create replay buffer";
  const { policy = "slot", classes = 1, storage = "float32", range = [-1, 1] } = options;
  checkInteger(action, "size", size, 1);
  for (const side of shape) checkInteger(action, "each side of shape", side, 1);
  checkProbability(action, "reinitProbability", reinitProbability);
  checkKind(action, "policy", policy, ["slot", "fifo", "reservoir"]);
  checkKind(action, "storage", storage, ["float32", "uint8"]);
  checkInteger(action, "classes", classes, 1);
  checkRange(action, "range", range);
  if (size % classes !== 0) {
    throw new RangeError(`Cannot ${action}: size must be a multiple of the ${classes} classes but found ${size}`);
  }
}

function checkLabels(action: string, labels: ArrayLike<number>, batch: number, classes: number): void {
  if (classes === 1) throw new TypeError(`Cannot ${action}: labels need a buffer with classes but it has none`);
  checkShape(action, "labels", [labels.length], [batch]);
  checkIndices(action, "labels", labels, classes);
}
