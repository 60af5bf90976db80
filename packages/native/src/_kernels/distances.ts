import type { KernelTable } from "../_backend.ts";

interface DistanceAttributes {
  /** Rows, `[rows, width]`. */
  readonly x: Float64Array;
  readonly width: number;
  /** `[count, width]`. */
  readonly centres: Float64Array;
  /** Lower triangular, `[width, width]`. */
  readonly factor?: Float64Array;
  /** What is written, `[rows, count]`. */
  readonly distances: Float64Array;
}

const LARGEST = 2 ** 31 - 1;

/** Distances in float64. */
export const distanceKernels: KernelTable = {
  /**
   * `distances[i, j] = || factor^-1 x_i - centres_j ||^2`, or without the factor where there is none. Of arrays of the host, which are its
   * attributes: tensors have no float64. It returns no tensors.
   */
  SquaredDistances: (_, attrs, backend) => {
    const { x, width, centres, factor, distances } = attrs as DistanceAttributes;
    const action = "Cannot measure distances";
    if (!Number.isInteger(width) || width < 1 || width > LARGEST) {
      throw new RangeError(`${action}: width must be an integer from 1 to ${LARGEST} but found ${width}`);
    }
    for (const [name, values] of Object.entries({ x, centres, distances, ...(factor && { factor }) })) {
      if (!(values instanceof Float64Array)) {
        throw new TypeError(`${action}: ${name} must be a Float64Array but found ${typeof values}`);
      }
    }
    const [rows, count] = [x.length / width, centres.length / width];
    const lengths = {
      distances: [distances, rows * count],
      factor: [factor ?? [], factor ? width * width : 0],
    } as const;
    for (const [name, values] of Object.entries({ x, centres })) {
      if (values.length % width !== 0) {
        throw new RangeError(
          `${action}: ${name} must have rows of ${width} numbers but found ${values.length} numbers`,
        );
      }
    }
    for (const [name, [values, length]] of Object.entries(lengths)) {
      if (values.length !== length) {
        throw new RangeError(`${action}: ${name} must have ${length} elements but found ${values.length}`);
      }
    }
    if (distances.length > 0) backend.addon.squaredDistances(rows, width, count, x, factor ?? 0, centres, distances);
    return [];
  },
};
