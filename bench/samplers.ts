/**
 * What a step of SGLD costs beyond the score itself (a forward and a backward pass of the network), alternately: the
 * `base` convNet of the main job, batch 64, MNIST's shape.
 *
 * node --import tsx --conditions=@jem-js/source bench/samplers.ts [--rounds 15] [--slow]
 *
 * `--slow` adds the wasm backend.
 */
import { parseArgs } from "node:util";
import { energyHead } from "@jem-js/energy";
import { convNet, convNetPresets } from "@jem-js/models";
import { isAvailable } from "@jem-js/native";
import { key, uniform } from "@jem-js/random";
import { run, type SgldOptions, sgld } from "@jem-js/samplers";
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { median, row, time } from "./_measure.ts";

const STEPS = 10;
const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "15" }, slow: { type: "boolean", default: false } },
});
const rules: [string, SgldOptions][] = [
  ["JEM: a = 1, sigma = 0.01", { stepSize: 1, noiseScale: 0.01 }],
  ["with clamp and gradient clip", { stepSize: 1, noiseScale: 0.01, clamp: [-1, 1], gradientClip: 1 }],
  ["JEM++: proximal, no noise", { stepSize: 1, noiseScale: 0, clamp: [-1, 1], gradientClip: 1 }],
  ["with diagnostics", { stepSize: 1, noiseScale: 0.01, diagnostics: true }],
];

tf.enableProdMode();
console.log(row(["backend", "rule", "score ms", "step ms", "beyond the score"]));
console.log(row(["---", "---", "---", "---", "---"]));
for (const backend of [...(isAvailable() ? ["native"] : []), ...(options.slow ? ["wasm"] : [])]) {
  await tf.setBackend(backend);
  const head = energyHead(convNet(key(0), { ...convNetPresets.base, inputShape: [28, 28, 1], classes: 10 }));
  const x = uniform(key(1), [64, 28, 28, 1], { min: -1 });
  const scores = async (): Promise<void> => {
    for (let i = 0; i < STEPS; i++) {
      const score = head.score(x);
      if (i === STEPS - 1) await score.data();
      score.dispose();
    }
  };
  for (const [name, rule] of rules) {
    const kernel = sgld(head, rule);
    const steps = async (): Promise<void> => {
      const { x: end, info } = run(kernel, x, { key: key(2), steps: STEPS });
      await end.data();
      tf.dispose([end, info ?? []] as tf.TensorContainer);
    };
    const [alone, whole]: [number[], number[]] = [[], []];
    for (let round = 0; round < Number(options.rounds); round++) {
      alone.push(...(await time(scores, 1)));
      whole.push(...(await time(steps, 1)));
    }
    const [score, step] = [median(alone) / STEPS, median(whole) / STEPS];
    console.log(row([backend, name, score.toFixed(2), step.toFixed(2), `${((1 - score / step) * 100).toFixed(1)} %`]));
  }
}
