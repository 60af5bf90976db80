import {
  type BatchMatMulAttrs,
  type KernelConfig,
  type KernelFunc,
  type TensorInfo,
  Transpose,
} from "@tensorflow/tfjs-core";
import { free, type KernelArguments, runKernel, type WasmBackend } from "./_heap.ts";

/**
 * The built-in `BatchMatMul`, but for two matrices of which one is to be transposed, as in both gradients of `matMul`:
 * transposed beforehand, they take the fast path of XNNPACK instead of a plain loop.
 */
export function withFastTransposes(builtIn: KernelConfig): KernelConfig {
  function batchMatMul(args: KernelArguments): TensorInfo | TensorInfo[] {
    const backend = args.backend as WasmBackend;
    const { a, b } = args.inputs as { a: TensorInfo; b: TensorInfo };
    const { transposeA, transposeB } = args.attrs as unknown as BatchMatMulAttrs;
    if ((!transposeA && !transposeB) || !isMatrix(a) || !isMatrix(b)) return builtIn.kernelFunc(args);
    const left = transposeA ? transposed(backend, a) : a;
    const right = transposeB ? transposed(backend, b) : b;
    const attrs = { ...args.attrs, transposeA: false, transposeB: false };
    const result = builtIn.kernelFunc({ inputs: { a: left, b: right }, attrs, backend });
    if (transposeA) free(backend, left);
    if (transposeB) free(backend, right);
    return result;
  }
  return { ...builtIn, kernelFunc: batchMatMul as KernelFunc };
}

/** Whether a tensor is one float32 matrix, perhaps with leading axes of size 1. */
function isMatrix({ shape, dtype }: TensorInfo): boolean {
  return dtype === "float32" && shape.slice(0, -2).every((side) => side === 1);
}

function transposed(backend: WasmBackend, { dataId, shape, dtype }: TensorInfo): TensorInfo {
  const [rows, columns] = shape.slice(-2) as [number, number];
  const matrix = { dataId, shape: [rows, columns], dtype };
  const result = runKernel(Transpose, backend, { x: matrix }, { perm: [1, 0] });
  return { ...result, shape: [...shape.slice(0, -2), columns, rows] };
}
