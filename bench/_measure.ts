/** Times of repeated runs of one subject, in milliseconds. */
export type Times = number[];

/** The median; NaN of no times. */
export function median(times: Times): number {
  if (times.length === 0) return Number.NaN;
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

/** Runs `body` once to warm up and `repeats` times on the clock. */
export async function time(body: () => unknown, repeats: number): Promise<Times> {
  await body();
  const times: Times = [];
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    await body();
    times.push(performance.now() - start);
  }
  return times;
}

/** A row of a Markdown table. */
export function row(cells: (string | number)[]): string {
  return `| ${cells.join(" | ")} |`;
}
