// Whole steps in plain TensorFlow.js on @jem-js/native beside PyTorch, alternately:
//   npx tsx --conditions=@jem-js/source bench/jem_step/main.ts [--threads 2] [--rounds 5]
// The JEM iteration is 20 SGLD steps and an update of the `base` convNet on MNIST's shape, batch 64; the wide residual
// networks have no normalisation. It is run by our packages, and by hand with the fused Langevin step or tf.randomNormal.
import { parseArgs } from "node:util";
import { energyHead } from "@jem-js/energy";
import { convNet, convNetPresets } from "@jem-js/models";
import { getThreads, instructionSet, setThreads } from "@jem-js/native";
import { key, uniform } from "@jem-js/random";
import { replayBuffer, sgld } from "@jem-js/samplers";
import { fit, jemProcedure } from "@jem-js/trainer";
import * as tf from "@tensorflow/tfjs";
import { median, row, time } from "../_measure.ts";
import { startTorch } from "../_torch.ts";

const BATCH = 64;
const SLOPE = 0.2;
/** Runs off the clock, on both sides: V8 compiles what a training run repeats during its first iterations. */
const WARM_UP = 6;

function weight(shape: number[]): tf.Variable {
  const fanIn = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  return tf.variable(tf.mul(tf.randomNormal(shape), Math.sqrt(2 / fanIn)));
}

const conv = (x: tf.Tensor, filter: tf.Tensor, stride: number, pad: number): tf.Tensor =>
  tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, pad);

/** The JEM iteration on the `base` convNet. */
function base(noise: "randomNormal" | "fused"): () => void {
  const channels = [1, 32, 64, 64, 128];
  const filters = [0, 1, 2, 3].map((i) => weight([3, 3, channels[i]!, channels[i + 1]!]));
  const biases = channels.slice(1).map((c) => tf.variable(tf.zeros([c])));
  const dense = [weight([128, 10]), tf.variable(tf.zeros([10]))] as const;
  const variables = [...filters, ...biases, ...dense];
  const real = tf.randomNormal([BATCH, 28, 28, 1]);
  const labels = tf.oneHot(tf.range(0, BATCH, 1, "int32").mod(tf.scalar(10, "int32")), 10).toFloat();
  const optimizer = tf.train.adam(1e-4);
  const logits = (x: tf.Tensor): tf.Tensor => {
    let h = x;
    for (const [i, filter] of filters.entries()) {
      h = tf.leakyRelu(tf.add(conv(h, filter, 1 + (i % 2), 1), biases[i]!), SLOPE);
    }
    return tf.add(tf.matMul(tf.mean(h, [1, 2]), dense[0] as tf.Tensor), dense[1]);
  };
  const logDensity = (f: tf.Tensor): tf.Tensor => tf.logSumExp(f, 1);
  const score = tf.grad((x: tf.Tensor) => tf.sum(logDensity(logits(x))));
  let step = 0;
  const langevin = (x: tf.Tensor, gradient: tf.Tensor): tf.Tensor => {
    if (noise === "randomNormal") {
      return tf.add(tf.add(x, gradient), tf.mul(tf.randomNormal(x.shape), 0.01));
    }
    const inputs = { x, gradient } as unknown as tf.NamedTensorMap;
    const attrs = { stepSize: 1, noiseScale: 0.01, key: [0, step++] } as unknown as tf.NamedAttrMap;
    return tf.engine().runKernel("LangevinStep", inputs, attrs) as tf.Tensor;
  };
  return () => {
    let x = tf.clone(real);
    for (let i = 0; i < 20; i++) {
      const next = tf.tidy(() => langevin(x, score(x)));
      x.dispose();
      x = next;
    }
    const loss = optimizer.minimize(
      () => {
        const f = logits(real);
        const energy = logDensity(f);
        const crossEntropy = tf.mean(tf.sub(energy, tf.sum(tf.mul(f, labels), 1)));
        return tf.sub(crossEntropy, tf.sub(tf.mean(energy), tf.mean(logDensity(logits(x))))) as tf.Scalar;
      },
      true,
      variables,
    );
    loss!.dataSync();
    loss!.dispose();
    x.dispose();
  };
}

