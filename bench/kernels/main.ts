// Kernels of @jem-js/native through the public API beside PyTorch's, tfjs-node's where it is installed, tfjs-wasm's and
// tfjs-cpu's, alternately:
//   npx tsx --conditions=@jem-js/source bench/kernels/main.ts [--threads 2] [--rounds 3] [--only "conv 3x3"] [--slow]
// --slow also measures wasm and cpu, which take minutes.
import "@tensorflow/tfjs-backend-wasm";
import { parseArgs } from "node:util";
import { getThreads, instructionSet, setThreads } from "@jem-js/native";
import * as tf from "@tensorflow/tfjs";
import { median, row, time } from "../_measure.ts";
import { startTorch } from "../_torch.ts";

interface Case {
  readonly name: string;
  readonly kind: string;
  readonly shape: number[];
  readonly pass?: "forward" | "dx" | "dw";
}

const CONVOLUTIONS = [
  [64, 32, 16, 16, 3, 1],
  [64, 32, 64, 64, 3, 1],
  [64, 16, 128, 128, 3, 1],
  [64, 8, 256, 256, 3, 1],
  [64, 14, 64, 64, 3, 1],
  [64, 32, 3, 16, 3, 1],
  [64, 28, 1, 32, 3, 1],
  [64, 32, 16, 64, 1, 1],
  [64, 32, 64, 64, 1, 1],
  [64, 16, 128, 128, 1, 1],
  [64, 28, 32, 64, 3, 2],
  [64, 32, 64, 128, 3, 2],
  [64, 16, 128, 256, 3, 2],
  [64, 32, 64, 128, 1, 2],
];
const PASSES = ["forward", "dx", "dw"] as const;
const CASES: Case[] = [
  ...CONVOLUTIONS.flatMap((shape) => {
    const [batch, size, inputs, outputs, kernel, stride] = shape;
    const name = `conv ${kernel}x${kernel} s${stride} ${size}x${size} ${inputs}->${outputs} B${batch}`;
    return PASSES.map((pass) => ({ name: `${name} ${pass}`, kind: "conv", shape, pass }));
  }),
  ...[256, 1024, 2048].map((n) => ({ name: `matmul ${n}`, kind: "matmul", shape: [n, n, n] })),
  ...["add", "leakyRelu", "exp", "tanh", "sum", "softmax"].map((kind) => ({
    name: `${kind} 4096x1024`,
    kind,
    shape: [4096, 1024],
  })),
];

/** A run of a case on the present backend; its result is computed and disposed. */
function bodyOf({ kind, shape, pass }: Case): () => void {
  const compute = kernelOf(kind, shape, pass);
  return () => {
    const y = compute();
    // Reads one value: the result is there, whatever the backend defers.
    tf.tidy(() => tf.slice(tf.reshape(y, [-1]), 0, 1).dataSync());
    y.dispose();
  };
}

function kernelOf(kind: string, shape: number[], pass: Case["pass"]): () => tf.Tensor {
  if (kind === "conv") {
    const [batch, size, inputs, outputs, kernel, stride] = shape as [number, number, number, number, number, number];
    const pad = Math.floor(kernel / 2);
    const x = tf.randomNormal([batch, size, size, inputs]) as tf.Tensor4D;
    const filter = tf.randomNormal([kernel, kernel, inputs, outputs]) as tf.Tensor4D;
    const y = tf.conv2d(x, filter, stride, pad);
    const dy = tf.randomNormal(y.shape);
    y.dispose();
    const attrs = { strides: stride, pad, dataFormat: "NHWC", dimRoundingMode: undefined };
    const run = (name: string, inputs_: object, more: object): tf.Tensor =>
      tf
        .engine()
        .runKernel(
          name,
          inputs_ as tf.NamedTensorMap,
          { ...attrs, ...more } as unknown as tf.NamedAttrMap,
        ) as tf.Tensor;
    if (pass === "dx") return () => run("Conv2DBackpropInput", { dy, filter }, { inputShape: x.shape });
    if (pass === "dw") return () => run("Conv2DBackpropFilter", { x, dy }, { filterShape: filter.shape });
    return () => tf.conv2d(x, filter, stride, pad);
  }
  if (kind === "matmul") {
    const [m, n, k] = shape as [number, number, number];
    const a = tf.randomNormal([m, k]);
    const b = tf.randomNormal([k, n]);
    return () => tf.matMul(a, b);
  }
  const x = tf.randomNormal(shape);
  const y = tf.randomNormal(shape);
  const functions: Record<string, () => tf.Tensor> = {
    add: () => tf.add(x, y),
    leakyRelu: () => tf.leakyRelu(x, 0.2),
    exp: () => tf.exp(x),
    tanh: () => tf.tanh(x),
    sum: () => tf.sum(x),
    softmax: () => tf.softmax(x),
  };
  return functions[kind]!;
}

