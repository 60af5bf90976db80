/**
 * The heavy metrics against scikit-learn, torchmetrics, scipy and numpy, in one run and on the same data, which the peers
 * read from a temporary folder: `npx tsx --conditions=@jem-js/source bench/metrics/main.ts [PATTERN]`, where only jobs that
 * match the pattern, such as "FID", are measured.
 *
 * "plain" is ours in JavaScript and WebAssembly, on one core; "plugged" has `matMulFloat64` of `@jem-js/native` plugged in,
 * which uses all cores, as the peers do. Without Python, or where a package cannot be installed, ours alone is measured.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import {
  auroc,
  expectedCalibrationError,
  type FlatMatrix,
  frechetDistance,
  kernelDistanceSubsets,
  type MatMul,
} from "@jem-js/metrics";
import { isAvailable, matMulFloat64 } from "@jem-js/native";
import { key, normalValues, randintValues, uniformValues } from "@jem-js/random/values";
import { row } from "../_measure.ts";
import { startTorch } from "../_torch.ts";

/** What is measured: `ours`, once for each way to multiply, and the answer of the peer to `question`. */
interface Job {
  readonly title: string;
  readonly peer: string;
  readonly question: { readonly job: string; readonly rows: number; readonly repeats: number } & Record<
    string,
    unknown
  >;
  readonly ours: (matmul: MatMul | undefined) => number;
  /** Whether a product can be plugged in. */
  readonly isPluggable?: boolean;
  /** Whether the plain way is left out. */
  readonly isLong?: boolean;
}

const ROWS = 10_000;
const DIMENSION = 2048;
const pattern = new RegExp(process.argv[2] ?? "");
const SCORES = 1_000_000;
const CLASSES = 10;

const folder = mkdtempSync(join(tmpdir(), "jem-js-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const torch = await startTorch(new URL("./worker.py", import.meta.url), availableParallelism(), [
  "scipy",
  "scikit-learn",
  "torchmetrics",
]);
const matmul: MatMul | undefined = isAvailable() ? matMulFloat64 : undefined;

/** Writes numbers for the peers and returns them. */
function shared<T extends Float32Array | Float64Array | Int32Array>(name: string, values: T): T {
  writeFileSync(join(folder, name), values);
  return values;
}

function probabilities(): Float64Array {
  const values = Float64Array.from(uniformValues(key(3), SCORES * CLASSES), (u) => -Math.log(1 - u));
  for (let i = 0; i < values.length; i += CLASSES) {
    const example = values.subarray(i, i + CLASSES);
    const sum = example.reduce((a, b) => a + b, 0);
    for (let k = 0; k < CLASSES; k++) example[k]! /= sum;
  }
  return values;
}

function features(name: string, seed: number, shift: number): FlatMatrix {
  const values = normalValues(key(seed), ROWS * DIMENSION).map((x) => x + shift);
  return { data: shared(name, values), shape: [ROWS, DIMENSION] };
}

const positives = shared(
  "positives",
  Float64Array.from(normalValues(key(1), SCORES), (x) => x + 1),
);
const negatives = shared("negatives", Float64Array.from(normalValues(key(2), SCORES)));
const p: FlatMatrix = { data: shared("probabilities", probabilities()), shape: [SCORES, CLASSES] };
const labels = shared("labels", randintValues(key(4), SCORES, { max: CLASSES }));
const [a, b] = [features("a", 5, 0), features("b", 6, 0.1)];

function kernelJob(subsets: number): Job {
  return {
    title: `KID, ${subsets} subsets of 1000 x ${DIMENSION}`,
    peer: "numpy",
    question: { job: "kid", rows: ROWS, repeats: 1, subsets, size: 1000 },
    ours: (product) => kernelDistanceSubsets(a, b, { key: key(0), subsets, matmul: product }).mean,
    isPluggable: true,
  };
}

function frechetJob(peer: string, job: string, isLong: boolean): Job {
  return {
    title: `FID, 2 x ${ROWS} x ${DIMENSION}`,
    peer,
    question: { job, rows: ROWS, repeats: 1 },
    ours: (product) => frechetDistance(a, b, { matmul: product }),
    isPluggable: true,
    isLong,
  };
}

const jobs: Job[] = [
  {
    title: "AUROC, 1e6 + 1e6 scores",
    peer: "scikit-learn",
    question: { job: "auroc", rows: SCORES, repeats: 3 },
    ours: () => auroc(positives, negatives),
  },
  {
    title: "ECE, 1e6 x 10",
    peer: "torchmetrics",
    question: { job: "ece", rows: SCORES, repeats: 3 },
    ours: () => expectedCalibrationError(p, labels, { bins: 15 }),
  },
  frechetJob("numpy, scipy sqrtm", "fid sqrtm", false),
  frechetJob("numpy eigh", "fid eigh", true),
  kernelJob(5),
  kernelJob(10),
  kernelJob(100),
];

console.log(row(["job", "plain, s", "plugged, s", "peer", "peer, s", "value", "of the peer"]));
console.log(row(Array.from({ length: 7 }, () => "---")));
for (const { title, peer, question, ours, isPluggable, isLong } of jobs) {
  if (!pattern.test(title)) continue;
  const plain = isLong ? undefined : measure(() => ours(undefined), question.repeats);
  const fast = isPluggable && matmul ? measure(() => ours(matmul), question.repeats) : undefined;
  const [seconds, value] = torch ? await torch.ask({ ...question, folder }) : [];
  const numbers = [plain?.seconds.toFixed(2), fast?.seconds.toFixed(2), peer, seconds?.toFixed(2)];
  const values = [(fast ?? plain)?.value.toPrecision(9), value?.toPrecision(9)];
  console.log(row([title, ...numbers, ...values].map((cell) => cell ?? "–")));
}
torch?.stop();
console.log(`peak memory of this process: ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);

function measure(run: () => number, repeats: number): { seconds: number; value: number } {
  let seconds = Number.POSITIVE_INFINITY;
  let value = Number.NaN;
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    value = run();
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  return { seconds, value };
}
