import { clone, dispose, keep, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { criterionLoss, logitsAndGradient } from "./_objective.ts";
import type { ClassifierFunction } from "./classifier.ts";
import type { Criterion } from "./criterion.ts";
import { type PgdOptions, pgd } from "./pgd.ts";

/** The product of two rows of `[size, ...]`. */
export function dot(a: Float32Array, b: Float32Array, row: number, size: number): number {
  const length = a.length / size;
  let total = 0;
  for (let j = row * length; j < (row + 1) * length; j++) total += a[j]! * b[j]!;
  return total;
}

/** What there is to see at a batch of inputs. */
export interface Look {
  readonly logits: Float32Array;
  readonly losses: Float32Array;
  readonly margins: Float32Array;
  readonly gradients: Float32Array;
  readonly gradientNorms: Float64Array;
}

/** Reads what there is to see at `x`. */
export async function lookAt(classify: ClassifierFunction, criterion: Criterion, x: Tensor): Promise<Look> {
  const loss = criterionLoss(criterion, "crossEntropy");
  const seen = tidy(() => {
    const { logits, gradient } = logitsAndGradient(classify, loss, x);
    return { logits, gradient, losses: loss.values(logits), margins: criterion.margins(logits) };
  });
  try {
    const read = [seen.logits, seen.losses, seen.margins, seen.gradient].map((tensor) => tensor.data<"float32">());
    const [logits, losses, margins, gradients] = (await Promise.all(read)) as [Look["logits"], ...Float32Array[]];
    const length = x.size / x.shape[0]!;
    const gradientNorms = new Float64Array(x.shape[0]!);
    gradients!.forEach((value, j) => {
      gradientNorms[Math.floor(j / length)]! += Math.abs(value);
    });
    return { logits, losses: losses!, margins: margins!, gradients: gradients!, gradientNorms };
  } finally {
    dispose(Object.values(seen));
  }
}

/** What came of the examples on the path of an attack. */
export interface Path {
  /** Whether any iterate is misclassified. */
  broken(example: number): boolean;
  /** Whether the last one is. */
  brokenAtEnd(example: number): boolean;
  /** Whether the best loss still rose in the last 10 steps, or the last half of fewer than 20, by more than 5 % of all it rose. */
  rising(example: number): boolean;
}

/** Follows `pgd` and writes down what it passes. */
export async function walk(
  classify: ClassifierFunction,
  criterion: Criterion,
  x: Tensor,
  options: Pick<PgdOptions, "norm" | "epsilon" | "steps" | "bounds" | "loss">,
): Promise<Path> {
  const kept: Tensor[] = [];
  try {
    pgd(classify, x, criterion, {
      ...options,
      trace: ({ x: at, losses }) => {
        kept.push(keep(clone(losses)), keep(clone(criterion.margins(classify(at)))));
      },
    }).dispose();
    const rows = await Promise.all(kept.map((tensor) => tensor.data<"float32">()));
    const losses = rows.filter((_, i) => i % 2 === 0);
    // Where a logit is NaN the margin is, and the example is misclassified.
    const broken = rows.filter((_, i) => i % 2 === 1).map((margins) => Array.from(margins, (margin) => !(margin <= 0)));
    const bestUntil = (end: number, i: number): number => Math.max(...losses.slice(0, end).map((row) => row[i]!));
    const window = Math.min(10, losses.length >> 1);
    return {
      broken: (i) => broken.some((row) => row[i]!),
      brokenAtEnd: (i) => broken.at(-1)![i]!,
      rising: (i) => {
        const [start, late, end] = [1, losses.length - window, losses.length].map((until) => bestUntil(until, i));
        return end! - late! > 0.05 * (end! - start!);
      },
    };
  } finally {
    dispose(kept);
  }
}
