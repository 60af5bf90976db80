import { readNumbers } from "./_check.ts";
import { NUMBERS } from "./_numbers.ts";

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
  const p = readNumbers(action, "positives", positives, NUMBERS).sort();
  const n = readNumbers(action, "negatives", negatives, NUMBERS).sort();
  let i = p.length - 1;
  let j = n.length - 1;
  while (i >= 0 || j >= 0) {
    const threshold = Math.max(i >= 0 ? p[i]! : Number.NEGATIVE_INFINITY, j >= 0 ? n[j]! : Number.NEGATIVE_INFINITY);
    while (i >= 0 && p[i] === threshold) i--;
    while (j >= 0 && n[j] === threshold) j--;
    visit(threshold, p.length - 1 - i, n.length - 1 - j);
  }
}
