import { split } from "@jem-js/random";
import { Tensor, tensor } from "@tensorflow/tfjs-core";
import { checkInputs, checkInsideBounds } from "./_check.ts";
import { boundsOf } from "./_classify.ts";
import { type Ask, lockstep } from "./_lockstep.ts";
import type { AttackOutcome, AttackTask } from "./attack_task.ts";
import type { Classifier } from "./classifier.ts";
import type { DecisionExample, Start, StartSearch, Walk } from "./decision_example.ts";

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
  await lockstep(task, walks, ask, (rows) => [Math.min(...rows.map((row) => found[row]!.step)), steps]);
  const noStart = examples.flatMap((_, row) => (started && !found[row]!.closest ? [row] : []));
  found.forEach(({ closest }, row) => {
    if (closest) parts[row]!.set(closest);
  });
  return { raw: tensor(raw, x.shape, "float32"), noStart };
}

/** Throws unless there is a key. */
export function checkKeyGiven(action: string, key: unknown): void {
  if (!key) throw new TypeError(`Cannot ${action}: key must be a key, or one for each example, but found ${key}`);
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
