import {
  engine,
  getBackend,
  getKernel,
  type NamedAttrMap,
  type NamedTensorMap,
  type Tensor,
} from "@tensorflow/tfjs-core";

/**
 * Of each channel of maps `[batch, ...positions, channels]` its average, as the sum of two floats, and the phrase counts of its symbols and of
 * those with a prototype's after them: `[batch, channels, 4]`. A kernel that a backend may have, as `@jem-js/native` does.
 */
const COUNTS = "CompressionCounts";

/** Sets of places as bits take time with the square of how many there are. */
const MOST_POSITIONS = 2 ** 15;

/** How maps become symbols, and what they are compared to, as the kernel takes it. */
export interface PackedPrototypes {
  readonly levels: number;
  readonly edges: Float32Array;
  readonly prototypes: Uint8Array;
  /** The prototype of each class. */
  readonly prototypeOf: Int32Array;
}

/** Packs edges by channel and prototypes by channel, of which `indices` are those of the classes. */
export function packPrototypes(
  levels: number,
  edges: readonly (readonly number[])[],
  prototypes: readonly (readonly (readonly number[])[])[],
  indices: readonly number[],
): PackedPrototypes {
  const channels = edges.length;
  const packed = new Float32Array((levels - 1) * channels).fill(Number.POSITIVE_INFINITY);
  edges.forEach((of, c) => {
    of.forEach((edge, e) => {
      packed[e * channels + c] = floor32(edge);
    });
  });
  return {
    levels,
    edges: packed,
    prototypes: Uint8Array.from(prototypes.flat(2)),
    prototypeOf: Int32Array.from(indices),
  };
}

/** The largest float32 that is not above a number: a float32 is above the one where it is above the other. */
function floor32(value: number): number {
  const near = Math.fround(value);
  if (near <= value) return near;
  if (near === 0) return -(2 ** -149);
  const float = Float32Array.of(near);
  // The next one: of neighbours, the bits are neighbours as integers.
  new Int32Array(float.buffer)[0]! += near > 0 ? -1 : 1;
  return float[0]!;
}

/** Whether the backend has the kernel. */
export function hasCounts(): boolean {
  return getKernel(COUNTS, getBackend()) !== undefined;
}

/** The counts of maps where they are; undefined on backends without the kernel, and for maps that it is not for. */
export function countOnDevice(maps: Tensor, logits: Tensor, packed: PackedPrototypes): Tensor | undefined {
  const positions = maps.size / maps.shape[0]! / maps.shape.at(-1)!;
  if (!hasCounts() || positions === 1 || positions > MOST_POSITIONS || packed.levels > 255) return undefined;
  const inputs = { x: maps, logits } as unknown as NamedTensorMap;
  return engine().runKernel(COUNTS, inputs, packed as unknown as NamedAttrMap) as Tensor;
}
