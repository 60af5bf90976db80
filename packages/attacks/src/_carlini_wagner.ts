import {
  add,
  atanh,
  clone,
  dispose,
  div,
  less,
  logicalAnd,
  mul,
  relu,
  reshape,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  tanh,
  tensor,
  tensor1d,
  tidy,
  where,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { readLogits, rowOf } from "./_classify.ts";
import { perExample } from "./_norms.ts";
import { logitsAndGradient } from "./_objective.ts";
import { placesOf, subtask, takeRows } from "./_subtask.ts";
import type { AttackRunOptions, AttackTask } from "./attack_task.ts";
import type { CarliniWagnerOptions } from "./carlini_wagner.ts";
import type { Criterion } from "./criterion.ts";
/** The options without those of the frame. */
export type Settings = Required<Omit<CarliniWagnerOptions, keyof AttackRunOptions | "epsilon">>;

/** The closest success of each example so far. */
interface Found {
  readonly values: Float32Array;
  readonly squares: Float32Array;
}

/** Minimizes with one weight of the margin after another. */
export async function search(task: AttackTask, settings: Settings): Promise<Tensor> {
  const { searchSteps, initialWeight } = settings;
  const { x } = task;
  const rows = placesOf(task);
  const found: Found = {
    values: Float32Array.from(await x.data()),
    squares: new Float32Array(rows.length).fill(Number.POSITIVE_INFINITY),
  };
  const weights = rows.map(() => initialWeight);
  const lower = rows.map(() => 0);
  const upper = rows.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < searchSteps; round++) {
    // Long searches end with the smallest weight that is known to do.
    if (round === searchSteps - 1 && searchSteps >= 10)
      rows.forEach((i) => {
        weights[i] = Math.min(upper[i]!, 1e10);
      });
    const met = await descend(task, weights, found, settings, round);
    if (!met) break;
    for (const i of rows) {
      if (met[i]) upper[i] = weights[i]!;
      else lower[i] = weights[i]!;
      weights[i] = Number.isFinite(upper[i]!) ? (lower[i]! + upper[i]!) / 2 : weights[i]! * 10;
    }
  }
  return tensor(found.values, x.shape);
}

/** What belongs to each example during a descent, `[batch, ...input]` but for `squares`, `[batch]`. */
type State = {
  readonly origin: Tensor;
  readonly argument: Tensor;
  readonly offset: Tensor;
  readonly mean: Tensor;
  readonly variance: Tensor;
  readonly best: Tensor;
  readonly squares: Tensor1D;
};

