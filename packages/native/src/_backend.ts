import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import {
  type backend_util,
  type DataType,
  getKernel,
  type NamedAttrMap,
  type TensorInfo,
  util,
} from "@tensorflow/tfjs-core";
import { type Addon, native } from "./_addon.ts";
import { type Deferred, Entry } from "./_entry.ts";
import { ConvolutionPlans } from "./_kernels/convolution_plan.ts";
import { type Block, MemoryPool, type Values } from "./_pool.ts";

/** The name that the backend is registered under. */
export const BACKEND = "native";

/** The largest tensor that a kernel takes: sizes are 32-bit integers there. */
const LARGEST = 2 ** 31 - 1;

/** The inputs of a kernel by name. */
export type Inputs = Readonly<Record<string, TensorInfo>>;

/** A kernel of this backend. It returns `null` for what it does not do: the cpu backend's kernel runs instead. */
export type NativeKernel = (inputs: Inputs, attrs: unknown, backend: NativeBackend) => TensorInfo | TensorInfo[] | null;

/** Kernels by the name they are registered under. */
export type KernelTable = Readonly<Record<string, NativeKernel>>;

/**
 * TensorFlow.js's cpu backend on memory of the pool. Every kernel of the cpu backend works on it; those that have a
 * native kernel are replaced by it.
 */
export class NativeBackend extends MathBackendCPU {
  readonly addon: Addon;
  readonly pool: MemoryPool;
  readonly plans: ConvolutionPlans;
  #nextId: number = 0;

  constructor(addon: Addon, memoryLimit: number) {
    super();
    this.addon = addon;
    this.pool = new MemoryPool(addon, memoryLimit);
    this.plans = new ConvolutionPlans(addon);
  }

  get exact(): boolean {
    return native.exact;
  }

  /** The data of a tensor; every entry is made below. */
  entry(info: TensorInfo): Entry {
    return this.data.get(info.dataId) as Entry;
  }

  /** The values of a float32 tensor, computed if need be; `null` when it is of another type, empty or too large. */
  floats(info: TensorInfo | undefined | null): Float32Array | null {
    if (info?.dtype !== "float32") return null;
    const size = sizeOf(info.shape);
    if (size === 0 || size > LARGEST) return null;
    const { values } = this.entry(info);
    // The cpu backend's casts from integers to float32 share the integers.
    const floats = values instanceof Float32Array ? values : Float32Array.from(values as Int32Array);
    return floats.length === size ? floats : null;
  }

  /**
   * Whether a result has too many elements for the native kernels, whose sizes are 32-bit integers. Throws when it would
   * not fit the memory limit: the cpu backend's kernel would not stop there.
   */
  isTooLarge(shape: readonly number[]): boolean {
    const size = sizeOf(shape);
    if (size <= LARGEST) return false;
    this.pool.check(4 * size, size);
    return true;
  }

  /** A new tensor with undefined contents. */
  output(shape: readonly number[], dtype: "float32"): { info: TensorInfo; values: Float32Array };
  output(shape: readonly number[], dtype: "int32"): { info: TensorInfo; values: Int32Array };
  output(shape: readonly number[], dtype: "bool"): { info: TensorInfo; values: Uint8Array };
  output(shape: readonly number[], dtype: DataType): { info: TensorInfo; values: Values };
  output(shape: readonly number[], dtype: DataType): { info: TensorInfo; values: Values } {
    const size = sizeOf(shape);
    if (!(size >= 0)) throw new RangeError(`Cannot make a tensor: its shape is [${shape.join(", ")}]`);
    const block = this.pool.allocate(dtype, size);
    return { info: this.#register(shape, dtype, block.values, block), values: block.values };
  }

  /** A new float32 tensor that is computed when somebody reads it. */
  defer(shape: readonly number[], deferred: Deferred): TensorInfo {
    const info = this.#register(shape, "float32", undefined, null);
    this.entry(info).deferred = deferred;
    return info;
  }

  /** Runs a kernel of this backend by name. */
  run(name: string, inputs: Inputs, attrs: object = {}): TensorInfo {
    const { kernelFunc } = getKernel(name, BACKEND);
    return kernelFunc({ inputs, attrs: attrs as NamedAttrMap, backend: this }) as TensorInfo;
  }

  /** Copies the values: the caller may change or reuse its array. */
  override write(values: backend_util.BackendValues, shape: number[], dtype: DataType): object {
    const block = this.#copy(values, dtype);
    return this.#register(shape, dtype, block?.values ?? values, block).dataId;
  }

  override move(
    dataId: object,
    values: backend_util.BackendValues,
    _shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    const block = this.#copy(values, dtype);
    this.data.set(dataId, new Entry(this.pool, dtype, block?.values ?? values, block, refCount));
  }

  /** Called by the cpu backend's kernels: takes their fresh arrays over, and copies what they pass on from an input. */
  override makeTensorInfo(
    shape: number[],
    dtype: DataType,
    values?: backend_util.BackendValues | string[],
  ): TensorInfo {
    if (values === undefined || values === null) return this.#register(shape, dtype, undefined, null);
    if (dtype === "string" && typeof values[0] === "string") {
      const encoded = (values as string[]).map((text) => util.encodeString(text));
      return this.#register(shape, dtype, encoded, null);
    }
    const given = values as backend_util.BackendValues;
    const isExact =
      (dtype === "float32" && given instanceof Float32Array) ||
      (dtype === "int32" && given instanceof Int32Array) ||
      (dtype === "bool" && given instanceof Uint8Array);
    const isAdopted = isExact && !this.pool.owns(given as Values);
    const block = isAdopted ? this.pool.adopt(given as Values) : this.#copy(given, dtype);
    return this.#register(shape, dtype, block?.values ?? given, block);
  }

  /** A copy wherever the memory would be reused. */
  override readSync(dataId: object): backend_util.BackendValues {
    const values = super.readSync(dataId);
    return ArrayBuffer.isView(values) && this.pool.owns(values) ? (values as Values).slice() : values;
  }

  override disposeData(dataId: object, force: boolean = false): boolean {
    if (!this.data.has(dataId)) return true;
    const entry = this.data.get(dataId) as Entry;
    entry.refCount--;
    if (!force && entry.refCount > 0) return false;
    const parts = entry.complexTensorInfos;
    if (parts != null) {
      this.disposeData(parts.real.dataId, true);
      this.disposeData(parts.imag.dataId, true);
    }
    this.data.delete(dataId);
    entry.dispose();
    return true;
  }

  /** Memory is released on dispose: the numbers of `tf.memory()` are exact. */
  override memory(): { unreliable: boolean; reasons: string[] } {
    return { unreliable: false, reasons: [] };
  }

  override dispose(): void {
    this.pool.trim();
  }

  #register(
    shape: readonly number[],
    dtype: DataType,
    values: backend_util.BackendValues | undefined,
    block: Block | null,
  ): TensorInfo {
    const dataId = { id: this.#nextId++ };
    this.data.set(dataId, new Entry(this.pool, dtype, values, block));
    return { dataId, shape: shape as number[], dtype };
  }

  #copy(values: backend_util.BackendValues, dtype: DataType): Block | null {
    if (values == null || (dtype !== "float32" && dtype !== "int32" && dtype !== "bool")) return null;
    const block = this.pool.allocate(dtype, values.length);
    block.values.set(values as Values);
    return block;
  }
}

/** The number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const side of shape) size *= side;
  return size;
}

/** Whether two shapes are equal. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((side, i) => side === b[i]);
}
