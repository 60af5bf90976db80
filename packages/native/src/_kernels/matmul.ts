import { backend_util, type TensorInfo } from "@tensorflow/tfjs-core";
import { type KernelTable, type NativeKernel, sizeOf } from "../_backend.ts";
import { activate } from "./activation.ts";

interface MatMulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

const matMul: NativeKernel = (inputs, attrs, backend) => {
  const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
  const { transposeA, transposeB } = attrs as MatMulAttributes;
  const rankA = a.shape.length;
  const rankB = b.shape.length;
  if (rankA < 2 || rankB < 2) return null;
  const m = a.shape[rankA - (transposeA ? 1 : 2)]!;
  const k = a.shape[rankA - (transposeA ? 2 : 1)]!;
  const n = b.shape[rankB - (transposeB ? 2 : 1)]!;
  if (b.shape[rankB - (transposeB ? 1 : 2)] !== k) return null;
  const batchA = sizeOf(a.shape.slice(0, -2));
  const batchB = sizeOf(b.shape.slice(0, -2));
  const outer = backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const batch = sizeOf(outer);
  // A batch of one is repeated; a batch that is broadcast along some axes only is left to the cpu backend.
  if ((batchA !== batch && batchA !== 1) || (batchB !== batch && batchB !== 1)) return null;
  const left = backend.floats(a);
  const right = backend.floats(b);
  if (left === null || right === null || backend.isTooLarge([batch, m, n])) return null;
  const out = backend.output([...outer, m, n], "float32");
  backend.addon.matmul(
    batch,
    batchA === 1 ? 0 : m * k,
    batchB === 1 ? 0 : k * n,
    transposeA ? 1 : 0,
    transposeB ? 1 : 0,
    m,
    n,
    k,
    left,
    right,
    out.values,
  );
  return out.info;
};

/** Matrix products. */
export const matMulKernels: KernelTable = {
  BatchMatMul: matMul,

  _FusedMatMul: (inputs, attrs, backend) => {
    const { bias, preluActivationWeights } = inputs;
    const { activation, leakyreluAlpha, ...rest } = attrs as MatMulAttributes & {
      activation?: backend_util.Activation;
      leakyreluAlpha?: number;
    };
    let result = matMul(inputs, rest, backend) as TensorInfo | null;
    if (result === null) return null;
    if (bias) {
      const sum = backend.run("Add", { a: result, b: bias });
      backend.disposeIntermediateTensorInfo(result);
      result = sum;
    }
    return activate(backend, result, activation ?? "linear", preluActivationWeights, leakyreluAlpha);
  },
};
