/**
 * Times a million normal numbers of `@jem-js/random` beside `tf.randomNormal`, alternating.
 *
 * node --import tsx --conditions=@jem-js/source bench/random.ts
 */
import { key, normalValues } from "@jem-js/random";
import * as tf from "@tensorflow/tfjs";

const size = 1_000_000;
const rounds = 15;

function time(body: () => unknown): number {
  const start = performance.now();
  body();
  return performance.now() - start;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

tf.enableProdMode();
await tf.setBackend("cpu");
const ours: number[] = [];
const theirs: number[] = [];
for (let round = 0; round < rounds; round++) {
  ours.push(time(() => normalValues(key(round), size)));
  theirs.push(time(() => tf.randomNormal([size], 0, 1, "float32", round + 1).dispose()));
}
const [a, b] = [median(ours), median(theirs)];
console.log(
  `ratio ${(b / a).toFixed(2)}: tf.randomNormal ${b.toFixed(1)} ms, normalValues ${a.toFixed(1)} ms for ${size} numbers`,
);