/** The same iteration by our sampler, objective and trainer: with the replay buffer, input noise and metrics. */
function packaged(): () => Promise<unknown> {
  const model = convNet(key(0), { ...convNetPresets.base, inputShape: [28, 28, 1], classes: 10 });
  const head = energyHead(model);
  const procedure = jemProcedure(head, {
    kernel: sgld(head, { stepSize: 1, noiseScale: 0.01 }),
    buffer: replayBuffer({ key: key(1), shape: [28, 28, 1] }),
    steps: 20,
  });
  const optimizer = tf.train.adam(1e-4);
  const variables = model.trainableWeights.map((weights) => weights.read() as tf.Variable);
  const x = uniform(key(2), [BATCH, 28, 28, 1], { min: -1 });
  const labels = tf.tensor1d(
    Array.from({ length: BATCH }, (_, i) => i % 10),
    "int32",
  );
  return () => {
    const batch = { x: x.clone(), labels: labels.clone() };
    // biome-ignore lint/suspicious/noFocusedTests: the training loop
    return fit(procedure, [batch], { optimizer, variables, iterations: 1, key: key(3) });
  };
}

/** A wide residual network of width 4 without normalisation: its SGLD step and its training step. */
function wide(depth: number): { sgld: () => void; train: () => void } {
  const channels = [16, 64, 128, 256];
  const stem = weight([3, 3, 3, 16]);
  const blocks: { first: tf.Variable; second: tf.Variable; shortcut: tf.Variable | null; stride: number }[] = [];
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < (depth - 4) / 6; j++) {
      const inputs = channels[j === 0 ? i : i + 1]!;
      const outputs = channels[i + 1]!;
      blocks.push({
        first: weight([3, 3, inputs, outputs]),
        second: weight([3, 3, outputs, outputs]),
        shortcut: j === 0 ? weight([1, 1, inputs, outputs]) : null,
        stride: i > 0 && j === 0 ? 2 : 1,
      });
    }
  }
  const all = [
    stem,
    ...blocks.flatMap(({ first, second, shortcut }) => [first, second, ...(shortcut ? [shortcut] : [])]),
  ];
  const input = tf.randomNormal([BATCH, 32, 32, 3]);
  const energy = (x: tf.Tensor): tf.Scalar => {
    let h = conv(x, stem, 1, 1);
    for (const { first, second, shortcut, stride } of blocks) {
      const p = tf.leakyRelu(h, SLOPE);
      const inner = tf.leakyRelu(conv(p, first, stride, 1), SLOPE);
      h = tf.add(conv(inner, second, 1, 1), shortcut ? conv(p, shortcut, stride, 0) : h);
    }
    return tf.mul(tf.sum(tf.leakyRelu(h, SLOPE)), 1e-3) as tf.Scalar;
  };
  const score = tf.grad(energy);
  return {
    sgld: () => tf.tidy(() => void score(input).dataSync()),
    train: () => {
      const { value, grads } = tf.variableGrads(() => energy(input), all);
      for (const gradient of Object.values(grads)) gradient.dataSync();
      tf.dispose([value, ...Object.values(grads)]);
    },
  };
}

const { values: options } = parseArgs({
  options: { threads: { type: "string" }, rounds: { type: "string", default: "5" } },
});
if (options.threads) setThreads(Number(options.threads));
const torch = await startTorch(new URL("./worker.py", import.meta.url), getThreads());
tf.enableProdMode();
await tf.setBackend("native");
const subjects: [string, string, string, () => unknown][] = [
  ["JEM iteration, MNIST base, our sampler and trainer", "base", "iteration", packaged()],
  ["JEM iteration, MNIST base, fused Langevin step", "base", "iteration", base("fused")],
  ["JEM iteration, MNIST base, tf.randomNormal", "base", "iteration", base("randomNormal")],
];
for (const depth of [10, 16]) {
  const { sgld, train } = wide(depth);
  subjects.push([`WRN-${depth}-4 SGLD step`, String(depth), "sgld", sgld]);
  subjects.push([`WRN-${depth}-4 training step`, String(depth), "train", train]);
}
console.log(
  `${instructionSet()}, ${getThreads()} threads, PyTorch ${torch ? "2.13.0" : "not found: ours alone"}; medians\n`,
);
console.log(row(["step", "native ms", "PyTorch ms", "PyTorch / native"]));
console.log(row(["---", "---", "---", "---"]));
for (const [title, name, step, body] of subjects) {
  const ours: number[] = [];
  const theirs: number[] = [];
  await time(body, WARM_UP);
  if (torch) await torch.ask({ name, step, repeats: WARM_UP });
  for (let round = 0; round < Number(options.rounds); round++) {
    ours.push(...(await time(body, 2)));
    if (torch) theirs.push(...(await torch.ask({ name, step, repeats: 2 })));
  }
  const ratio = median(theirs) / median(ours);
  console.log(row([title, median(ours).toFixed(1), median(theirs).toFixed(1), ratio.toFixed(2)]));
}
torch?.stop();
process.exit(0);
