/** The typed arrays that readers return. */
export type NumericArray = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** Reorders values whose first index varies fastest so that the last one does; makes a copy. */
export function toRowMajor<T extends NumericArray>(data: T, shape: readonly number[]): T {
  const result = data.slice() as T;
  const strides: number[] = [];
  shape.reduce((stride, side) => {
    strides.push(stride);
    return stride * side;
  }, 1);
  const place = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < data.length; to++) {
    result[to] = data[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place[axis]! += 1;
      from += strides[axis]!;
      if (place[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      place[axis] = 0;
    }
  }
  return result;
}
