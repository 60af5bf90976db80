import { benchmark, energy, learnedLogit } from "@jem-js/ood";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { compare } from "./acceptance.ts";
import { comparisonTable, figuresOf, trainedTable } from "./tables.ts";

async function resultOf(scale: number) {
  const classifier = (x: tf.Tensor) => tf.mul(x, scale) as tf.Tensor2D;
  const test = {
    x: tf.tensor2d([
      [9, 0],
      [0, 7],
      [1, 1],
    ]),
    labels: [0, 0, 0],
  };
  const outOfDistribution = { x: tf.zeros([4, 2]) };
  const detectors = {
    energy: await energy().fit(classifier),
    ...(scale > 0 && { "a|b": await learnedLogit().fit(classifier, test, { outOfDistribution }) }),
  };
  const out = { zeros: { source: outOfDistribution, distance: "far" } } as const;
  return benchmark(detectors, { MNIST: test }, out);
}

test("comparisonTable() puts networks side by side, and a dash where one has no such detector", async () => {
  const table = comparisonTable({ JEM: await resultOf(1), control: await resultOf(-1) });
  expect(table.split("\n").slice(2)).toEqual([
    "| detector | zeros (far) |",
    "| --- | --- |",
    "| energy | 100.0 / 0.0 |",
    "| a\\|b † | 100.0 / – |",
  ]);
});

test("figuresOf() names accuracies and AUROCs, of which compare() lets none pass that is missing", async () => {
  const figures = figuresOf({ JEM: await resultOf(1) });
  expect(figures).toMatchObject({ "JEM, energy, zeros": 1, "JEM, accuracy on MNIST": 2 / 3 });
  const rows = compare(figures, { "JEM, energy, zeros": { min: 0.9 }, other: { min: 0 } });
  expect(rows.map(({ passes }) => passes)).toEqual([true, false]);
});

test("trainedTable() has a line a detector, with the accuracy of its network", async () => {
  const lines = trainedTable({ head: await resultOf(1), other: await resultOf(-1) })
    .split("\n")
    .slice(2);
  expect(lines).toEqual([
    "| network | accuracy | detector | zeros (far) |",
    "| --- | --- | --- | --- |",
    "| head | 66.7 | energy | 100.0 |",
    "| head | 66.7 | a\\|b † | 100.0 |",
    "| other | 66.7 | energy | 0.0 |",
  ]);
});
