/** Times of repeated runs of one subject, in milliseconds. */
export type Times = number[];

/** The median; NaN of no times. */
export function median(times: Times): number {
  if (times.length === 0) return Number.NaN;
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

/** Runs `body` once to warm up and `repeats` times on the clock. */
export function time(body: () => unknown, repeats: number): Times {
  body();
  return Array.from({ length: repeats }, () => {
    const start = performance.now();
    body();
    return performance.now() - start;
  });
}

/** A row of a Markdown table. */
export function row(cells: (string | number)[]): string {
  return `| ${cells.join(" | ")} |`;
}
