/** A stream of integers that a seed determines. */
export interface RandomStream {
  /** An integer from 0 to `bound - 1`. */
  below(bound: number): number;
}

/** The generator mulberry32: small, and good enough to choose bytes. */
export function randomStream(seed: number): RandomStream {
  let state = seed >>> 0;
  return {
    below(bound) {
      state = (state + 0x6d2b79f5) >>> 0;
      let value = Math.imul(state ^ (state >>> 15), state | 1);
      value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
      return Math.floor((((value ^ (value >>> 14)) >>> 0) / 2 ** 32) * bound);
    },
  };
}
