import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import type { AttackTask } from "./attack_task.ts";
import type { Walk } from "./decision_example.ts";

/** How many candidates one forward pass takes at most: enough to keep a machine busy, and bounded in memory. */
const ROWS = 256;

/** The answers to candidates `[rows, ...input]` for the examples of the task at these places. */
export type Ask<Answer> = (candidates: Tensor, rows: readonly number[]) => Promise<readonly Answer[]>;

/** A walk that waits for answers. */
interface Waiting<Answer> {
  readonly row: number;
  readonly walk: Walk<Answer>;
  readonly candidates: Float32Array;
}

/**
 * Takes the examples of a task through their walks side by side: what all of them yield is asked at once. Those that are done leave. Ends
 * early when the run is aborted.
 *
 * @param progress How far the examples at these places are.
 * @returns Whether all of them are done.
 */
export async function lockstep<Answer>(
  task: AttackTask,
  walks: readonly Walk<Answer>[],
  ask: Ask<Answer>,
  progress: (rows: readonly number[]) => readonly [step: number, steps: number],
): Promise<boolean> {
  const size = task.x.size / walks.length;
  let waiting = walks.flatMap((walk, row) => advance({ row, walk }, []));
  while (waiting.length > 0 && (await task.proceed(...progress(waiting.map(({ row }) => row))))) {
    const answers = await askAll(task, waiting, ask, size);
    let from = 0;
    waiting = waiting.flatMap((one) => {
      const count = one.candidates.length / size;
      from += count;
      return advance(one, answers.slice(from - count, from));
    });
  }
  return waiting.length === 0;
}

function advance<Answer>(
  { row, walk }: Pick<Waiting<Answer>, "row" | "walk">,
  answers: readonly Answer[],
): Waiting<Answer>[] {
  const next = walk.next(answers);
  return next.done ? [] : [{ row, walk, candidates: next.value }];
}

async function askAll<Answer>(
  { x }: AttackTask,
  waiting: readonly Waiting<Answer>[],
  ask: Ask<Answer>,
  size: number,
): Promise<Answer[]> {
  const rows: number[] = [];
  for (const { row, candidates } of waiting) for (let i = 0; i < candidates.length; i += size) rows.push(row);
  const values = new Float32Array(rows.length * size);
  let offset = 0;
  for (const { candidates } of waiting) {
    values.set(candidates, offset);
    offset += candidates.length;
  }
  const answers: Answer[] = [];
  for (let from = 0; from < rows.length; from += ROWS) {
    const some = rows.slice(from, from + ROWS);
    const part = values.subarray(from * size, (from + some.length) * size);
    const candidates = tensor(part, [some.length, ...x.shape.slice(1)], "float32");
    try {
      answers.push(...(await ask(candidates, some)));
    } finally {
      candidates.dispose();
    }
  }
  return answers;
}
