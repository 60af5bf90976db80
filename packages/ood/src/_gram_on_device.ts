import {
  engine,
  getBackend,
  getKernel,
  type NamedAttrMap,
  type NamedTensorMap,
  type Tensor,
} from "@tensorflow/tfjs-core";

/**
 * The statistics of `gramStatistics` for each map, `[batch, 1 + powers * channels]`: first what it was scaled by, then those of the
 * scaled map. A kernel that a backend may have, as `@jem-js/native` does, in float64 inside.
 */
const ROW_SUMS = "GramRowSums";

/** The statistics of maps where they are; undefined on backends without the kernel. */
export function gramOnDevice(maps: Tensor, powers: readonly number[]): Tensor | undefined {
  if (!getKernel(ROW_SUMS, getBackend())) return undefined;
  return engine().runKernel(
    ROW_SUMS,
    { x: maps } as unknown as NamedTensorMap,
    { powers } as unknown as NamedAttrMap,
  ) as Tensor;
}

/** Bounds of statistics, row-major. */
export interface Deviating {
  readonly powers: readonly number[];
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** The bounds of each class. */
  readonly boundsOf: Int32Array;
}

/** By how much those statistics leave bounds: each as the sum of two floats, `[batch, 2]`. */
const DEVIATIONS = "GramDeviations";

/** The deviations of maps where they are; undefined on backends without the kernel. */
export function deviationsOnDevice(maps: Tensor, logits: Tensor, by: Deviating): Tensor | undefined {
  if (!getKernel(DEVIATIONS, getBackend())) return undefined;
  const inputs = { x: maps, logits } as unknown as NamedTensorMap;
  return engine().runKernel(DEVIATIONS, inputs, by as unknown as NamedAttrMap) as Tensor;
}
