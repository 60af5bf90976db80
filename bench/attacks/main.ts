// Attacks on @jem-js/native beside PyTorch, alternately:
//   npx tsx --conditions=@jem-js/source bench/attacks/main.ts [--threads 2] [--rounds 3] [--steps 1000] [--only boundary]
// PGD in Linf takes 40 steps on 256 images of MNIST's shape, the boundary attack `--steps` on 16, of given starts. The network is the
// `base` convNet with random weights, the same on both sides, with its logits centred so that there are several classes. PyTorch runs
// foolbox where the environment of the worker has it (`bench/.venv/bin/pip install foolbox==3.3.4`), and loops with the rules of foolbox 3
// without its overhead, each in the memory format in which it is faster. All make the same forward and backward passes: one a step, and in
// the boundary attack one more each tenth step, which ours makes together with the other. The loops draw as much noise as ours; foolbox draws
// that of one image for all.
import { parseArgs } from "node:util";
import { boundary, pgd } from "@jem-js/attacks";
import { convNet, convNetPresets } from "@jem-js/models";
import { getThreads, instructionSet, setThreads } from "@jem-js/native";
import { key, uniform } from "@jem-js/random";
import * as tf from "@tensorflow/tfjs";
import { median, row, time } from "../_measure.ts";
import { startTorch } from "../_torch.ts";

const { values: options } = parseArgs({
  options: {
    threads: { type: "string" },
    rounds: { type: "string", default: "3" },
    steps: { type: "string", default: "1000" },
    only: { type: "string" },
  },
});
const rounds = Number(options.rounds);
const steps = Number(options.steps);
if (options.threads) setThreads(Number(options.threads));
tf.enableProdMode();
await tf.setBackend("native");

const model = convNet(key(0), { ...convNetPresets.base, inputShape: [28, 28, 1], classes: 10 });
// Noise around levels of grey that differ from image to image.
const level = tf.linspace(0.1, 0.9, 256).reshape([256, 1, 1, 1]);
const x = tf.clipByValue(tf.add(uniform(key(1), [256, 28, 28, 1], { min: -0.1, max: 0.1 }), level), 0, 1);
const bias = model.trainableWeights.at(-1)!.read() as tf.Variable;
bias.assign(tf.sub(bias, tf.mean(model.predict(x) as tf.Tensor, 0)));
const classes = [...((await tf.argMax(model.predict(x) as tf.Tensor, 1).data()) as Int32Array)];
/** 16 images, and for each another one of another class. */
const chosen = classes.map((_, i) => i).filter((i) => i % 16 === 0);
const starting = chosen.map((i) => classes.findIndex((one) => one !== classes[i]));
const images = tf.gather(x, chosen);
const starts = tf.gather(x, starting);

const subjects: [string, string, () => Promise<unknown>][] = [
  [
    "Linf PGD, 40 steps, 256 images",
    "pgd",
    async () => {
      const found = pgd(model, x, classes, { norm: "linf", epsilon: 0.3, steps: 40, stepSize: 0.01, key: key(2) });
      await found.data();
      found.dispose();
    },
  ],
  [
    `boundary, ${steps} steps, 16 images`,
    "boundary",
    async () => {
      const labels = chosen.map((i) => classes[i]!);
      const found = await boundary(model, images, labels, { key: key(3), steps, starts });
      if (!found.success.every(Boolean)) throw new Error("not all examples were broken");
      tf.dispose([found.raw, found.clipped]);
    },
  ],
];

const torch = await startTorch(new URL("./worker.py", import.meta.url), getThreads());
const weights = model.getWeights().map((weight) => ({ shape: weight.shape, data: [...weight.dataSync()] }));
const inputs = { x: [...x.dataSync()], classes, chosen, starting, steps };
const [hasFoolbox] = (await torch?.ask({ weights, ...inputs })) ?? [];
const peers = torch ? ["", ...(hasFoolbox ? ["foolbox "] : [])] : [];
console.log(
  `${instructionSet()}, ${getThreads()} threads, PyTorch ${torch ? "2.13.0" : "not found: ours alone"}; medians of ${rounds}\n`,
);
console.log(row(["attack", "native s", ...peers.flatMap((peer) => [`${peer || "PyTorch "}s`, "times ours"])]));
console.log(row(["---", "---", ...peers.flatMap(() => ["---", "---"])]));
for (const [title, name, body] of subjects.filter(([, name]) => name === (options.only ?? name))) {
  const ours: number[] = [];
  const theirs = peers.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    // One run off the clock, at first.
    ours.push(...(round === 0 ? await time(body, 1) : await once(body)));
    for (const [i, peer] of peers.entries()) theirs[i]!.push(...(await torch!.ask({ name: `${peer}${name}` })));
  }
  const seconds = (times: number[]): string => (median(times) / 1000).toFixed(2);
  const beside = theirs.flatMap((times) => [seconds(times), (median(times) / median(ours)).toFixed(2)]);
  console.log(row([title, seconds(ours), ...beside]));
}
torch?.stop();
process.exit(0);

async function once(body: () => Promise<unknown>): Promise<number[]> {
  const start = performance.now();
  await body();
  return [performance.now() - start];
}
