import type { DataType } from "@tensorflow/tfjs-core";
import type { Addon } from "./_addon.ts";

/** The values of a numeric tensor. */
export type Values = Float32Array | Int32Array | Uint8Array;

/** A piece of memory of the pool, with the view that its present tensor has of it. */
export interface Block {
  readonly buffer: ArrayBuffer;
  readonly offset: number;
  /** The size of its class. */
  readonly bytes: number;
  /** A block of its own, a part of a slab, which is never given back, or an array that the cpu backend made. */
  readonly kind: "own" | "slab" | "adopted";
  values: Values;
}

/** The free blocks of one size, and the fewest there were since the last sweep: that many were not needed. */
interface SizeClass {
  readonly free: Block[];
  fewest: number;
}

const SMALLEST = 64;
const SLAB_BLOCK_LIMIT = 4096;
const SLAB_BYTES = 256 * 1024;
/** Allocations between two sweeps of blocks that nobody needed in the meantime. */
const SWEEP_INTERVAL = 20_000;

/**
 * The memory of tensors. A disposed tensor's memory goes to the next tensor of about its size: fresh memory costs page
 * faults, which take longer than most kernels. Sizes are rounded up to classes that are at most 25 % apart. A block that
 * a whole sweep interval did without is given back to the system.
 */
export class MemoryPool {
  readonly #addon: Addon;
  readonly #classes: Map<number, SizeClass> = new Map();
  readonly #buffers: WeakSet<ArrayBufferLike> = new WeakSet();
  #slab: { buffer: ArrayBuffer; used: number } | null = null;
  #untilSweep: number = SWEEP_INTERVAL;
  #held: number = 0;
  #used: number = 0;
  /** The most bytes that the pool may hold. */
  limit: number;

  constructor(addon: Addon, limit: number) {
    this.#addon = addon;
    this.limit = limit;
  }

  /** Bytes taken from the system, and those of them that tensors use. */
  get bytes(): { readonly held: number; readonly used: number } {
    return { held: this.#held, used: this.#used };
  }

  /** Memory for `size` values of `dtype`; their contents are undefined. */
  allocate(dtype: DataType, size: number): Block {
    const bytes = sizeClass(size * (dtype === "bool" ? 1 : 4));
    if (--this.#untilSweep === 0) this.#sweep();
    const pooled = this.#classes.get(bytes);
    let block = pooled?.free.pop();
    if (pooled !== undefined && pooled.free.length < pooled.fewest) pooled.fewest = pooled.free.length;
    block ??= this.#fresh(bytes, size);
    this.#used += bytes;
    const { values } = block;
    if (values.length !== size || !isOf(values, dtype)) block.values = view(block, dtype, size);
    return block;
  }

  /** Counts an array that the cpu backend made; releasing it leaves it to the garbage collector. */
  adopt(values: Values): Block {
    const bytes = values.byteLength;
    this.check(bytes, values.length);
    this.#held += bytes;
    this.#used += bytes;
    return { buffer: values.buffer as ArrayBuffer, offset: values.byteOffset, bytes, kind: "adopted", values };
  }

  /** Throws when the pool may not hold `bytes` more for a tensor of `size` values. */
  check(bytes: number, size: number): void {
    if (this.#held + bytes > this.limit) this.trim();
    if (this.#held + bytes > this.limit) throw this.#outOfMemory(size);
  }

  /** Takes a block back. Its values must not be touched any more. */
  release(block: Block): void {
    this.#used -= block.bytes;
    if (block.kind === "adopted") {
      this.#held -= block.bytes;
      return;
    }
    const pooled = this.#classes.get(block.bytes);
    if (pooled === undefined) this.#classes.set(block.bytes, { free: [block], fewest: 0 });
    else pooled.free.push(block);
  }

  /** Whether values lie in memory of the pool, so that they must be copied before anyone else may keep them. */
  owns(values: ArrayBufferView): boolean {
    return this.#buffers.has(values.buffer);
  }

  /** Gives all memory back that no tensor uses. */
  trim(): void {
    for (const { free } of this.#classes.values()) this.#giveBack(free, free.length);
  }

  #sweep(): void {
    this.#untilSweep = SWEEP_INTERVAL;
    for (const pooled of this.#classes.values()) {
      this.#giveBack(pooled.free, pooled.fewest);
      pooled.fewest = pooled.free.length;
    }
  }

  /** Gives the `count` blocks back that were unused the longest. */
  #giveBack(free: Block[], count: number): void {
    if (free[0]?.kind !== "own") return;
    for (const block of free.splice(0, count)) {
      this.#held -= block.bytes;
      this.#addon.free(block.buffer);
    }
  }

  #fresh(bytes: number, size: number): Block {
    if (bytes <= SLAB_BLOCK_LIMIT) {
      if (this.#slab === null || this.#slab.used + bytes > SLAB_BYTES) {
        this.#slab = { buffer: this.#request(SLAB_BYTES, size), used: 0 };
      }
      const { buffer, used } = this.#slab;
      this.#slab.used += bytes;
      return { buffer, offset: used, bytes, kind: "slab", values: new Uint8Array(0) };
    }
    return { buffer: this.#request(bytes, size), offset: 0, bytes, kind: "own", values: new Uint8Array(0) };
  }

  #request(bytes: number, size: number): ArrayBuffer {
    this.check(bytes, size);
    let buffer: ArrayBuffer;
    try {
      // Runtimes without external memory get a buffer of their own.
      buffer = this.#addon.allocate(bytes) ?? new ArrayBuffer(bytes);
    } catch {
      throw this.#outOfMemory(size);
    }
    this.#buffers.add(buffer);
    this.#held += bytes;
    return buffer;
  }

  #outOfMemory(size: number): RangeError {
    return new RangeError(
      `Cannot allocate a tensor of ${size} values: the native backend may hold ${megabytes(this.limit)} MB ` +
        `and tensors use ${megabytes(this.#used)} MB of them; dispose tensors or raise setMemoryLimit()`,
    );
  }
}

/** The smallest of 64, 80, 96, 112, 128, 160, ... (four steps for each power of two) that is at least `bytes`. */
function sizeClass(bytes: number): number {
  if (bytes <= SMALLEST) return SMALLEST;
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 2);
  return Math.ceil(bytes / step) * step;
}

function isOf(values: Values, dtype: DataType): boolean {
  if (dtype === "float32") return values instanceof Float32Array;
  return dtype === "int32" ? values instanceof Int32Array : values instanceof Uint8Array;
}

function view(block: Block, dtype: DataType, size: number): Values {
  if (dtype === "float32") return new Float32Array(block.buffer, block.offset, size);
  if (dtype === "int32") return new Int32Array(block.buffer, block.offset, size);
  return new Uint8Array(block.buffer, block.offset, size);
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}
