/** The mean and the population variance of each column of samples `[samples, n]`. */
export function momentsOf(samples: readonly ArrayLike<number>[]): { mean: Float64Array; variance: Float64Array } {
  const n = samples[0]!.length;
  const mean = new Float64Array(n);
  const variance = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    // From the first sample: a mean of equal numbers need not be that number.
    const first = samples[0]![i]!;
    let shift = 0;
    for (const row of samples) shift += (row[i]! - first) / samples.length;
    mean[i] = first + shift;
    for (const row of samples) variance[i]! += (row[i]! - first - shift) ** 2 / samples.length;
  }
  return { mean, variance };
}

/** Throws unless `samples` are rows as long as the targets. */
export function checkRows(action: string, samples: readonly ArrayLike<number>[], targets: ArrayLike<number>): void {
  if (!Array.isArray(samples) || samples.length === 0) {
    throw new TypeError(`Cannot ${action}: samples must be at least one row but found ${String(samples)}`);
  }
  const wrong = samples.find((row) => row.length !== targets.length);
  if (wrong || targets.length === 0) {
    throw new TypeError(
      `Cannot ${action}: expected rows of ${targets.length} > 0 targets but found ${wrong?.length ?? 0}`,
    );
  }
}
