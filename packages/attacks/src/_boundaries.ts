import {
  abs,
  clone,
  dispose,
  max,
  reshape,
  sum,
  type Tensor,
  type Tensor1D,
  tensor2d,
  tidy,
} from "@tensorflow/tfjs-core";
import { readLogits, rowOf } from "./_classify.ts";
import { euclidean, taxicab } from "./_norms.ts";
import { logitsAndGradient } from "./_objective.ts";
import { takeRows } from "./_subtask.ts";
import type { Norm } from "./attack_options.ts";
import type { AttackTask } from "./attack_task.ts";
import type { Goal } from "./criterion.ts";

/** A boundary between two classes: where the logits of both are equal. */
export type Pair = readonly [up: number, down: number];

/** The nearest boundary of each example, of the linearized classifier. */
export interface Boundaries {
  /** The gradients of the differences of logits, shape of the inputs; owned by the caller. */
  readonly gradient: Tensor;
  /** The differences of logits. */
  readonly gaps: readonly number[];
  /** The distances. */
  readonly distances: readonly number[];
}

/** The lengths in the dual norm of each example. */
const DUAL: Record<Norm, (gradient: Tensor) => Tensor> = {
  l2: euclidean,
  linf: taxicab,
  l1: (gradient) => max(abs(reshape(gradient, [gradient.shape[0]!, -1])), 1),
};

/** Finds the nearest of some boundaries, equally many for each of the examples at the places `rows`, by one pass through the classifier. */
export async function nearestBoundaries(
  { model }: AttackTask,
  rows: readonly number[],
  at: Tensor,
  pairs: readonly (readonly Pair[])[],
  classes: number,
  norm: Norm,
  floor: number,
): Promise<Boundaries> {
  const count = pairs[0]!.length;
  const flat = pairs.flat();
  const coefficients = new Float32Array(flat.length * classes);
  flat.forEach(([up, down], i) => {
    coefficients[i * classes + up] = 1;
    coefficients[i * classes + down] = -1;
  });
  const repeated = pairs.flatMap((row, i) => row.map(() => i));
  const places = repeated.map((i) => rows[i]!);
  const several = takeRows(at, repeated);
  const direction = tensor2d(coefficients, [flat.length, classes]);
  const loss = { values: (): Tensor1D => sum(direction, 1), gradient: () => clone(direction) };
  let found: ReturnType<typeof logitsAndGradient> | undefined;
  try {
    found = logitsAndGradient((candidates) => model.logits(candidates, places), loss, several);
  } finally {
    dispose([several, direction]);
  }
  const { gradient } = found;
  const lengths = tidy(() => DUAL[norm](gradient));
  try {
    const [logits, length] = await Promise.all([readLogits(found.logits), lengths.data()]);
    const gaps = flat.map(([up, down], i) => rowOf(logits, i)[up]! - rowOf(logits, i)[down]!);
    const distances = gaps.map((gap, i) => Math.abs(gap) / (length[i]! + floor));
    const nearest = pairs.map((row, i) =>
      row.map((_, j) => i * count + j).reduce((best, one) => (distances[one]! < distances[best]! ? one : best)),
    );
    return {
      gradient: takeRows(gradient, nearest),
      gaps: nearest.map((i) => gaps[i]!),
      distances: nearest.map((i) => distances[i]!),
    };
  } finally {
    dispose([gradient, lengths]);
  }
}

/** The classes of the largest logits, at most `candidates` with the class `left` among them, and without it. */
export function rivalsOf(logits: ArrayLike<number>, candidates: number, left: number): number[] {
  return Array.from(logits, (_, c) => c)
    .sort((a, b) => logits[b]! - logits[a]! || a - b)
    .slice(0, candidates)
    .filter((c) => c !== left);
}

/** The boundaries that an example could cross: out of its class, or from the likeliest class into the one to reach. */
export function pairsOf(
  { classes, targeted }: Goal,
  row: number,
  rivals: readonly number[],
  logits: ArrayLike<number>,
): readonly Pair[] {
  const aim = classes[row]!;
  return targeted ? [[aim, rivalsOf(logits, 2, aim)[0]!]] : rivals.map((rival) => [rival, aim]);
}
