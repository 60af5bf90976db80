import type { RandomStream } from "./_random.ts";

const EXTREMES = [0, 1, 2, 127, 128, 254, 255];
const WIDE = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

type Mutation = (bytes: Uint8Array, random: RandomStream, other: Uint8Array) => Uint8Array;

const place = (bytes: Uint8Array, random: RandomStream): number => {
  // Headers are at the beginning, directories at the end.
  const where = random.below(4);
  if (where === 0) return random.below(Math.min(64, bytes.length));
  if (where === 1) return bytes.length - 1 - random.below(Math.min(64, bytes.length));
  return random.below(bytes.length);
};

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => set(bytes, place(bytes, random), [1 << random.below(8)], true),
  (bytes, random) => set(bytes, place(bytes, random), [EXTREMES[random.below(EXTREMES.length)]!]),
  (bytes, random) => set(bytes, place(bytes, random), [random.below(256)]),
  (bytes, random) => {
    const value = WIDE[random.below(WIDE.length)]!;
    const width = random.below(2) ? 4 : 2;
    const word = Array.from({ length: width }, (_, i) => (value >>> (8 * i)) & 255);
    return set(bytes, place(bytes, random), random.below(2) ? word : word.reverse());
  },
  // An integer moved by a little: counts and sizes that are off by one.
  (bytes, random) => {
    const at = place(bytes, random);
    return set(bytes, at, [(bytes[at]! + random.below(5) - 2) & 255]);
  },
  (bytes, random) => bytes.slice(0, random.below(bytes.length)),
  (bytes, random) => {
    const at = place(bytes, random);
    const count = 1 + random.below(16);
    return join(bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + count)));
  },
  (bytes, random) => {
    const at = place(bytes, random);
    return join(
      bytes.subarray(0, at),
      new Uint8Array(1 + random.below(16)).fill(random.below(256)),
      bytes.subarray(at),
    );
  },
  (bytes, random) => {
    const [from, to, count] = [place(bytes, random), place(bytes, random), 1 + random.below(64)];
    return set(bytes, to, [...bytes.subarray(from, from + count)]);
  },
  (bytes, random, other) => join(bytes.subarray(0, place(bytes, random)), other.subarray(place(other, random))),
];

/** A copy with up to eight changes; `other` is spliced in now and then. */
export function mutate(bytes: Uint8Array, random: RandomStream, other: Uint8Array): Uint8Array {
  let result: Uint8Array = bytes.slice();
  for (let i = 1 + random.below(random.below(8) + 1); i > 0 && result.length > 0; i--) {
    result = MUTATIONS[random.below(MUTATIONS.length)]!(result, random, other.length > 0 ? other : result);
  }
  return result;
}

function set(bytes: Uint8Array, at: number, values: readonly number[], flip: boolean = false): Uint8Array {
  for (const [i, value] of values.entries())
    if (at + i < bytes.length) bytes[at + i] = flip ? bytes[at + i]! ^ value : value;
  return bytes;
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
