import { getKernelsForBackend, type KernelFunc, registerBackend, registerKernel } from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { installAdam } from "./_adam.ts";
import type { Addon } from "./_addon.ts";
import { BACKEND, type Inputs, type KernelTable, NativeBackend, type NativeKernel } from "./_backend.ts";
import { installGradients } from "./_gradients.ts";
import { binaryKernels } from "./_kernels/binary.ts";
import { compressionKernels } from "./_kernels/compression.ts";
import { convolutionKernels } from "./_kernels/convolution.ts";
import { broadcastKernels } from "./_kernels/deferred_broadcast.ts";
import { depthwiseKernels } from "./_kernels/depthwise.ts";
import { distanceKernels } from "./_kernels/distances.ts";
import { gramKernels } from "./_kernels/gram.ts";
import { indexingKernels } from "./_kernels/indexing.ts";
import { langevinKernels } from "./_kernels/langevin.ts";
import { matMulKernels } from "./_kernels/matmul.ts";
import { movementKernels } from "./_kernels/movement.ts";
import { poolingKernels } from "./_kernels/pooling.ts";
import { reductionKernels } from "./_kernels/reduction.ts";
import { unaryKernels } from "./_kernels/unary.ts";
import { memory } from "./_memory.ts";

const KERNELS: KernelTable = {
  ...binaryKernels,
  ...broadcastKernels,
  ...compressionKernels,
  ...convolutionKernels,
  ...depthwiseKernels,
  ...distanceKernels,
  ...gramKernels,
  ...indexingKernels,
  ...langevinKernels,
  ...matMulKernels,
  ...movementKernels,
  ...poolingKernels,
  ...reductionKernels,
  ...unaryKernels,
};

/** Above the other backends: whoever imports the package wants it. */
const PRIORITY = 10;

/** Registers the backend and its kernels: the native ones, and all of the cpu backend's where there is none. */
export function register(addon: Addon): void {
  const fallbacks = new Map(getKernelsForBackend("cpu").map(({ kernelName, kernelFunc }) => [kernelName, kernelFunc]));
  for (const kernelName of new Set([...fallbacks.keys(), ...Object.keys(KERNELS)])) {
    const kernelFunc = withFallback(kernelName, KERNELS[kernelName], fallbacks.get(kernelName));
    registerKernel({ kernelName, backendName: BACKEND, kernelFunc });
  }
  registerBackend(
    BACKEND,
    () => {
      // Here and not at import: loading @tensorflow/tfjs later would put the stock gradients back.
      installGradients();
      installAdam();
      const backend = new NativeBackend(addon, memory.limit);
      memory.backend = backend;
      return backend;
    },
    PRIORITY,
  );
}

function withFallback(name: string, kernel: NativeKernel | undefined, fallback: KernelFunc | undefined): KernelFunc {
  if (kernel === undefined) return fallback!;
  return (params) => {
    const result = kernel(params.inputs as Inputs, params.attrs, params.backend as NativeBackend);
    if (result !== null) return result;
    if (fallback !== undefined) return fallback(params);
    throw new TypeError(`Cannot run kernel ${name}: it takes float32 tensors of matching shapes only`);
  };
}
