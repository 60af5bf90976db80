import { type Key, permutationValues } from "@jem-js/random";
import { gather, Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { checkInteger } from "./_check.ts";
import type { TrainingInputs } from "./training_inputs.ts";

/** Throws unless batches of `batchSize` can be drawn. */
export function checkTraining(action: string, train: TrainingInputs, batchSize: number): void {
  if (typeof train !== "function" && !(train instanceof Tensor && train.rank >= 2)) {
    throw new TypeError(
      `Cannot ${action}: train must be a tensor [n, ...input] or a function that makes batches but found ${describe(train)}`,
    );
  }
  // One example has no variance: its batch would be normalised to zeros.
  checkInteger(action, "batchSize", batchSize, 2, train instanceof Tensor ? train.shape[0] : undefined);
}

/** Draws a batch without repetition; a new tensor. */
export function trainingBatch(action: string, train: TrainingInputs, batchSize: number, key: Key): Tensor {
  if (train instanceof Tensor) {
    // In the order of the data: equal sets of examples give equal statistics, to the bit.
    const rows = permutationValues(key, train.shape[0]!).slice(0, batchSize).sort();
    return tidy(() => gather(train, tensor1d(rows, "int32")));
  }
  const batch = train(key, batchSize);
  if (!(batch instanceof Tensor) || batch.shape[0] !== batchSize) {
    throw new TypeError(
      `Cannot ${action}: train must make batches [${batchSize}, ...input] but made ${describe(batch)}`,
    );
  }
  return batch;
}

function describe(value: unknown): string {
  return value instanceof Tensor ? `[${value.shape.join(", ")}]` : String(value);
}
