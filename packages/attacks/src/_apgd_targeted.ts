import { foldIn } from "@jem-js/random";
import { sub, type Tensor, type Tensor2D, tensor } from "@tensorflow/tfjs-core";
import { type Ascent, ascend, chosen, type LossOf } from "./_apgd.ts";
import { readLogits, rowOf } from "./_classify.ts";
import { hotRows } from "./_goal.ts";
import { ratio } from "./_losses.ts";
import type { LogitLoss } from "./_objective.ts";
import { placesOf, subtask } from "./_subtask.ts";
import type { AttackTask } from "./attack_task.ts";

/** Reaches for one class after another, with examples that are still standing. */
export async function reach(task: AttackTask, targetClasses: number, ascent: Ascent): Promise<Tensor> {
  const { x, criterion, model } = task;
  const clean = await readLogits(model.logits(x));
  const labels = criterion.goal!.classes;
  const ranks = placesOf(task).map((row) => {
    const z = rowOf(clean, row);
    const others = Array.from(z, (_, c) => c).filter((c) => c !== labels[row]);
    return others.sort((a, b) => z[b]! - z[a]! || a - b);
  });
  const size = x.size / x.shape[0]!;
  const values = Float32Array.from(await x.data());
  let standing = placesOf(task);
  for (let rank = 0; rank < Math.min(targetClasses, clean.classes - 1) && standing.length > 0; rank++) {
    const part = subtask(task, standing);
    const keyed = part.keys ? { ...part, keys: part.keys.map((key) => foldIn(key, rank)) } : part;
    const targets = standing.map((row) => ranks[row]![rank]!);
    const lossOf: LossOf = ({ criterion }, rows) =>
      targetedRatio(
        criterion.goal!.classes,
        Int32Array.from(rows, (row) => targets[row]!),
      );
    try {
      const found = await ascend(keyed, lossOf, ascent);
      const raw = chosen(found, part.x.shape);
      const rawValues = await raw.data();
      raw.dispose();
      standing.forEach((row, i) => {
        if (found.broken[i] || rank === 0) values.set(rawValues.subarray(i * size, (i + 1) * size), row * size);
      });
      if (ascent.stopEarly) standing = standing.filter((_, i) => !found.broken[i]);
    } finally {
      part.x.dispose();
    }
    if (!(await task.proceed(0, ascent.steps))) break;
  }
  return tensor(values, x.shape);
}

/** `(z[target] - z[label]) / (z(1) - (z(3) + z(4)) / 2)`. */
function targetedRatio(labels: Int32Array, targets: Int32Array): LogitLoss {
  const found = (logits: Tensor2D) => ratio(logits, sub(hotRows(targets, logits), hotRows(labels, logits)), true);
  return { values: (logits) => found(logits).values, gradient: (logits) => found(logits).gradient };
}
