import { thousands } from "./_style.ts";

interface Scored {
  readonly inScores: ArrayLike<number>;
  readonly outScores: ArrayLike<number>;
}

/** How many inputs were scored. */
export function countScores({ inScores, outScores }: Scored): string {
  return `n = ${thousands(inScores.length)} in, ${thousands(outScores.length)} out`;
}

/** How many inputs were scored, when all series have as many: a fact of the figure, and otherwise one of each series. */
export function sharedCounts(series: readonly Scored[]): string | undefined {
  const counts = new Set(series.map(countScores));
  return counts.size === 1 ? [...counts][0] : undefined;
}
