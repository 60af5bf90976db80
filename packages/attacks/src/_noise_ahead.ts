import { foldIn, type Key, normal, normalValues } from "@jem-js/random";
import { dispose } from "@tensorflow/tfjs-core";

/** Inputs of more elements are drawn noise for one step at a time, to bound memory. */
const LARGE = 2 ** 13;

/** Standard normal numbers of examples for one step after another. */
export interface NoiseAhead {
  /** The `size` numbers of an example for `step`, from 1 on; borrowed, and valid until its next step. */
  take(key: Key, step: number): Float32Array;
  /** Makes on the backend, for all examples at once, what they will take next. To be awaited between steps. */
  make(): Promise<void>;
}

/** Noise for at most `steps` steps. Each `period` of steps shares a draw: backends that make noise themselves make much of it at once. */
export function noiseAhead(size: number, steps: number, period: number): NoiseAhead {
  const shared = size > LARGE ? 1 : period;
  const made = new Map<Key, Float32Array>();
  const wanted = new Map<Key, Key>();
  const present = new Map<Key, Float32Array>();

  function take(key: Key, step: number): Float32Array {
    const place = (step - 1) % shared;
    if (place === 0) {
      const block = (step - 1) / shared;
      present.set(key, made.get(key) ?? normalValues(foldIn(key, block), shared * size));
      made.delete(key);
      if (step + shared <= steps) wanted.set(key, foldIn(key, block + 1));
    }
    return present.get(key)!.subarray(place * size, (place + 1) * size);
  }

  async function make(): Promise<void> {
    if (wanted.size === 0) return;
    const keys = [...wanted.keys()];
    const drawn = [...wanted.values()].map((of) => normal(of, [shared * size]));
    wanted.clear();
    try {
      const values = await Promise.all(drawn.map((noise) => noise.data<"float32">()));
      keys.forEach((key, i) => {
        made.set(key, values[i]!);
      });
    } finally {
      dispose(drawn);
    }
  }

  return { take, make };
}
