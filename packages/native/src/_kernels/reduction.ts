import { backend_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import { type KernelTable, type NativeBackend, type NativeKernel, sizeOf } from "../_backend.ts";
import { Reduction } from "../_kernel_numbers.ts";

/** A shape around the axes that are reduced, which are neighbours: `[outer, middle, inner]`. */
interface Split {
  readonly outer: number;
  readonly middle: number;
  readonly inner: number;
}

/** The split of a shape, or `null` when an axis that stays lies between two that go. */
function split(shape: readonly number[], axes: readonly number[]): Split | null {
  let [outer, middle, inner] = [1, 1, 1];
  let state: "before" | "in" | "after" = "before";
  for (const [axis, side] of shape.entries()) {
    if (side === 1) continue;
    if (axes.includes(axis)) {
      if (state === "after") return null;
      state = "in";
      middle *= side;
    } else if (state === "before") {
      outer *= side;
    } else {
      state = "after";
      inner *= side;
    }
  }
  return { outer, middle, inner };
}

/** `x` with `axes` moved to the end, and its split. The caller disposes `x` of the result unless it is the input. */
function innermost(x: TensorInfo, axes: number[], backend: NativeBackend): { x: TensorInfo; split: Split } {
  const direct = split(x.shape, axes);
  if (direct !== null) return { x, split: direct };
  const perm = backend_util.getAxesPermutation(axes, x.shape.length)!;
  const moved = backend.run("Transpose", { x }, { perm });
  const middle = sizeOf(axes.map((axis) => x.shape[axis]!));
  return { x: moved, split: { outer: sizeOf(x.shape) / middle, middle, inner: 1 } };
}

interface ReductionAttributes {
  readonly axis?: number | number[];
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

function reduction(op: number, isMean: boolean = false): NativeKernel {
  return (inputs, attrs, backend) => {
    const given = inputs.x!;
    if (given.dtype !== "float32" || sizeOf(given.shape) === 0) return null;
    const { axis, reductionIndices, keepDims = false } = attrs as ReductionAttributes;
    const axes = util.parseAxisParam((axis ?? reductionIndices) as number, given.shape);
    const [outShape] = backend_util.computeOutAndReduceShapes([...given.shape], axes);
    const { x, split: sides } = innermost(given, axes, backend);
    const values = backend.floats(x);
    if (values === null) return null;
    const shape = keepDims ? backend_util.expandShapeToKeepDim(outShape, axes) : outShape;
    const out = backend.output(shape, "float32");
    const scale = isMean ? 1 / sides.middle : 1;
    backend.addon.reduce(op, sides.outer, sides.middle, sides.inner, values, out.values, scale);
    if (x !== given) backend.disposeIntermediateTensorInfo(x);
    return out.info;
  };
}

function argReduction(largest: number): NativeKernel {
  return (inputs, attrs, backend) => {
    const x = inputs.x!;
    const values = backend.floats(x);
    if (values === null) return null;
    const [axis] = util.parseAxisParam((attrs as { axis: number }).axis, x.shape);
    const sides = split(x.shape, [axis!])!;
    const out = backend.output(
      x.shape.filter((_, i) => i !== axis),
      "int32",
    );
    backend.addon.argReduce(largest, sides.outer, sides.middle, sides.inner, values, out.values);
    return out.info;
  };
}

/** Reductions, softmax and batch normalisation. */
export const reductionKernels: KernelTable = {
  Sum: reduction(Reduction.Sum),
  Mean: reduction(Reduction.Sum, true),
  Max: reduction(Reduction.Max),
  Min: reduction(Reduction.Min),
  ArgMax: argReduction(1),
  ArgMin: argReduction(0),

  Softmax: ({ logits }, attrs, backend) => {
    const { dim } = attrs as { dim: number };
    const { shape } = logits!;
    if (shape.length === 0 || (dim !== -1 && dim !== shape.length - 1)) return null;
    const values = backend.floats(logits);
    if (values === null) return null;
    const columns = shape.at(-1)!;
    const out = backend.output(shape, "float32");
    backend.addon.softmax(0, values.length / columns, columns, values, out.values);
    return out.info;
  },

  FusedBatchNorm: (inputs, attrs, backend) => {
    const { x, mean, variance, offset, scale } = inputs;
    const { varianceEpsilon } = attrs as { varianceEpsilon: number };
    const channels = x!.shape.at(-1) ?? 0;
    const operands = [mean, variance, offset, scale].map((info) => {
      if (info === undefined || info === null) return 0;
      return info.shape.length === 1 && info.shape[0] === channels ? backend.floats(info) : null;
    });
    const values = backend.floats(x);
    if (values === null || operands.includes(null) || !operands[0] || !operands[1]) return null;
    const [means, variances, offsets, scales] = operands as [Float32Array, Float32Array, Float32Array | 0, 0];
    const out = backend.output(x!.shape, "float32");
    const rows = values.length / channels;
    backend.addon.batchNorm(rows, channels, values, means, variances, offsets, scales, varianceEpsilon, out.values);
    return out.info;
  },
};
