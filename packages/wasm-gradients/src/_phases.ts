import type { backend_util, TensorInfo } from "@tensorflow/tfjs-core";
import { allocate, copyRun, free, heapOf, offsetOf, valuesOf, type WasmBackend } from "./_heap.ts";

/**
 * One spatial axis of a convolution `y[o] = sum_k x[stride o + k - pad] w[k]`.
 *
 * Its gradient is `dx[p] = sum_o dy[o] w[p + pad - stride o]`. Write `p + pad = stride a + r`, with the phase `r` from 0
 * to `stride - 1`: `dx` at phase `r` is `sum_t dy[a - t] w[r + stride t]`, a convolution of `dy` with stride 1 and the
 * taps `r, r + stride, ...` of `w`. Nothing is multiplied with inserted zeros.
 */
export interface Axis {
  readonly inSize: number;
  readonly outSize: number;
  readonly filterSize: number;
  readonly stride: number;
  readonly pad: number;
}

/** The vertical and the horizontal axis of a convolution. */
export function axesOf(info: backend_util.Conv2DInfo): [height: Axis, width: Axis] {
  const { inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth, strideHeight, strideWidth } = info;
  const { top, left } = info.padInfo;
  return [
    { inSize: inHeight, outSize: outHeight, filterSize: filterHeight, stride: strideHeight, pad: top },
    { inSize: inWidth, outSize: outWidth, filterSize: filterWidth, stride: strideWidth, pad: left },
  ];
}

/** Some neighbouring phases of both axes, which one convolution computes: one after the other in its channels. */
export interface PhaseGroup {
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
}

/** The leading positions `a` that lie in the padding as a whole. */
function skipped(axis: Axis): number {
  return Math.floor(axis.pad / axis.stride);
}

/** The taps of the convolution for the phases from `phase` on; 0 when the filter has none. */
export function taps(axis: Axis, phase: number): number {
  if (phase >= axis.filterSize) return 0;
  // More padding than the filter covers would need a negative padding of dy: taps of zeros stand in.
  return Math.max(Math.ceil((axis.filterSize - phase) / axis.stride), skipped(axis) + 1);
}

/** The padding of `dy`, before and after, for a convolution with `count` taps to give positions `a` of all of `x`. */
export function padding(axis: Axis, count: number): [before: number, after: number] {
  const positions = Math.ceil((axis.inSize + axis.pad) / axis.stride);
  return [count - 1 - skipped(axis), Math.max(0, positions - axis.outSize)];
}

/** The groups of phases when each convolution computes `rows` by `columns` of them. */
export function groupPhases(
  [height, width]: readonly [height: Axis, width: Axis],
  rows: number,
  columns: number,
): PhaseGroup[] {
  const groups: PhaseGroup[] = [];
  for (let row = 0; row < height.stride; row += rows) {
    for (let column = 0; column < width.stride; column += columns) {
      if (taps(height, row) > 0 && taps(width, column) > 0) groups.push({ row, rows, column, columns });
    }
  }
  return groups;
}

/** The gradient, of shape `shape`, made of what `convolve` gives for each group of phases. */
export function assemble(
  backend: WasmBackend,
  shape: readonly number[],
  axes: readonly [height: Axis, width: Axis],
  groups: readonly PhaseGroup[],
  convolve: (group: PhaseGroup) => TensorInfo,
): TensorInfo {
  const isUnstrided = axes.every((axis) => axis.stride === 1);
  let result: TensorInfo | undefined;
  for (const group of groups) {
    const phases = convolve(group);
    if (isUnstrided && phases.shape.every((size, axis) => size === shape[axis])) return phases;
    if (result === undefined) {
      result = allocate(backend, shape);
      // Phases without taps have no group, and a gradient of zero.
      valuesOf(backend, result).fill(0);
    }
    interleave(backend, group, axes, phases, result);
    free(backend, phases);
  }
  return result!;
}

/**
 * Writes the phases of `source`, `[batch, positions, positions, rows columns channels]`, to their places in `target`,
 * `[batch, height, width, channels]`.
 */
function interleave(
  backend: WasmBackend,
  group: PhaseGroup,
  [height, width]: readonly [height: Axis, width: Axis],
  source: TensorInfo,
  target: TensorInfo,
): void {
  const [batch, inHeight, inWidth, channels] = target.shape as [number, number, number, number];
  const [, positionsHigh, positionsWide, depth] = source.shape as [number, number, number, number];
  const from = offsetOf(valuesOf(backend, source));
  const into = offsetOf(valuesOf(backend, target));
  const heap = heapOf(valuesOf(backend, source));
  const { row, rows, column, columns } = group;
  const isCopiedByRow = rows === 1 && columns === width.stride;
  const cropped = (width.pad - width.stride * skipped(width)) * channels;
  for (let n = 0; n < batch; n++) {
    for (let r = row; r < row + rows; r++) {
      for (let h = firstOfPhase(height, r); h < inHeight; h += height.stride) {
        const a = (h + height.pad - r) / height.stride - skipped(height);
        const sourceRow = from + (n * positionsHigh + a) * positionsWide * depth + (r - row) * columns * channels;
        const targetRow = into + (n * inHeight + h) * inWidth * channels;
        if (isCopiedByRow) {
          copyRun(heap, targetRow, sourceRow + cropped, inWidth * channels);
          continue;
        }
        for (let q = column; q < column + columns; q++) {
          const first = firstOfPhase(width, q);
          const b = (first + width.pad - q) / width.stride - skipped(width);
          let i = sourceRow + b * depth + (q - column) * channels;
          let o = targetRow + first * channels;
          for (let w = first; w < inWidth; w += width.stride) {
            copyRun(heap, o, i, channels);
            i += depth;
            o += width.stride * channels;
          }
        }
      }
    }
  }
}

/** The first index of `x` at phase `phase`. */
function firstOfPhase(axis: Axis, phase: number): number {
  return (((phase - axis.pad) % axis.stride) + axis.stride) % axis.stride;
}
