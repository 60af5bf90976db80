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
import { registerWasmGradients } from "@jem-js/wasm-gradients";
import { median, row } from "./_measure.ts";

/** How many steps make one measurement. */
const STEPS = { native: 10, wasm: 2 } as const;
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
const backends = [...(isAvailable() ? ["native" as const] : []), ...(options.slow ? ["wasm" as const] : [])];
registerWasmGradients();
for (const backend of backends) {
  await tf.setBackend(backend);
  const steps = STEPS[backend];
  const head = energyHead(convNet(key(0), { ...convNetPresets.base, inputShape: [28, 28, 1], classes: 10 }));
  const x = uniform(key(1), [64, 28, 28, 1], { min: -1 });
  const scores = async (): Promise<void> => {
    for (let i = 0; i < steps; i++) {
      const score = head.score(x);
      await score.data(); // A backend may put off what nobody reads; a chain reads every score.
      score.dispose();
    }
  };
  for (const [name, rule] of rules) {
    const kernel = sgld(head, rule);
    const chain = async (): Promise<void> => {
      const { x: end, info } = run(kernel, x, { key: key(2), steps });
      await end.data();
      tf.dispose([end, info ?? []] as tf.TensorContainer);
    };
    const [alone, whole]: [number[], number[]] = [[], []];
    // The first three rounds warm up.
    for (let round = -3; round < Number(options.rounds); round++) {
      for (const [times, body] of [
        [alone, scores],
        [whole, chain],
      ] as const) {
        const start = performance.now();
        await body();
        if (round >= 0) times.push((performance.now() - start) / steps);
      }
    }
    const [score, step] = [median(alone), median(whole)];
    console.log(row([backend, name, score.toFixed(2), step.toFixed(2), `${((1 - score / step) * 100).toFixed(1)} %`]));
  }
}
