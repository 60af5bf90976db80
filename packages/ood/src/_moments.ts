/** A mean and scatters of rows that come one by one: Welford's updates, so that large means do not cancel. */
export interface Moments {
  /** Adds a row of a class. */
  add(row: ArrayLike<number>, label: number): void;
  /** How many rows there were. */
  readonly count: number;
  /** How many rows of each class there were. */
  readonly counts: readonly number[];
  /** The mean of each class. */
  readonly means: readonly Float64Array[];
  /** The mean of all rows. */
  readonly mean: Float64Array;
  /** `sum (f - mean of its class)(f - ...)'`, symmetric, row-major. */
  within(): Float64Array;
  /** `sum (f - mean of all)(f - ...)'`, symmetric, row-major. */
  total(): Float64Array;
}

/** Collects moments of rows of `size` numbers of so many classes, with the total scatter where it is wanted. */
export function collectMoments(size: number, classes: number, options: { readonly total: boolean }): Moments {
  const counts = new Array<number>(classes).fill(0);
  const means = counts.map(() => new Float64Array(size));
  const mean = new Float64Array(size);
  const within = new Float64Array(size * size);
  const total = new Float64Array(options.total ? size * size : 0);
  const difference = new Float64Array(size);
  let count = 0;

  function update(row: ArrayLike<number>, of: Float64Array, n: number, scatter: Float64Array): void {
    for (let i = 0; i < size; i++) {
      difference[i] = row[i]! - of[i]!;
      of[i]! += difference[i]! / n;
    }
    if (scatter.length === 0) return;
    const share = (n - 1) / n;
    for (let i = 0; i < size; i++) {
      const scaled = share * difference[i]!;
      if (scaled === 0) continue;
      for (let j = i; j < size; j++) scatter[i * size + j]! += scaled * difference[j]!;
    }
  }

  return {
    add(row, label) {
      count += 1;
      counts[label]! += 1;
      update(row, means[label]!, counts[label]!, within);
      update(row, mean, count, total);
    },
    get count() {
      return count;
    },
    counts,
    means,
    mean,
    within: () => symmetric(within, size),
    total: () => symmetric(total, size),
  };
}

function symmetric(upper: Float64Array, n: number): Float64Array {
  const full = Float64Array.from(upper);
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) full[i * n + j] = full[j * n + i]!;
  return full;
}
