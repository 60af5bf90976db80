import { checkArray } from "./_check.ts";

/**
 * Lowers a threshold over all distinct scores, from the largest to the smallest, and calls `visit` with it and with how
 * many positives and negatives score at least as much: equal scores enter together. O(n log n).
 */
export function sweep(
  action: string,
  positives: ArrayLike<number>,
  negatives: ArrayLike<number>,
  visit: (threshold: number, truePositives: number, falsePositives: number) => void,
): void {
  const p = sortedScores(action, "positives", positives);
  const n = sortedScores(action, "negatives", negatives);
  let i = p.length - 1;
  let j = n.length - 1;
  while (i >= 0 || j >= 0) {
    const threshold = Math.max(i >= 0 ? p[i]! : Number.NEGATIVE_INFINITY, j >= 0 ? n[j]! : Number.NEGATIVE_INFINITY);
    while (i >= 0 && p[i] === threshold) i--;
    while (j >= 0 && n[j] === threshold) j--;
    visit(threshold, p.length - 1 - i, n.length - 1 - j);
  }
}

function sortedScores(action: string, name: string, scores: ArrayLike<number>): Float64Array {
  checkArray(action, name, scores);
  if (scores.length === 0) {
    throw new RangeError(`Cannot ${action}: ${name} must have at least 1 score but found 0`);
  }
  const sorted = new Float64Array(scores.length);
  for (let i = 0; i < sorted.length; i++) {
    const score = scores[i]!;
    if (typeof score !== "number" || Number.isNaN(score)) {
      throw new RangeError(`Cannot ${action}: ${name} must be numbers but found ${score} at ${i}`);
    }
    sorted[i] = score;
  }
  return sorted.sort();
}
