"""The metrics of scikit-learn, torchmetrics, scipy and numpy: a JSON line in, seconds and the value out."""

import json
import sys
import time

import numpy as np
import torch
from scipy.linalg import sqrtm
from sklearn.metrics import roc_auc_score
from torchmetrics.functional.classification import multiclass_calibration_error

torch.set_num_threads(int(sys.argv[1]))


def moments(features):
    return features.mean(0), np.cov(features, rowvar=False)


def frechet(a, b, trace):
    (m1, c1), (m2, c2) = moments(a), moments(b)
    return float((m1 - m2) @ (m1 - m2) + np.trace(c1) + np.trace(c2) - 2 * trace(c1, c2))


def trace_by_sqrtm(c1, c2):
    return np.trace(sqrtm(c1 @ c2)).real


def trace_by_eigh(c1, c2):
    values, vectors = np.linalg.eigh(c1)
    factor = vectors * np.sqrt(values.clip(0))
    return np.sqrt(np.linalg.eigvalsh(factor.T @ c2 @ factor).clip(0)).sum()


def kernel(a, b, subsets, size):
    """As torch-fidelity computes it, with subsets of its own."""
    rng = np.random.default_rng(0)
    k = lambda x, y: (x @ y.T / x.shape[1] + 1) ** 3
    distances = []
    for _ in range(subsets):
        x = a[rng.choice(len(a), size, replace=False)]
        y = b[rng.choice(len(b), size, replace=False)]
        kx, ky = k(x, x), k(y, y)
        within = kx.sum() - np.trace(kx) + ky.sum() - np.trace(ky)
        distances.append(within / (size * (size - 1)) - 2 * k(x, y).mean())
    return float(np.mean(distances))


def features(folder, name, rows):
    return np.fromfile(f"{folder}/{name}", np.float32).reshape(rows, -1).astype(np.float64)


def prepare(job, folder, rows, subsets=0, size=0, **_):
    if job == "auroc":
        scores = np.concatenate([np.fromfile(f"{folder}/{name}") for name in ("positives", "negatives")])
        labels = np.repeat([1, 0], len(scores) // 2)
        return lambda: float(roc_auc_score(labels, scores))
    if job == "ece":
        p = torch.from_numpy(np.fromfile(f"{folder}/probabilities").reshape(rows, -1))
        y = torch.from_numpy(np.fromfile(f"{folder}/labels", np.int32)).long()
        return lambda: float(multiclass_calibration_error(p, y, num_classes=p.shape[1], n_bins=15))
    a, b = features(folder, "a", rows), features(folder, "b", rows)
    if job == "kid":
        return lambda: kernel(a, b, subsets, size)
    return lambda: frechet(a, b, trace_by_eigh if job == "fid eigh" else trace_by_sqrtm)


print("ready", flush=True)
for line in sys.stdin:
    question = json.loads(line)
    run = prepare(**question)
    seconds = []
    for _ in range(question["repeats"]):
        start = time.perf_counter()
        value = run()
        seconds.append(time.perf_counter() - start)
    print(json.dumps([min(seconds), value]), flush=True)