/** Minimizes the loss with these weights; says which examples met the criterion, or nothing when it was told to stop. */
async function descend(
  task: AttackTask,
  weights: readonly number[],
  found: Found,
  { searchSteps, steps, stepSize, confidence, stopEarly }: Settings,
  round: number,
): Promise<boolean[] | undefined> {
  const met = weights.map(() => false);
  const [low, high] = task.model.bounds;
  const middle = (low + high) / 2;
  const half = (high - low) / 2;
  let part = subtask(task, placesOf(task));
  let rows = placesOf(task);
  let state: State = tidy(() => ({
    origin: clone(task.x),
    // Kept off the bounds, where the argument would be infinite.
    argument: atanh(mul(div(sub(task.x, middle), half), 0.999999)),
    offset: zerosLike(task.x),
    mean: zerosLike(task.x),
    variance: zerosLike(task.x),
    best: clone(task.x),
    squares: tensor1d(found.squares),
  }));
  let losses = rows.map(() => Number.POSITIVE_INFINITY);
  const check = Math.ceil(steps / 10);

  async function leave(staying: readonly number[]): Promise<void> {
    const [values, squares] = (await Promise.all([state.best.data(), state.squares.data()])) as Float32Array[];
    const size = values!.length / rows.length;
    rows.forEach((row, i) => {
      if (!(squares![i]! < found.squares[row]!)) return;
      found.values.set(values!.subarray(i * size, (i + 1) * size), row * size);
      found.squares[row] = squares![i]!;
    });
    if (staying.length === 0) return;
    const last = state;
    const take = <T extends Tensor>(one: T): T => takeRows(one, staying);
    state = {
      origin: take(last.origin),
      argument: take(last.argument),
      offset: take(last.offset),
      mean: take(last.mean),
      variance: take(last.variance),
      best: take(last.best),
      squares: take(last.squares),
    };
    dispose(last);
    const previous = part;
    part = subtask(previous, staying);
    previous.x.dispose();
    rows = staying.map((i) => rows[i]!);
    losses = staying.map((i) => losses[i]!);
  }

  try {
    for (let step = 0; step < steps; step++) {
      if (!(await task.proceed(round * steps + step, searchSteps * steps))) {
        await leave([]);
        return undefined;
      }
      const factor = tensor1d(rows.map((row) => weights[row]!));
      const curve = tidy(() => tanh(add(state.argument, state.offset)));
      const at = tidy(() => add(mul(curve, half), middle));
      const lacking = (logits: Parameters<Criterion["margins"]>[0]): Tensor1D =>
        mul(factor, relu(sub(confidence, part.criterion.margins(logits))));
      try {
        const { logits, gradient } = logitsAndGradient(part.model.logits, { values: lacking }, at);
        const { loss, margins, next } = tidy(() => {
          const removed = sub(at, add(mul(tanh(state.argument), half), middle));
          const slope = mul(mul(add(gradient, mul(removed, 2)), half), sub(1, square(curve)));
          const mean = add(mul(state.mean, 0.9), mul(slope, 0.1));
          const variance = add(mul(state.variance, 0.999), mul(square(slope), 0.001));
          const unbiased = div(variance, 1 - 0.999 ** (step + 1));
          const move = div(div(mean, 1 - 0.9 ** (step + 1)), add(sqrt(unbiased), 1e-8));
          return {
            loss: add(squaresOf(removed), lacking(logits)),
            margins: part.criterion.margins(logits),
            next: { mean, variance, offset: sub(state.offset, mul(move, stepSize)) },
          };
        });
        gradient.dispose();
        const [values, lossValues, marginValues] = await Promise.all([readLogits(logits), loss.data(), margins.data()]);
        dispose([loss, margins]);
        const now = rows.map(
          (_, i) =>
            part.criterion.isAdversarial(rowOf(values, i), i) && (confidence === 0 || marginValues[i]! >= confidence),
        );
        const previous = state;
        state = { ...previous, ...next, ...tidy(() => closer(previous, at, now)) };
        dispose([previous.mean, previous.variance, previous.offset, previous.best, previous.squares]);
        rows.forEach((row, i) => {
          if (now[i]) met[row] = true;
        });
        if (stopEarly && step % check === 0) {
          const staying = rows.map((_, i) => i).filter((i) => lossValues[i]! <= 0.9999 * losses[i]!);
          losses = Array.from(lossValues);
          if (staying.length < rows.length) await leave(staying);
          if (staying.length === 0) return met;
        }
      } finally {
        dispose([factor, curve, at]);
      }
    }
    await leave([]);
    return met;
  } finally {
    dispose(state);
    part.x.dispose();
  }
}

/** The closer of the best points so far and these, where they meet the criterion. */
function closer(state: State, at: Tensor, meets: readonly boolean[]): Pick<State, "best" | "squares"> {
  const squares = squaresOf(sub(at, state.origin));
  const better = logicalAnd(tensor1d([...meets], "bool"), less(squares, state.squares));
  return {
    best: where(perExample(better, at), at, state.best),
    squares: where(better, squares, state.squares),
  };
}

function squaresOf(x: Tensor): Tensor1D {
  return sum(square(reshape(x, [x.shape[0]!, -1])), 1);
}
