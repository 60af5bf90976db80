/**
 * The heavy metrics against scikit-learn, scipy and torchmetrics in the same run: `npx tsx --conditions=@jem-js/source
 * bench/metrics.ts [--full]`. Makes a virtual environment in the folder for temporary files; without Python, or where a package cannot be installed,
 * reports ours alone. `--full` runs KID with 100 subsets at dimension 2048 instead of 5.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  auroc,
  expectedCalibrationError,
  type FlatMatrix,
  frechetDistance,
  kernelDistanceSubsets,
} from "@jem-js/metrics";
import { key, normalValues, uniformValues } from "@jem-js/random";

const ENVIRONMENT = join(tmpdir(), "jem-js-bench-metrics");
const PACKAGES = ["numpy", "scipy", "scikit-learn", "torchmetrics", "torch==2.13.0"];
const kidSubsets = process.argv.includes("--full") ? 100 : 5;

const PEER = `
import json, sys, time
def best(f, repeat):
    seconds = []
    for _ in range(repeat):
        start = time.perf_counter(); f(); seconds.append(time.perf_counter() - start)
    return min(seconds)
def main():
    out = {}
    try: import numpy as np
    except ImportError: return out
    rng = np.random.default_rng(0)
    try:
        from sklearn.metrics import roc_auc_score
        s = np.concatenate([rng.normal(1, 1, 10**6), rng.normal(0, 1, 10**6)]); y = np.repeat([1, 0], 10**6)
        out["auroc"] = ["scikit-learn", best(lambda: roc_auc_score(y, s), 3)]
    except ImportError: pass
    try:
        import torch
        from torchmetrics.functional.classification import multiclass_calibration_error
        p = torch.tensor(rng.dirichlet(np.ones(10), 10**6)); t = torch.tensor(rng.integers(0, 10, 10**6))
        out["ece"] = ["torchmetrics", best(lambda: multiclass_calibration_error(p, t, num_classes=10, n_bins=15), 3)]
    except ImportError: pass
    a = rng.normal(size=(10000, 2048)); b = rng.normal(size=(10000, 2048)) + .1
    try:
        from scipy.linalg import sqrtm
        def fid():
            c1, c2 = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
            d = a.mean(0) - b.mean(0)
            return d @ d + np.trace(c1) + np.trace(c2) - 2 * np.trace(sqrtm(c1 @ c2)).real
        out["fid"] = ["numpy and scipy sqrtm", best(fid, 1)]
    except ImportError: pass
    def kid():
        m = 1000
        for _ in range(int(sys.argv[1])):
            x = a[rng.choice(10000, m, replace=False)]; z = b[rng.choice(10000, m, replace=False)]
            k = lambda u, v: (u @ v.T / 2048 + 1) ** 3
            kx, kz, kxz = k(x, x), k(z, z), k(x, z)
            ((kx.sum() - np.trace(kx)) + (kz.sum() - np.trace(kz))) / (m * (m - 1)) - 2 * kxz.mean()
    out["kid"] = ["numpy", best(kid, 1)]
    return out
print(json.dumps(main()))
`;

function python(): string | undefined {
  const binary = join(ENVIRONMENT, "bin", "python");
  if (!existsSync(binary)) {
    const made = spawnSync("python3", ["-m", "venv", "--system-site-packages", ENVIRONMENT]);
    if (made.status !== 0) return undefined;
  }
  const installed = spawnSync(binary, ["-m", "pip", "install", "-q", "--retries", "0", ...PACKAGES]);
  if (installed.status !== 0) console.log("Some Python packages could not be installed: peers that lack are left out.");
  return binary;
}

function best(run: () => unknown, repeat: number): number {
  let seconds = Number.POSITIVE_INFINITY;
  for (let i = 0; i < repeat; i++) {
    const start = performance.now();
    run();
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  return seconds;
}

function ours(): Record<string, number> {
  const result: Record<string, number> = {};
  const positives = Float64Array.from(normalValues(key(1), 1_000_000), (x) => x + 1);
  const negatives = Float64Array.from(normalValues(key(2), 1_000_000));
  result.auroc = best(() => auroc(positives, negatives), 3);
  const data = Float64Array.from(uniformValues(key(3), 10_000_000), (u) => -Math.log(1 - u));
  for (let i = 0; i < 1_000_000; i++) {
    const row = data.subarray(10 * i, 10 * i + 10);
    const sum = row.reduce((a, b) => a + b, 0);
    for (let k = 0; k < 10; k++) row[k]! /= sum;
  }
  const labels = Int32Array.from({ length: 1_000_000 }, (_, i) => (i * 7) % 10);
  result.ece = best(() => expectedCalibrationError({ data, shape: [1_000_000, 10] }, labels, { bins: 15 }), 3);
  const a: FlatMatrix = { data: normalValues(key(4), 10_000 * 2048), shape: [10_000, 2048] };
  const b: FlatMatrix = { data: normalValues(key(5), 10_000 * 2048), shape: [10_000, 2048] };
  result.kid = best(() => kernelDistanceSubsets(a, b, { key: key(0), subsets: kidSubsets }), 1);
  result.fid = best(() => frechetDistance(a, b), 1);
  return result;
}

const binary = python();
if (!binary) console.log("No Python: ours alone.");
const mine = ours();
const answer = binary ? spawnSync(binary, ["-c", PEER, String(kidSubsets)], { encoding: "utf8" }) : undefined;
const peers: Record<string, [string, number]> = answer?.status === 0 ? JSON.parse(answer.stdout) : {};
const titles: Record<string, string> = {
  auroc: "AUROC, 1e6 + 1e6 scores",
  ece: "ECE, 1e6 x 10",
  fid: "FID, 2 x 10,000 x 2048",
  kid: `KID, ${kidSubsets} x 1000 x 2048`,
};
console.log("| job | ours, s | peer | peer, s | ours / peer |\n| --- | --- | --- | --- | --- |");
for (const [job, title] of Object.entries(titles)) {
  const [name, seconds] = peers[job] ?? ["–", Number.NaN];
  const row = [title, mine[job]!.toFixed(2), name, seconds.toFixed(2), (mine[job]! / seconds).toFixed(1)];
  console.log(`| ${row.join(" | ").replaceAll("NaN", "–")} |`);
}
console.log(`peak memory of this process: ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
