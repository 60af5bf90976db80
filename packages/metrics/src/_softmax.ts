import type { CheckedMatrix } from "./_read_matrix.ts";

/** The rows `softmax(logits[i] / temperature)`, views of one buffer. */
export function softmaxRows({ data, count, classes }: CheckedMatrix, temperature: number): Float64Array[] {
  const result = new Float64Array(data.length);
  return Array.from({ length: count }, (_, i) => {
    const row = result.subarray(i * classes, (i + 1) * classes);
    const logits = data.subarray(i * classes, (i + 1) * classes);
    const largest = logits.reduce((a, b) => Math.max(a, b));
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      row[k] = Math.exp((logits[k]! - largest) / temperature);
      sum += row[k]!;
    }
    for (let k = 0; k < classes; k++) row[k]! /= sum;
    return row;
  });
}