/** Registers the backend `tensorflow` where tfjs-node is installed, which is never required. */
async function hasTfjsNode(): Promise<boolean> {
  const name = "@tensorflow/tfjs-node";
  try {
    await import(name);
    return true;
  } catch {
    return false;
  }
}

const { values: options } = parseArgs({
  options: {
    threads: { type: "string" },
    rounds: { type: "string", default: "3" },
    only: { type: "string", default: "" },
    slow: { type: "boolean", default: false },
  },
});
if (options.threads) setThreads(Number(options.threads));
const torch = await startTorch(new URL("./worker.py", import.meta.url), getThreads());
const others = [...((await hasTfjsNode()) ? ["tensorflow"] : []), ...(options.slow ? ["wasm", "cpu"] : [])];
tf.enableProdMode();
console.log(
  `${instructionSet()}, ${getThreads()} threads, PyTorch ${torch ? "2.13.0" : "not found: ours alone"}; medians\n`,
);
console.log(
  row(["kernel", "native ms", "PyTorch ms", "PyTorch / native", ...others.map((name) => `${name} / native`)]),
);
console.log(row(["---", "---", "---", "---", ...others.map(() => "---")]));
for (const one of CASES.filter(({ name }) => name.includes(options.only))) {
  const ours: number[] = [];
  const theirs: number[] = [];
  const otherTimes = new Map<string, number>();
  for (let round = 0; round < Number(options.rounds); round++) {
    await tf.setBackend("native");
    tf.engine().startScope();
    const body = bodyOf(one);
    const [estimate] = await time(body, 1);
    const repeats = Math.max(3, Math.min(40, Math.ceil(100 / estimate!)));
    ours.push(...(await time(body, repeats)));
    tf.engine().endScope();
    if (torch) theirs.push(...(await torch.ask({ ...one, repeats })));
    if (round > 0) continue;
    for (const name of others) {
      await tf.setBackend(name);
      tf.engine().startScope();
      try {
        otherTimes.set(name, median(await time(bodyOf(one), name === "tensorflow" ? repeats : 1)));
      } catch {
        otherTimes.set(name, Number.NaN); // wasm lacks the filter gradient
      }
      tf.engine().endScope();
    }
  }
  const mine = median(ours);
  const cells = others.map((name) => (otherTimes.get(name)! / mine).toFixed(name === "tensorflow" ? 2 : 0));
  console.log(
    row([one.name, mine.toFixed(3), median(theirs).toFixed(3), (median(theirs) / mine).toFixed(2), ...cells]),
  );
}
torch?.stop();

// What a call costs where there is nothing to compute.
const overhead: Record<string, number> = {};
for (const name of ["native", "cpu", "wasm"]) {
  await tf.setBackend(name);
  const [a, b] = [tf.ones([16]), tf.ones([16])];
  const calls = 20_000;
  const add = (): void => {
    for (let i = 0; i < calls; i++) tf.add(a, b).dispose();
  };
  overhead[name] = (1000 * median(await time(add, 5))) / calls;
}
const [native, cpu, wasm] = ["native", "cpu", "wasm"].map((name) => overhead[name]!.toFixed(2));
console.log(`\nadd of 16 values, microseconds a call: native ${native}, cpu ${cpu}, wasm ${wasm}`);
process.exit(0);
