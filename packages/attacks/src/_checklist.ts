import { foldIn, type Key } from "@jem-js/random";
import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import { confine, randomStart } from "./_norms.ts";
import { predict } from "./_predict.ts";
import { takeRows } from "./_subtask.ts";
import type { Norm } from "./attack_options.ts";
import type { ClassifierFunction } from "./classifier.ts";

/** Those of the examples that `found` has and `known` has not. */
export function beyond(found: readonly boolean[], known: readonly boolean[], among: readonly number[]): number[] {
  return among.filter((i) => found[i] && !known[i]);
}

/** Whether no number is smaller than the one before. */
export function monotone(values: readonly number[]): boolean {
  return values.every((value, i) => i === 0 || value >= values[i - 1]!);
}

/** A share as text. */
export function percent(share: number): string {
  return `${Math.round(1000 * share) / 10} %`;
}

/** Words as text. */
export function list(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** Which examples are misclassified at one of some random points of the ball, or at `x`. */
export async function noiseBreaks(
  classify: ClassifierFunction,
  x: Tensor,
  labels: Int32Array,
  options: {
    readonly norm: Norm;
    readonly epsilon: number;
    readonly bounds: readonly [number, number];
    readonly keys: readonly Key[];
    readonly draws: number;
    readonly batchSize: number;
  },
): Promise<boolean[]> {
  const { norm, epsilon, bounds, keys, draws, batchSize } = options;
  const broken = Array.from(labels, () => false);
  for (let draw = 0; draw < draws; draw++) {
    const standing = Array.from(broken.keys()).filter((i) => !broken[i]);
    for (let from = 0; from < standing.length; from += batchSize) {
      const rows = standing.slice(from, from + batchSize);
      const moved = tidy(() => {
        const batch = takeRows(x, rows);
        const drawn = rows.map((row) => foldIn(keys[row]!, draw));
        return confine(norm, randomStart(norm, batch, epsilon, drawn), batch, epsilon, bounds);
      });
      try {
        const { classes } = await predict(classify, moved);
        rows.forEach((row, i) => {
          broken[row] = classes[i] !== labels[row];
        });
      } finally {
        moved.dispose();
      }
    }
  }
  return broken;
}
