import type { SnapshotArray } from "./buffer_snapshot.ts";
import type { ChainOrigin, ChainProvenance } from "./chain_provenance.ts";

const ORIGINS: readonly ChainOrigin[] = ["initial", "reinit", "reinitialize"];

/** What is known of a chain besides its class, which its slot tells. */
export type Provenance = Omit<ChainProvenance, "label">;

/** What is known of a chain that has made no step. */
export function newborn(origin: ChainOrigin): Provenance {
  return { draws: 0, steps: 0, origin, energy: Number.NaN };
}

/** Chains and their provenance in host memory, a row each. */
export interface ChainStore {
  /** The memory, by name. */
  readonly arrays: Readonly<Record<string, SnapshotArray>>;
  /** All chains: the memory itself when it is float32, else a copy. */
  values(): Float32Array;
  /** Writes the chain of `slot` to row `row` of `out`; `jitter`, uniform on [0, 1), is the place within the bin. */
  read(slot: number, out: Float32Array, row: number, jitter?: Float32Array): void;
  /** Stores row `row` of `values` in `slot`. */
  write(slot: number, values: Float32Array, row: number, provenance: Provenance): void;
  /** What is known of the chain in `slot`. */
  provenance(slot: number): Provenance;
}

/** Makes a store of `size` chains of `length` values: float32, or the 256 bins of `bins`. */
export function chainStore(size: number, length: number, bins?: readonly [min: number, max: number]): ChainStore {
  const memory = bins ? byteMemory(size, length, bins) : floatMemory(size, length);
  const draws = new Int32Array(size);
  const steps = new Int32Array(size);
  const origins = new Uint8Array(size);
  const energies = new Float32Array(size).fill(Number.NaN);
  return {
    arrays: { chains: memory.chains, draws, steps, origins, energies },
    values() {
      if (memory.chains instanceof Float32Array) return memory.chains;
      const decoded = new Float32Array(size * length);
      for (let slot = 0; slot < size; slot++) memory.read(slot, decoded, slot);
      return decoded;
    },
    read: memory.read,
    write(slot, values, row, provenance) {
      memory.write(slot, values, row);
      draws[slot] = provenance.draws;
      steps[slot] = provenance.steps;
      origins[slot] = ORIGINS.indexOf(provenance.origin);
      energies[slot] = provenance.energy;
    },
    provenance(slot) {
      return { draws: draws[slot]!, steps: steps[slot]!, origin: ORIGINS[origins[slot]!]!, energy: energies[slot]! };
    },
  };
}

interface Memory extends Pick<ChainStore, "read"> {
  readonly chains: Float32Array | Uint8Array;
  write(slot: number, values: Float32Array, row: number): void;
}

function floatMemory(size: number, length: number): Memory {
  const chains = new Float32Array(size * length);
  return {
    chains,
    read: (slot, out, row) => out.set(chains.subarray(slot * length, (slot + 1) * length), row * length),
    write: (slot, values, row) => chains.set(values.subarray(row * length, (row + 1) * length), slot * length),
  };
}

function byteMemory(size: number, length: number, [min, max]: readonly [number, number]): Memory {
  const chains = new Uint8Array(size * length);
  const width = (max - min) / 256;
  return {
    chains,
    read(slot, out, row, jitter) {
      for (let i = 0; i < length; i++) {
        out[row * length + i] = min + width * (chains[slot * length + i]! + (jitter?.[row * length + i] ?? 0.5));
      }
    },
    write(slot, values, row) {
      for (let i = 0; i < length; i++) {
        const bin = Math.floor((values[row * length + i]! - min) / width);
        chains[slot * length + i] = Math.min(255, Math.max(0, bin));
      }
    },
  };
}
