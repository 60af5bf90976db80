import { backend_util, slice_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import { type KernelTable, type NativeBackend, sizeOf } from "../_backend.ts";
import type { Values } from "../_pool.ts";

/** The most axes that the addon's copies take (`kMaxRank` of `cpp/movement.h`). */
const MAX_RANK = 8;

/** The row-major strides of a shape. */
function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i]!;
  }
  return strides;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

/** The values of a tensor that can be copied bit by bit; `null` for other types, empty ones and mixed types. */
function movable(backend: NativeBackend, info: TensorInfo): Values | null {
  const size = sizeOf(info.shape);
  if (info.dtype === "float32") return backend.floats(info);
  if ((info.dtype !== "int32" && info.dtype !== "bool") || size === 0 || size >= 2 ** 31) return null;
  const { values } = backend.entry(info);
  const isOfType = info.dtype === "int32" ? values instanceof Int32Array : values instanceof Uint8Array;
  return isOfType && values.length === size ? (values as Values) : null;
}

/** Copies a block of `shape` between two strided places. */
function move(
  backend: NativeBackend,
  shape: readonly number[],
  from: Values,
  fromStrides: readonly number[],
  fromOffset: number,
  to: Values,
  toStrides: readonly number[],
  toOffset: number,
): void {
  if (sizeOf(shape) === 0) return;
  const rank = Math.max(shape.length, 1);
  const axes = shape.length === 0 ? [1, 1, 1] : [...shape, ...fromStrides, ...toStrides];
  backend.addon.moveStrided(rank, Int32Array.from(axes), from.BYTES_PER_ELEMENT, from, fromOffset, to, toOffset);
}

/** Operations that only move values. */
export const movementKernels: KernelTable = {
  Transpose: ({ x }, attrs, backend) => {
    const { perm } = attrs as { perm: number[] };
    const info = x!;
    const isPermutation = perm.length === info.shape.length && info.shape.every((_, axis) => perm.includes(axis));
    const values = isPermutation && perm.length <= MAX_RANK ? movable(backend, info) : null;
    if (values === null) return null;
    const shape = perm.map((axis) => info.shape[axis]!);
    const strides = stridesOf(info.shape);
    const out = backend.output(shape, info.dtype);
    move(
      backend,
      shape,
      values,
      perm.map((axis) => strides[axis]!),
      0,
      out.values,
      stridesOf(shape),
      0,
    );
    return out.info;
  },

  Slice: ({ x }, attrs, backend) => {
    const { begin, size } = attrs as { begin: number | number[]; size: number | number[] };
    const info = x!;
    const values = info.shape.length <= MAX_RANK ? movable(backend, info) : null;
    if (values === null) return null;
    const [start, shape] = slice_util.parseSliceParams(info as never, begin, size);
    slice_util.assertParamsValid(info as never, start!, shape!);
    const strides = stridesOf(info.shape);
    const out = backend.output(shape!, info.dtype);
    move(backend, shape!, values, strides, dot(start!, strides), out.values, stridesOf(shape!), 0);
    return out.info;
  },

  // Also the gradient of Concat. The cpu backend's goes over the elements one by one.
  SplitV: ({ x }, attrs, backend) => {
    const { numOrSizeSplits, axis } = attrs as { numOrSizeSplits: number | number[]; axis: number };
    const info = x!;
    if (info.shape.length > MAX_RANK || movable(backend, info) === null) return null;
    const [along] = util.parseAxisParam(axis, info.shape);
    const sizes = backend_util.prepareSplitSize(info as never, numOrSizeSplits, along);
    let begin = 0;
    return sizes.map((side) => {
      const start = info.shape.map((_, i) => (i === along ? begin : 0));
      const size = info.shape.map((all, i) => (i === along ? side : all));
      begin += side;
      return backend.run("Slice", { x: info }, { begin: start, size });
    });
  },

  PadV2: ({ x }, attrs, backend) => {
    const { paddings, constantValue } = attrs as { paddings: [number, number][]; constantValue: number };
    const info = x!;
    const isPlain = paddings.every(([before, after]) => before >= 0 && after >= 0);
    const values = isPlain && info.shape.length <= MAX_RANK ? movable(backend, info) : null;
    if (values === null || paddings.length !== info.shape.length) return null;
    const shape = paddings.map(([before, after], i) => before + info.shape[i]! + after);
    if (backend.isTooLarge(shape)) return null;
    const strides = stridesOf(shape);
    const out = backend.output(shape, info.dtype);
    out.values.fill(constantValue);
    const corner = dot(
      paddings.map(([before]) => before),
      strides,
    );
    move(backend, info.shape, values, stridesOf(info.shape), 0, out.values, strides, corner);
    return out.info;
  },

  Concat: (inputs, attrs, backend) => {
    const tensors = inputs as unknown as TensorInfo[];
    const [axis] = util.parseAxisParam((attrs as { axis: number }).axis, tensors[0]!.shape);
    const shapes = tensors.map(({ shape }) => shape);
    backend_util.assertParamsConsistent(shapes, axis!);
    const shape = backend_util.computeOutShape(shapes, axis!);
    const { dtype } = tensors[0]!;
    if (tensors.length < 2 || shape.length > MAX_RANK || !tensors.every((info) => info.dtype === dtype)) return null;
    if (backend.isTooLarge(shape)) return null;
    const parts = tensors.map((info) => movable(backend, info));
    if (parts.some((values) => values === null)) return null;
    const strides = stridesOf(shape);
    const out = backend.output(shape, dtype);
    let at = 0;
    for (const [i, part] of parts.entries()) {
      const partShape = shapes[i]!;
      move(backend, partShape, part!, stridesOf(partShape), 0, out.values, strides, at * strides[axis!]!);
      at += partShape[axis!]!;
    }
    return out.info;
  },

  Tile: ({ x }, attrs, backend) => {
    const { reps } = attrs as { reps: number[] };
    const info = x!;
    const values = 2 * info.shape.length <= MAX_RANK ? movable(backend, info) : null;
    const shape = info.shape.map((side, i) => side * (reps[i] ?? 1));
    if (values === null || reps.length !== info.shape.length || sizeOf(shape) === 0 || backend.isTooLarge(shape))
      return null;
    const from = stridesOf(info.shape);
    const to = stridesOf(shape);
    const out = backend.output(shape, info.dtype);
    // Each axis twice: its repetitions, which read the same place, and its own elements.
    const axes = info.shape.flatMap((side, i) => [reps[i]!, side]);
    const fromStrides = from.flatMap((stride) => [0, stride]);
    const toStrides = to.flatMap((stride, i) => [stride * info.shape[i]!, stride]);
    move(backend, axes, values, fromStrides, 0, out.values, toStrides, 0);
    return out.info;
  },
};
