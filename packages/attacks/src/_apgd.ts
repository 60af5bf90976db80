import { add, clone, dispose, mul, sub, type Tensor, tensor, tensor1d, tidy, where } from "@tensorflow/tfjs-core";
import { ascendSparse } from "./_apgd_l1.ts";
import { readLogits, rowOf } from "./_classify.ts";
import { confine, perExample, steepest, surfaceStart } from "./_norms.ts";
import { criterionLoss, type LogitLoss, logitsAndGradient } from "./_objective.ts";
import { placesOf, subtask, takeRows } from "./_subtask.ts";
import type { AttackLoss, Norm } from "./attack_options.ts";
import type { AttackTask } from "./attack_task.ts";

/** How to ascend. See the options of `apgd`. */
export interface Ascent {
  readonly norm: Norm;
  readonly epsilon: number;
  readonly steps: number;
  readonly risingShare: number;
  readonly stopEarly: boolean;
  /** Where to start, shape of `x`. @default {`x`, or a random point at the surface of the ball} */
  readonly start?: Tensor;
}

/** What was found for each example of a task: row by row, in host arrays. */
export interface Ascended {
  /** The last adversarial iterate, where there is one. */
  readonly adversarial: Float32Array;
  /** The iterate with the highest loss. */
  readonly best: Float32Array;
  /** Whether there was an adversarial iterate. */
  readonly broken: boolean[];
  /** The highest losses. */
  readonly losses: Float64Array;
}

/** The loss of some examples of a task, at the places `rows`. */
export type LossOf = (task: AttackTask, rows: readonly number[]) => LogitLoss;

/** The loss of this name. */
export function namedLossOf(name: AttackLoss): LossOf {
  return ({ criterion }) => criterionLoss(criterion, name);
}

/** The adversarial iterates of an ascent or, where there are none, those with the highest loss. */
export function chosen({ adversarial, best, broken }: Ascended, shape: number[]): Tensor {
  const size = best.length / broken.length;
  const values = best.slice();
  broken.forEach((yes, row) => {
    if (yes) values.set(adversarial.subarray(row * size, (row + 1) * size), row * size);
  });
  return tensor(values, shape);
}

/** What belongs to the examples that are still in the batch, shape of their `x`. */
type State = {
  readonly at: Tensor;
  readonly previous: Tensor;
  readonly gradient: Tensor;
  readonly best: Tensor;
  readonly bestGradient: Tensor;
};

/** What is known of one example. */
interface Track {
  readonly row: number;
  eta: number;
  best: number;
  bestAtCheck: number;
  last: number;
  rises: number;
  halved: boolean;
}

