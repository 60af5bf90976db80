/** Whether a value is a list of so many indices below `count`, one for each class. */
export function areIndices(indices: unknown, classes: number, count: number): indices is Int32Array {
  if (!(indices instanceof Int32Array) || indices.length !== classes) return false;
  return indices.every((index) => index >= 0 && index < count);
}

/** For each of `batch` rows of logits what `indices` holds for the class with the largest, the first of equals. */
export function indicesOf(logits: Float32Array, indices: Int32Array, batch: number): Int32Array {
  const classes = indices.length;
  return Int32Array.from({ length: batch }, (_, i) => {
    let largest = 0;
    for (let k = 1; k < classes; k++) if (logits[i * classes + k]! > logits[i * classes + largest]!) largest = k;
    return indices[largest]!;
  });
}
