import type { backend_util, DataType, TensorInfo } from "@tensorflow/tfjs-core";
import type { Block, MemoryPool } from "./_pool.ts";

/** A result that is not computed yet. */
export interface Deferred {
  /** Computes the result. */
  run(): Block;
  /** Lets go of the operands; called once, after `run` or instead of it. */
  release(): void;
}

/**
 * The data of a tensor. Whoever reads `values` (also every kernel inherited from the cpu backend) gets them computed;
 * operations that can join a deferred result look at `deferred` first.
 */
export class Entry {
  readonly dtype: DataType;
  refCount: number;
  declare complexTensorInfos?: { real: TensorInfo; imag: TensorInfo };
  deferred: Deferred | null = null;
  readonly #pool: MemoryPool;
  #values: backend_util.BackendValues | undefined;
  #block: Block | null;
  #holds: number = 0;
  #disposed: boolean = false;
  #derived: Map<string, Block> | null = null;

  constructor(
    pool: MemoryPool,
    dtype: DataType,
    values: backend_util.BackendValues | undefined,
    block: Block | null,
    refCount: number = 1,
  ) {
    this.#pool = pool;
    this.dtype = dtype;
    this.#values = values;
    this.#block = block;
    this.refCount = refCount;
  }

  get values(): backend_util.BackendValues {
    if (this.deferred !== null) {
      const { deferred } = this;
      this.#block = deferred.run();
      this.#values = this.#block.values;
      this.deferred = null;
      deferred.release();
    }
    return this.#values as backend_util.BackendValues;
  }

  set values(values: backend_util.BackendValues) {
    this.#values = values;
  }

  /** Keeps the memory although the tensor may be disposed, until the same number of `unhold`s. */
  hold(): this {
    this.#holds++;
    return this;
  }

  unhold(): void {
    this.#holds--;
    if (this.#disposed && this.#holds === 0) this.#free();
  }

  dispose(): void {
    this.#disposed = true;
    if (this.#holds === 0) this.#free();
  }

  /** Memory computed from these values, made by `make` at the first call and kept as long as they are. */
  derive(name: string, make: () => Block): Block {
    this.#derived ??= new Map();
    let block = this.#derived.get(name);
    if (block === undefined) {
      block = make();
      this.#derived.set(name, block);
    }
    return block;
  }

  #free(): void {
    this.deferred?.release();
    this.deferred = null;
    if (this.#block !== null) this.#pool.release(this.#block);
    this.#block = null;
    this.#values = undefined;
    for (const block of this.#derived?.values() ?? []) this.#pool.release(block);
    this.#derived = null;
  }
}
