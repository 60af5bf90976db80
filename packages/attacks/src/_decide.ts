import { split } from "@jem-js/random";
import { Tensor, tensor } from "@tensorflow/tfjs-core";
import { checkInputs, checkInsideBounds } from "./_check.ts";
import { boundsOf } from "./_classify.ts";
import { type Ask, lockstep } from "./_lockstep.ts";
import { blend, clip } from "./_points.ts";
import type { AttackOutcome, AttackTask } from "./attack_task.ts";
import type { Classifier } from "./classifier.ts";
import type { DecisionExample, Start, StartSearch, Walk } from "./decision_example.ts";

/** By which fraction of its distance a point is taken farther at most, at a time. */
const FARTHEST = 2 ** -10;

/** What the walk of an example has come to. */
export interface Found {
  /** The closest adversarial input, or the best try of an attack that keeps one. */
  closest?: Float32Array;
  /** The step that is being made. */
  step: number;
}

/** The attack on one example. It keeps `found` up to date: that is what is left of it when the run is aborted. */
export type WalkOf<Answer> = (example: DecisionExample, found: Found) => Walk<Answer>;

/** Walks with the examples of a task. With `started`, an example of which nothing was found had no start. */
export async function walkAll<Answer>(
  task: AttackTask,
  walkOf: WalkOf<Answer>,
  { ask, steps, started = false }: { ask: Ask<Answer>; steps: number; started?: boolean },
): Promise<AttackOutcome> {
  const { x, model, examples, keys } = task;
  const raw = Float32Array.from(await x.data());
  const size = raw.length / examples.length;
  const parts = examples.map((_, row) => raw.subarray(row * size, (row + 1) * size));
  const found = examples.map((): Found => ({ step: 0 }));
  const walks = examples.map((place, row) => {
    const shape = x.shape.slice(1);
    return walkOf({ x: parts[row]!, shape, bounds: model.bounds, key: keys![row]!, place }, found[row]!);
  });
  const done = await lockstep(task, walks, ask, (rows) => [Math.min(...rows.map((row) => found[row]!.step)), steps]);
  const noStart = examples.flatMap((_, row) => (started && !found[row]!.closest ? [row] : []));
  if (started && done && noStart.length < examples.length) await secure(task, parts, found);
  found.forEach(({ closest }, row) => {
    if (closest) parts[row]!.set(closest);
  });
  return { raw: tensor(raw, x.shape, "float32"), noStart };
}

/** Throws unless there is a key. */
export function checkKeyGiven(action: string, key: unknown): void {
  if (!key) throw new TypeError(`Cannot ${action}: key must be a key, or one for each example, but found ${key}`);
}

/**
 * Asks about all that was found in one batch, as the verdict will, and takes what is not adversarial there a little farther from `x`. Points so near to
 * the boundary can change sides with the size of the batch, where a backend adds up in another order.
 */
async function secure(task: AttackTask, x: readonly Float32Array[], found: readonly Found[]): Promise<void> {
  const [low, high] = task.model.bounds;
  const size = task.x.size / x.length;
  for (let stretch = 2 ** -20; stretch <= FARTHEST; stretch *= 2) {
    const values = new Float32Array(task.x.size);
    x.forEach((origin, row) => {
      values.set(found[row]!.closest ?? origin, row * size);
    });
    const candidates = tensor(values, task.x.shape, "float32");
    try {
      const adversarial = await task.isAdversarial(candidates);
      const lost = found.flatMap(({ closest }, row) => (closest && !adversarial[row] ? [row] : []));
      if (lost.length === 0) return;
      for (const row of lost) {
        const closest = found[row]!.closest!;
        found[row]!.closest = blend(x[row]!, closest, 1 + stretch).map((v) => clip(v, low, high));
      }
    } finally {
      candidates.dispose();
    }
  }
}

/** An attack that begins with an adversarial input. */
export type WalkFrom = (example: DecisionExample, start: Float32Array, found: Found) => Walk<boolean>;

/** Looks for a start for each example of a task and goes on from there. */
export function walkFromStart(
  task: AttackTask,
  searches: readonly StartSearch[],
  walkFrom: WalkFrom,
  steps: number,
): Promise<AttackOutcome> {
  function* walk(example: DecisionExample, found: Found): Walk<boolean> {
    const keys = split(example.key, searches.length + 1);
    for (const [i, search] of searches.entries()) {
      const start = yield* search({ ...example, key: keys[i + 1]! });
      if (!start) continue;
      found.closest = start;
      return yield* walkFrom({ ...example, key: keys[0]! }, start, found);
    }
  }
  return walkAll(task, walk, { ask: task.isAdversarial, steps, started: true });
}

/** The searches of these starts; those that are given as inputs are read and checked. */
export async function searchesOf(
  action: string,
  starts: Start | readonly Start[],
  x: Tensor,
  model: Classifier,
  bounds: readonly [number, number] | undefined,
): Promise<StartSearch[]> {
  const all = [starts].flat() as Start[];
  if (all.length === 0) throw new RangeError(`Cannot ${action}: starts must hold a start but found none`);
  return Promise.all(
    all.map((start) => (typeof start === "function" ? start : given(action, start, x, boundsOf(model, bounds)))),
  );
}

async function given(
  action: string,
  start: Tensor,
  x: Tensor,
  bounds: readonly [number, number],
): Promise<StartSearch> {
  checkInputs(action, x);
  if (!(start instanceof Tensor) || start.dtype !== "float32" || start.shape.join() !== x.shape.join()) {
    const found = start instanceof Tensor ? `${start.dtype} [${start.shape.join(", ")}]` : typeof start;
    throw new TypeError(`Cannot ${action}: starts must be float32 [${x.shape.join(", ")}] but found ${found}`);
  }
  await checkInsideBounds(`${action}, starts`, start, bounds);
  const values = (await start.data()) as Float32Array;
  return function* (example) {
    const size = example.x.length;
    const candidate = values.slice(example.place * size, (example.place + 1) * size);
    const [adversarial] = yield candidate;
    return adversarial ? candidate : undefined;
  };
}
