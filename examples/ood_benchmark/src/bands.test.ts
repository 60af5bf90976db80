import { batches } from "@jem-js/data";
import { energyHead } from "@jem-js/energy";
import { convNet, convNetPresets } from "@jem-js/models";
import { benchmark, fitMany, gram, mahalanobis, maxProbability } from "@jem-js/ood";
import { foldIn, key } from "@jem-js/random";
import { classifierProcedure, fit } from "@jem-js/trainer";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { startBackend } from "./backend.ts";
import { readSets } from "./datasets.ts";

test("MNIST to Fashion-MNIST: Mahalanobis summed over layers and Gram are above 0.99, and above MSP", async () => {
  await startBackend();
  const seed = key(0);
  const { train, fitted, validation, test: digits, out } = await readSets({ images: 500, fitted: 4000 }, seed);
  const model = convNet(foldIn(seed, 20), { ...convNetPresets.small, inputShape: [28, 28, 1], classes: 10 });
  const optimizer = tf.train.adam(0.004);
  await fit(
    classifierProcedure(energyHead(model), { inputNoise: 0.03 }),
    (start) => batches(train, { key: foldIn(seed, 21), batchSize: 64, start }),
    {
      optimizer,
      variables: model.trainableWeights.map((weight) => weight.read() as tf.Variable),
      iterations: 300,
      key: foldIn(seed, 22),
    },
  );
  const detectors = {
    mahalanobis: mahalanobis({ layers: ["all"] }),
    gram: gram({ powers: [1, 2, 3, 4, 5] }),
    msp: maxProbability(),
  };
  await fitMany(Object.values(detectors), model, fitted, { validation });
  const outSets = { fashion: out["Fashion-MNIST"]!, noise: out.noise! };
  const { rows, accuracies } = await benchmark(detectors, { digits }, outSets);
  const aurocOf = (detector: string, set: string): number =>
    rows.find((row) => row.detector === detector && row.outSet === set)!.auroc;
  expect(accuracies.digits).toBeGreaterThan(0.9);
  for (const set of ["fashion", "noise"]) {
    expect(aurocOf("mahalanobis", set)).toBeGreaterThan(0.99);
    expect(aurocOf("gram", set)).toBeGreaterThan(0.99);
  }
  expect(aurocOf("mahalanobis", "fashion")).toBeGreaterThan(aurocOf("msp", "fashion"));
  optimizer.dispose();
}, 120_000);
