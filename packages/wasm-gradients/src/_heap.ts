import {
  type DataType,
  type DataTypeMap,
  getKernel,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

/** What the kernels need of TensorFlow.js's `BackendWasm`, which its own kernels use in the same way. */
export interface WasmBackend {
  /** Allocates an uninitialised tensor on the wasm heap. */
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
  /** A view of a tensor's values on the wasm heap; any later allocation may invalidate it. */
  typedArrayFromHeap(tensor: TensorInfo): DataTypeMap["float32" | "int32" | "bool"];
  /** Frees a tensor that the engine does not know of. */
  disposeData(dataId: TensorInfo["dataId"]): boolean;
}

/** What TensorFlow.js hands to a kernel. */
export interface KernelArguments {
  readonly inputs: NamedTensorInfoMap;
  readonly attrs?: NamedAttrMap;
  readonly backend: object;
}

/** Allocates an uninitialised float32 tensor. */
export function allocate(backend: WasmBackend, shape: readonly number[]): TensorInfo {
  return backend.makeOutput([...shape], "float32");
}

/** A view of the values of a float32 tensor: make it after the last allocation, and do not keep it. */
export function valuesOf(backend: WasmBackend, tensor: TensorInfo): Float32Array {
  return backend.typedArrayFromHeap(tensor) as Float32Array;
}

/** The whole heap as float32, for {@linkcode copyRun} between tensors; {@linkcode offsetOf} finds a tensor in it. */
export function heapOf(view: Float32Array): Float32Array {
  return new Float32Array(view.buffer);
}

/** Where `view` begins in {@linkcode heapOf}. */
export function offsetOf(view: Float32Array): number {
  return view.byteOffset / Float32Array.BYTES_PER_ELEMENT;
}

/** From this many numbers on, `copyWithin` is faster than a loop. */
const LONG_RUN = 12;

/** Copies `length` numbers within the heap. */
export function copyRun(heap: Float32Array, into: number, from: number, length: number): void {
  if (length >= LONG_RUN) heap.copyWithin(into, from, from + length);
  else for (let i = 0; i < length; i++) heap[into + i] = heap[from + i]!;
}

/** Frees intermediate tensors. */
export function free(backend: WasmBackend, ...tensors: readonly TensorInfo[]): void {
  for (const { dataId } of tensors) backend.disposeData(dataId);
}

/** Runs another kernel of the wasm backend, unseen by the engine: the result must be returned or freed. */
export function runKernel(
  kernelName: string,
  backend: WasmBackend,
  inputs: NamedTensorInfoMap,
  attrs: NamedAttrMap,
): TensorInfo {
  const kernel = getKernel(kernelName, "wasm");
  return kernel.kernelFunc({ inputs, attrs, backend }) as TensorInfo;
}
