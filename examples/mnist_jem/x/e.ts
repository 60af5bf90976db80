import { parseArgs } from "node:util";
import * as tf from "@tensorflow/tfjs";
import { readFileSync } from "node:fs";
import { batches, batchTensor, balancedSubset, semiSupervisedBatches, subset, imageDataset, type Dataset } from "@jem-js/data";
import { energyHead } from "@jem-js/energy";
import { convNet, convNetPresets } from "@jem-js/models";
import { key, split } from "@jem-js/random";
import { replayBuffer, sgld } from "@jem-js/samplers";
import { accuracy, auroc, expectedCalibrationError, negativeLogLikelihood } from "@jem-js/metrics";
import { robustAccuracy } from "@jem-js/attacks";
import { classifierProcedure, semiSupervisedProcedure, cosineDecay, fit } from "@jem-js/trainer";
import { startBackend } from "../src/backend.ts";
import { readDatasets } from "../src/datasets.ts";
const { values: v } = parseArgs({ options: Object.fromEntries(["data","labels","preset","iters","steps","size","noise","l2","px","lr","seed","model","lb","ent","inoise","sched","pyx"].map((k) => [k, { type: "string" as const }])) });
const o = { data: "fashion", labels: "1000", preset: "small", iters: "2000", steps: "10", size: "10", noise: "0.01", pyx: "1", l2: "0.1", px: "1", lr: "0.004", seed: "100", model: "jem", lb: "64", ent: "0", inoise: "0.03", ...v } as Record<string, string>;
await startBackend({ backend: "native", exact: false });
const sets = await readDatasets(7000);
const range = (a: number, b: number) => Int32Array.from({ length: b - a }, (_, i) => a + i);
// fashion: class-sorted: shuffle deterministic, last 10000 test, before 5000 validation
function fashion() {
  const idx = [...range(0, sets.fashion.size)]; let s = 1234567;
  for (let i = idx.length - 1; i > 0; i--) { s = (Math.imul(s, 1103515245) + 12345) & 0x7fffffff; const j = s % (i + 1); [idx[i], idx[j]] = [idx[j]!, idx[i]!]; }
  return { train: subset(sets.fashion, Int32Array.from(idx.slice(0, 55000))), valid: subset(sets.fashion, Int32Array.from(idx.slice(55000, 60000))) };
}
const f = fashion();
const m = { train: subset(sets.train, range(0, 55000)), valid: subset(sets.train, range(55000, 60000)) };
const inn = o.data === "fashion" ? f : m, out = o.data === "fashion" ? m : f;
const [kw, kb, ko, kt, kl] = split(key(Number(o.seed)), 5) as any;
const labeled = Number(o.labels) > 0 ? balancedSubset(kl, inn.train, { perClass: Number(o.labels) / 10 }) : inn.train;
const model = convNet(kw, { ...(convNetPresets as any)[o.preset!], inputShape: [28, 28, 1], classes: 10 });
const head = energyHead(model, { numClasses: 10 });
const optimizer = tf.train.adam(Number(o.lr));
const iterations = Number(o.iters);
const common = { optimizer, variables: model.trainableWeights.map((w) => w.read() as tf.Variable), iterations, key: kt, learningRate: cosineDecay({ learningRate: Number(o.lr), iterations }), listeners: [] as any[] };
let last: any = {}; const t0 = Date.now();
common.listeners.push((e: any) => { if (e.type === "iteration") last = e.terms ?? e; });
if (o.model === "control") {
  await fit(classifierProcedure(head, { inputNoise: Number(o.inoise) }), (start) => batches(labeled, { key: ko, batchSize: 64, start }), common);
} else {
  const buffer = replayBuffer({ key: kb, shape: [28, 28, 1], size: 10000, reinitProbability: 0.05 });
  const kernel = sgld(head, { stepSize: Number(o.size), noiseScale: Number(o.noise), clamp: [-1, 1] });
  const p = semiSupervisedProcedure(head, { kernel, buffer, steps: Number(o.steps), inputNoise: Number(o.inoise), energyL2: Number(o.l2), pxWeight: Number(o.px), entropyWeight: Number(o.ent), pyxWeight: Number(o.pyx) });
  await fit(p as any, (start) => semiSupervisedBatches(labeled, inn.train, { key: ko, labeledBatchSize: Number(o.lb), unlabeledBatchSize: 64, start }) as any, common as any);
}
const sec = (Date.now() - t0) / 1000;
async function scores(d: Dataset, n = 5000) {
  const P = new Float32Array(n * 10), L = new Float32Array(n), M = new Float32Array(n);
  for (let s = 0; s < n; s += 500) {
    const { x, labels } = batchTensor(d, range(s, s + 500));
    const r = tf.tidy(() => { const p = head.probabilities(x); return [p, tf.max(p, 1), head.logDensity(x)]; });
    P.set(await r[0]!.data() as any, s * 10); M.set(await r[1]!.data() as any, s); L.set(await r[2]!.data() as any, s); tf.dispose([x, labels, r]);
  }
  return { P: { data: P, shape: [n, 10] as [number, number] }, L, M };
}
const a = await scores(inn.valid), b = await scores(out.valid); const y = inn.valid.labels.subarray(0, 5000);
const { x, labels } = batchTensor(inn.valid, range(0, 128));
const px = tf.tidy(() => tf.clipByValue(tf.mul(tf.add(x, 1), 0.5), 0, 1));
const c = async (norm: any, epsilons: number[]) => { const r: any = await robustAccuracy((i: tf.Tensor) => head.logits(tf.sub(tf.mul(i, 2), 1)) as any, px, labels, { norm, epsilons, steps: 20, key: key(7), batchSize: 64 }); return (r.accuracies ?? r.accuracy ?? r).map?.((q: any) => (q.accuracy ?? q).toFixed?.(3) ?? q) ?? r; };
console.log(process.argv.slice(2).join(" "), "| acc", accuracy(a.P, y).toFixed(4), "ece", expectedCalibrationError(a.P, y, { bins: 15 }).toFixed(4), "conf", (a.M.reduce((s, q) => s + q, 0) / 5000).toFixed(3), "nll", negativeLogLikelihood(a.P, y, { epsilon: 1e-12 }).toFixed(3), "auroc px", auroc(a.L, b.L).toFixed(4), "py", auroc(a.M, b.M).toFixed(4), "l2", JSON.stringify(await c("l2", [0.25, 0.5, 1])), "linf", JSON.stringify(await c("linf", [0.02, 0.05])), "s", sec.toFixed(0), JSON.stringify(last));