/** Auto-PGD on the examples of a task. */
export async function ascend(task: AttackTask, lossOf: LossOf, ascent: Ascent): Promise<Ascended> {
  const { norm, epsilon, steps, risingShare, stopEarly } = ascent;
  if (norm === "l1") return ascendSparse(task, lossOf, ascent);
  const { bounds } = task.model;
  const size = task.x.size / task.x.shape[0]!;
  const values = Float32Array.from(await task.x.data());
  const found: Ascended = {
    adversarial: values,
    best: values.slice(),
    broken: task.examples.map(() => false),
    losses: new Float64Array(task.examples.length),
  };
  let part = subtask(task, placesOf(task));
  let tracks: Track[] = placesOf(task).map((row) => ({
    row,
    eta: 2 * epsilon,
    best: Number.NEGATIVE_INFINITY,
    bestAtCheck: Number.NEGATIVE_INFINITY,
    last: Number.NEGATIVE_INFINITY,
    rises: 0,
    // The first checkpoint only looks at the rises.
    halved: true,
  }));
  let state: State | undefined;

  /** Evaluates `at`, writes down what is adversarial, and updates the best. */
  async function look(at: Tensor, previous: Tensor): Promise<void> {
    const loss = lossOf(
      part,
      tracks.map(({ row }) => row),
    );
    const { logits, gradient } = logitsAndGradient(part.model.logits, loss, at);
    const losses = tidy(() => loss.values(logits));
    const [read, lossValues, points] = await Promise.all([readLogits(logits), losses.data(), at.data()]);
    losses.dispose();
    const improved = tracks.map((track, i) => {
      const value = lossValues[i]!;
      if (value > track.last) track.rises += 1;
      track.last = value;
      const point = points.subarray(i * size, (i + 1) * size) as Float32Array;
      if (part.criterion.isAdversarial(rowOf(read, i), i)) {
        found.broken[track.row] = true;
        found.adversarial.set(point, track.row * size);
      }
      if (!(value > track.best)) return false;
      track.best = value;
      found.losses[track.row] = value;
      found.best.set(point, track.row * size);
      return true;
    });
    const before = state;
    state = tidy(() => {
      const pick = (now: Tensor, then: Tensor | undefined): Tensor =>
        then ? where(perExample(tensor1d(improved, "bool"), at), now, then) : clone(now);
      return {
        at,
        previous,
        gradient,
        best: pick(at, before?.best),
        bestGradient: pick(gradient, before?.bestGradient),
      };
    });
    if (before) dispose([before.best, before.bestGradient, before.gradient]);
  }

  /** Halves the steps that do not help, and goes on from the best there. */
  function check(interval: number): void {
    const halve = tracks.map((track) => {
      const oscillates = track.rises <= interval * risingShare;
      const stuck = !track.halved && track.bestAtCheck >= track.best;
      track.halved = oscillates || stuck;
      track.bestAtCheck = track.best;
      track.rises = 0;
      if (!track.halved) return false;
      track.eta /= 2;
      return true;
    });
    const before = state!;
    const next = tidy(() => {
      const mask = perExample(tensor1d(halve, "bool"), before.at);
      return { at: where(mask, before.best, before.at), gradient: where(mask, before.bestGradient, before.gradient) };
    });
    state = { ...before, ...next };
    dispose([before.at, before.gradient]);
  }

  function leave(): void {
    const kept = tracks.map((_, i) => i).filter((i) => !found.broken[tracks[i]!.row]);
    if (kept.length === tracks.length) return;
    tracks = kept.map((i) => tracks[i]!);
    if (kept.length === 0) return;
    const before = { state: state!, part };
    part = subtask(before.part, kept);
    const take = (tensor: Tensor): Tensor => takeRows(tensor, kept);
    const { at, previous, gradient, best, bestGradient } = before.state;
    state = {
      at: take(at),
      previous: take(previous),
      gradient: take(gradient),
      best: take(best),
      bestGradient: take(bestGradient),
    };
    dispose(before.state);
    before.part.x.dispose();
  }

  try {
    const start = tidy(() => {
      const from = ascent.start ?? (task.keys ? surfaceStart(norm, task.x, epsilon, task.keys) : task.x);
      return confine(norm, from, task.x, epsilon, bounds);
    });
    await look(start, clone(start));
    for (const track of tracks) {
      track.bestAtCheck = track.best;
      track.rises = 0;
    }
    let interval = Math.max(Math.floor(0.22 * steps), 1);
    let since = 0;
    for (let step = 0; step < steps; step++) {
      if (stopEarly) leave();
      if (tracks.length === 0 || !(await task.proceed(step, steps))) break;
      const { at, previous, gradient } = state!;
      const next = tidy(() => {
        const eta = perExample(tensor1d(tracks.map((track) => track.eta)), at);
        const u = confine(norm, add(at, mul(steepest(norm, gradient, at, bounds), eta)), part.x, epsilon, bounds);
        if (step === 0) return u;
        const moved = add(add(at, mul(sub(u, at), 0.75)), mul(sub(at, previous), 0.25));
        return confine(norm, moved, part.x, epsilon, bounds);
      });
      previous.dispose();
      await look(next, at);
      since += 1;
      if (since === interval) {
        check(interval);
        since = 0;
        interval = Math.max(interval - Math.max(Math.floor(0.03 * steps), 1), Math.max(Math.floor(0.06 * steps), 1));
      }
    }
    return found;
  } finally {
    if (state) dispose(state);
    part.x.dispose();
  }
}
