import { normalValues } from "@jem-js/random";
import { dispose, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import type { Ascended, Ascent, LossOf } from "./_apgd.ts";
import { readLogits, rowOf } from "./_classify.ts";
import { projectToL1Box } from "./_l1_box.ts";
import { logitsAndGradient } from "./_objective.ts";
import { placesOf, subtask } from "./_subtask.ts";
import type { AttackTask } from "./attack_task.ts";

/** The radii, as factors, that are gone through, and the shares of the steps that each takes. */
const STAGES = [
  { factor: 3, share: 0.3 },
  { factor: 2, share: 0.3 },
  { factor: 1, share: 0.4 },
] as const;
/** The share of elements that a step moves at first. */
const FIRST_SHARE = 0.2;
/** By how much the steps, and the number of elements that they move, shrink. */
const SHRINKAGE = 1.5;
/** Steps do not fall below this fraction of the radius. */
const SMALLEST_STEP = 0.1;
/** Which fraction of the elements must be given up for the steps to be long again. */
const SPARSER = 0.95;

/** What is known of one example. */
interface Track {
  readonly row: number;
  readonly clean: Float32Array;
  at: Float32Array;
  gradient: Float32Array;
  best: Float32Array;
  bestGradient: Float32Array;
  bestLoss: number;
  /** The step, as a fraction of the radius, and how many elements it moves. */
  eta: number;
  moved: number;
  /** How many elements were changed at the last checkpoint. */
  changed: number;
}

/** Auto-PGD in the L1 norm on the examples of a task: sparse steps, within the ball and the bounds at once, in balls that shrink. */
export async function ascendSparse(task: AttackTask, lossOf: LossOf, ascent: Ascent): Promise<Ascended> {
  const { epsilon, steps, stopEarly, start } = ascent;
  const rows = placesOf(task);
  const size = task.x.size / rows.length;
  const clean = (await task.x.data()) as Float32Array;
  const given = start && ((await start.data()) as Float32Array);
  const found: Ascended = {
    adversarial: clean.slice(),
    best: clean.slice(),
    broken: rows.map(() => false),
    losses: new Float64Array(rows.length).fill(Number.NEGATIVE_INFINITY),
  };
  const part = (values: Float32Array, row: number): Float32Array => values.subarray(row * size, (row + 1) * size);
  let points = rows.map((row): Float32Array => {
    const point = (given ? part(given, row) : part(clean, row)).slice();
    if (given || !task.keys) return point;
    const noise = normalValues(task.keys[row]!, size);
    return point.map((value, i) => value + noise[i]!);
  });

  let done = 0;
  for (const { factor, share } of STAGES) {
    const last = factor === 1;
    const count = last ? steps - done : Math.floor(share * steps);
    const tracks = rows
      .filter((row) => !(stopEarly && found.broken[row]))
      .map((row): Track => {
        const [none, from] = [new Float32Array(0), points[row]!];
        const state = { at: from, gradient: none, best: from, bestGradient: none };
        const first = { bestLoss: Number.NEGATIVE_INFINITY, eta: 1, moved: FIRST_SHARE * size, changed: size };
        return { row, clean: part(clean, row), ...state, ...first };
      });
    const stage = { radius: factor * epsilon, steps: count, done, last };
    if (!(await climb(task, lossOf, ascent, tracks, stage, found))) break;
    points = points.slice();
    for (const { row, best } of tracks) points[row] = best;
    done += count;
  }
  return found;
}

interface Stage {
  readonly radius: number;
  readonly steps: number;
  /** The steps of the stages before. */
  readonly done: number;
  /** Whether what is found counts: points of larger balls are only starts. */
  readonly last: boolean;
}

/** Ascends in one ball; says whether to go on. */
async function climb(
  task: AttackTask,
  lossOf: LossOf,
  ascent: Ascent,
  everyone: readonly Track[],
  { radius, steps, done, last }: Stage,
  found: Ascended,
): Promise<boolean> {
  const { bounds } = task.model;
  const interval = Math.max(Math.floor(0.04 * ascent.steps), 1);
  let tracks = everyone;
  for (const track of tracks) projectToL1Box(track.at, track.clean, radius, bounds);
  for (let step = 0; tracks.length > 0; step++) {
    await look(task, lossOf, tracks, last ? found : undefined);
    if (step === steps) break;
    if (last && ascent.stopEarly) tracks = tracks.filter(({ row }) => !found.broken[row]);
    if (tracks.length === 0) break;
    if (!(await task.proceed(done + step, ascent.steps))) return false;
    for (const track of tracks) {
      if (step > 0 && step % interval === 0) check(track);
      track.at = sparseStep(track, radius);
      projectToL1Box(track.at, track.clean, radius, bounds);
    }
  }
  return true;
}

/** Evaluates where the examples are and updates their best; in the last ball, writes down what was found. */
async function look(
  task: AttackTask,
  lossOf: LossOf,
  tracks: readonly Track[],
  found: Ascended | undefined,
): Promise<void> {
  const rows = tracks.map(({ row }) => row);
  const part = subtask(task, rows);
  const size = tracks[0]!.at.length;
  const values = new Float32Array(tracks.length * size);
  tracks.forEach(({ at }, i) => {
    values.set(at, i * size);
  });
  const tensors: Tensor[] = [part.x];
  try {
    const candidates = tensor(values, part.x.shape);
    const loss = lossOf(part, rows);
    const { logits, gradient } = logitsAndGradient(part.model.logits, loss, candidates);
    tensors.push(candidates, gradient);
    const losses = tidy(() => loss.values(logits));
    tensors.push(losses);
    const [read, lossValues, slopes] = await Promise.all([readLogits(logits), losses.data(), gradient.data()]);
    tracks.forEach((track, i) => {
      track.gradient = (slopes as Float32Array).slice(i * size, (i + 1) * size);
      if (found && part.criterion.isAdversarial(rowOf(read, i), i)) {
        found.broken[track.row] = true;
        found.adversarial.set(track.at, track.row * size);
      }
      if (!(lossValues[i]! > track.bestLoss)) return;
      track.bestLoss = lossValues[i]!;
      track.best = track.at;
      track.bestGradient = track.gradient;
      if (!found) return;
      found.losses[track.row] = track.bestLoss;
      found.best.set(track.at, track.row * size);
    });
  } finally {
    dispose(tensors);
  }
}

/** Moves fewer elements where the best point shows that fewer will do, and shorter where it does not. */
function check(track: Track): void {
  const changed = track.best.reduce((count, value, i) => count + (value === track.clean[i] ? 0 : 1), 0);
  if (changed / track.changed < SPARSER) {
    track.eta = 1;
    track.at = track.best;
    track.gradient = track.bestGradient;
  } else track.eta = Math.max(track.eta / SHRINKAGE, SMALLEST_STEP);
  track.moved = changed / SHRINKAGE;
  track.changed = changed;
}

/** A step of L1 length `eta radius`, in equal parts along the elements of the largest gradients. */
function sparseStep({ at, gradient, eta, moved }: Track, radius: number): Float32Array {
  const count = Math.min(Math.max(Math.round(moved), 1), at.length);
  const least = Float32Array.from(gradient, Math.abs).sort()[at.length - count]!;
  const chosen = (value: number): boolean => value !== 0 && Math.abs(value) >= least;
  const each = (eta * radius) / Math.max(gradient.filter(chosen).length, 1);
  return at.map((value, i) => (chosen(gradient[i]!) ? value + Math.sign(gradient[i]!) * each : value));
}
