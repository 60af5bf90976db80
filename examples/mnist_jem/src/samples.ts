import type { EnergyHead } from "@jem-js/energy";
import { sampleGrid } from "@jem-js/report";
import type { ReplayBuffer } from "@jem-js/samplers";
import * as tf from "@tensorflow/tfjs";

const classes = 10;
const perClass = 10;

/** A picture of the replay buffer, PNG: a column for each class, the ten of 1,000 chains with the highest `log p(x, y)`. */
export async function bufferGrid(head: EnergyHead, buffer: ReplayBuffer): Promise<Uint8Array> {
  const count = Math.min(1000, buffer.size);
  const length = buffer.values.length / buffer.size;
  const chains = tf.tensor(buffer.values.subarray(0, count * length), [count, ...buffer.shape]);
  const logits = head.logits(chains);
  const f = await logits.data();
  tf.dispose([chains, logits]);

  const grid = new Float32Array(classes * perClass * length);
  for (let y = 0; y < classes; y++) {
    const best = Array.from({ length: count }, (_, i) => i).sort((a, b) => f[b * classes + y]! - f[a * classes + y]!);
    for (let row = 0; row < perClass; row++) {
      const chain = best[row % count]!;
      grid.set(buffer.values.subarray(chain * length, (chain + 1) * length), (row * classes + y) * length);
    }
  }
  const shape = [classes * perClass, ...buffer.shape];
  return sampleGrid(grid, shape, { rows: perClass, columns: classes, range: [-1, 1], scale: 2 });
}
