import { gather, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import type { AttackTask } from "./attack_task.ts";

/** The rows of a tensor `[batch, ...]` at these places. */
export function takeRows<T extends Tensor>(values: T, rows: readonly number[]): T {
  return tidy(() => gather(values, tensor1d([...rows], "int32")));
}

/** The places of the batch of a task. */
export function placesOf({ examples }: AttackTask): number[] {
  return examples.map((_, row) => row);
}

/** The task of some of the examples of a task. Its `x` is to be disposed; the rest stays that of the task. */
export function subtask(task: AttackTask, rows: readonly number[]): AttackTask {
  const outer = (inner: readonly number[] | undefined): readonly number[] => inner?.map((i) => rows[i]!) ?? rows;
  return {
    ...task,
    model: { ...task.model, logits: (candidates, inner) => task.model.logits(candidates, outer(inner)) },
    x: takeRows(task.x, rows),
    criterion: task.criterion.select(rows),
    examples: rows.map((row) => task.examples[row]!),
    ...(task.keys && { keys: rows.map((row) => task.keys![row]!) }),
    isAdversarial: (candidates, inner) => task.isAdversarial(candidates, outer(inner)),
  };
}
