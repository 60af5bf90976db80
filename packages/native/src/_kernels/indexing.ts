import { backend_util, type DataType, type TensorInfo, util } from "@tensorflow/tfjs-core";
import { type KernelTable, sameShape, sizeOf } from "../_backend.ts";

/** Gathering and one-hot encoding. */
export const indexingKernels: KernelTable = {
  /** Also where nothing is lost: the cpu backend would share the integers, which no kernel here could read. */
  Cast: ({ x }, attrs, backend) => {
    const info = x!;
    const { dtype } = attrs as { dtype: DataType };
    if (dtype !== "float32" || (info.dtype !== "int32" && info.dtype !== "bool")) return null;
    const { values } = backend.entry(info);
    if (values === undefined || values.length !== sizeOf(info.shape)) return null;
    const out = backend.output(info.shape, "float32");
    out.values.set(values as Int32Array);
    return out.info;
  },

  Select: (inputs, _attrs, backend) => {
    const { condition, t, e } = inputs as { condition: TensorInfo; t: TensorInfo; e: TensorInfo };
    if (condition.dtype !== "bool" || !sameShape(t.shape, e.shape) || !sameShape(condition.shape, t.shape)) return null;
    const size = sizeOf(t.shape);
    const flags = backend.entry(condition).values;
    if (!(flags instanceof Uint8Array) || flags.length !== size) return null;
    const yes = backend.floats(t);
    const no = backend.floats(e);
    if (yes === null || no === null) return null;
    const out = backend.output(t.shape, "float32");
    backend.addon.select(size, flags, yes, no, out.values);
    return out.info;
  },

  GatherV2: (inputs, attrs, backend) => {
    const { x, indices } = inputs as { x: TensorInfo; indices: TensorInfo };
    const { axis, batchDims } = attrs as { axis: number; batchDims?: number };
    const [parsedAxis] = util.parseAxisParam(axis, x.shape);
    const values = backend.floats(x);
    const places = backend.entry(indices).values;
    const count = sizeOf(indices.shape);
    if (values === null || !(places instanceof Int32Array) || count === 0) return null;
    const shapeInfo = backend_util.segment_util.collectGatherOpShapeInfo(
      x as never,
      indices as never,
      parsedAxis!,
      batchDims ?? 0,
    );
    const { batchSize, outerSize, dimSize, sliceSize, outputShape } = shapeInfo;
    if (backend.isTooLarge(outputShape)) return null;
    const out = backend.output(outputShape, "float32");
    const perBatch = count / batchSize;
    const inside = backend.addon.gather(batchSize, outerSize, dimSize, perBatch, sliceSize, values, places, out.values);
    if (inside === 1) return out.info;
    backend.disposeIntermediateTensorInfo(out.info);
    return null; // the cpu backend names the index in its error
  },

  OneHot: ({ indices }, attrs, backend) => {
    const { dtype, depth, onValue, offValue } = attrs as {
      dtype: DataType;
      depth: number;
      onValue: number;
      offValue: number;
    };
    const places = backend.entry(indices!).values;
    if (!(places instanceof Int32Array) || (dtype !== "float32" && dtype !== "int32")) return null;
    const out = backend.output([...indices!.shape, depth], dtype);
    out.values.fill(offValue);
    for (const [i, place] of places.entries()) {
      if (place >= 0 && place < depth) out.values[i * depth + place] = onValue;
    }
    return out.info;
  },
};
