import { key, normalValues } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import {
  add,
  conv2d,
  matMul,
  mean,
  memory,
  relu,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  tensor,
  tensor1d,
  tidy,
  topk,
} from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { METHODS } from "./_registry.ts";
import {
  approximateMass,
  ash,
  type Batch,
  combine,
  type Detector,
  detectorFromJson,
  dice,
  dirichlet,
  energy,
  entropy,
  fitMany,
  generalizedEntropy,
  generalizedOdin,
  gram,
  klMatching,
  knn,
  learnedLogit,
  logDensity,
  logitNetwork,
  mahalanobis,
  mahalanobisEnsemble,
  margin,
  maxLogit,
  maxProbability,
  mcdd,
  ncd,
  odin,
  openClassifier,
  react,
  relativeMahalanobis,
  scoreMany,
  she,
  ufel,
  ufelNetwork,
  vim,
} from "./mod.ts";

const DETECTORS: (() => Detector)[] = [
  approximateMass,
  ash,
  () => combine([energy(), mahalanobis(), gram({ powers: [1, 2] })]),
  () => combine([margin(), knn({ k: 3 })], { rule: "pValue" }),
  dice,
  dirichlet,
  energy,
  entropy,
  generalizedEntropy,
  () => generalizedOdin({ feature: "pooled" }),
  gram,
  klMatching,
  () => knn({ k: 3 }),
  learnedLogit,
  logDensity,
  () => logitNetwork({ key: key(8), epochs: 3, inputs: "logSoftmax" }),
  () => mahalanobis({ layers: ["map", "penultimate"], epsilon: 0.05, std: [0.5] }),
  () => mahalanobisEnsemble({ epsilon: 0.01 }),
  margin,
  maxLogit,
  maxProbability,
  () => mcdd({ feature: "pooled" }),
  ncd,
  () => odin({ epsilon: 0.05 }),
  react,
  relativeMahalanobis,
  she,
  () => ufel({ logVariances: ["map", "pooled"] }),
  () => ufelNetwork({ logVariances: ["map", "pooled"], key: key(9), epochs: 3 }),
  vim,
];

const CLASSES = 3;
const COUNT = 60;

function random(seed: number, shape: number[], scale = 1): Tensor {
  const size = shape.reduce((product, side) => product * side, 1);
  return tensor(
    normalValues(key(seed), size).map((value) => scale * value),
    shape,
  );
}

// A convolution, an average, a dense layer; images of three classes of different brightness.
const filters = random(1, [3, 3, 1, 6], 0.5) as Tensor4D;
const kernel = random(2, [6, CLASSES], 2) as Tensor2D;
const bias = tensor1d([0.3, -0.2, 0.1]);
const network = (x: Tensor) => {
  const map = relu(conv2d(x as Tensor4D, filters, 1, "same"));
  const pooled = mean(map, [1, 2]);
  return { logits: add(matMul(pooled, kernel), bias) as Tensor2D, features: { map, pooled } };
};
const classifier = openClassifier(network, { head: { kernel, bias } });

const labels = Array.from({ length: COUNT }, (_, i) => i % CLASSES);
const x = tidy(() =>
  add(
    random(3, [COUNT, 5, 5, 1], 0.3),
    tensor(
      labels.map((k) => k - 1),
      [COUNT, 1, 1, 1],
    ),
  ),
) as Tensor4D;
const validation = { x: random(4, [20, 5, 5, 1]) };
const auxiliary = { validation, outOfDistribution: { x: random(5, [20, 5, 5, 1], 3) } };
const probe = random(6, [7, 5, 5, 1], 1.5);

const fitted = (detector: Detector): Promise<Detector> => detector.fit(classifier, { x, labels }, auxiliary);
const named = DETECTORS.map((make): [string, () => Detector] => [
  `${make().name}(${JSON.stringify((make() as { options?: object }).options ?? "").replaceAll('""', "")})`,
  make,
]);

test("every method is in the table of this test", () => {
  const names = new Set(DETECTORS.map((make) => make().name));
  expect([...Object.keys(METHODS), "combine"].filter((name) => !names.has(name))).toEqual([]);
});

describe.each(named)("%s", (_, make) => {
  test("scores are numbers, one an example, larger for what is far away", async () => {
    const detector = await fitted(make());
    const scores = await detector.score(probe);
    expect(scores).toBeInstanceOf(Float64Array);
    expect(scores).toHaveLength(7);
    expect([...scores].every(Number.isFinite)).toBe(true);
  });

  test("the scores of a batch are those of its examples", async () => {
    const detector = await fitted(make());
    const together = await detector.score(probe);
    for (let i = 0; i < 7; i++) {
      const one = probe.slice([i], [1]);
      expect(await detector.score(one)).toBeAllclose([together[i]!], { rtol: 1e-5, atol: 1e-6 });
    }
  });

  test("is the same after JSON, to the last bit and byte", async () => {
    const detector = await fitted(make());
    const text = JSON.stringify(detector);
    const again = detectorFromJson(JSON.parse(text), classifier);
    expect(JSON.stringify(again)).toBe(text);
    expect([...(await again.score(probe))]).toEqual([...(await detector.score(probe))]);
    expect(again.notes).toEqual(detector.notes);
    expect(again.tunedWithOutOfDistribution).toBe(detector.tunedWithOutOfDistribution);
    expect(JSON.stringify(await fitted(make()))).toBe(text);
  });

  test("is the same fitted on one batch or on several", async () => {
    const one = await fitted(make());
    const batches: Batch[] = [
      { x: x.slice([0], [13]), labels: labels.slice(0, 13) },
      { x: x.slice([13], [47]), labels: tensor1d(labels.slice(13), "int32") },
    ];
    const several = await make().fit(classifier, batches, auxiliary);
    expect(await several.score(probe)).toBeAllclose(await one.score(probe), { rtol: 1e-9, atol: 1e-9 });
  });

  test("leaves no tensors behind, and disposes batches that a function yields", async () => {
    const pass = function* (): Generator<Batch> {
      yield { x: x.slice([0], [30]), labels: tensor1d(labels.slice(0, 30), "int32") };
      yield { x: x.slice([30], [30]), labels: labels.slice(30) };
    };
    await leakFree(async () => {
      const detector = await make().fit(classifier, pass, auxiliary);
      await detector.score(probe);
    });
  });

  test("leaves no tensors behind when the classifier fails", async () => {
    const detector = make();
    const failing = openClassifier(
      (input: Tensor) => {
        network(input);
        throw new Error("it failed");
      },
      { head: { kernel, bias } },
    );
    const before = memory().numTensors;
    await expect(detector.fit(failing, { x, labels }, auxiliary).then(() => detector.score(probe))).rejects.toThrow(
      "it failed",
    );
    expect(memory().numTensors).toBe(before);
  });
});

test("fitMany() and scoreMany() are the same as one by one, with one forward pass a pass over the examples", async () => {
  let calls = 0;
  const counting = openClassifier(
    (input: Tensor) => {
      calls += 1;
      return network(input);
    },
    { head: { kernel, bias } },
  );
  const byForward = DETECTORS.map((make) => make()).filter(
    ({ name }) => !["approximateMass", "generalizedOdin", "odin", "mahalanobis", "mahalanobisEnsemble"].includes(name),
  );
  await fitMany(byForward, counting, { x, labels }, auxiliary);
  // Round by round: [in, validation, out], [in, validation], and the calibration of what is combined.
  expect(calls).toBe(6);
  calls = 0;
  const scores = await scoreMany(byForward, probe);
  expect(calls).toBe(1);

  const all = await fitMany(
    DETECTORS.map((make) => make()),
    classifier,
    { x, labels },
    auxiliary,
  );
  const together = await scoreMany(all, probe);
  for (const [i, make] of DETECTORS.entries()) {
    const alone = await fitted(make());
    expect([...together[i]!]).toEqual([...(await alone.score(probe))]);
    expect(JSON.stringify(all[i])).toBe(JSON.stringify(alone));
  }
  byForward.forEach((detector, i) => {
    const same = all.findIndex((other) => JSON.stringify(other) === JSON.stringify(detector));
    expect([...scores[i]!]).toEqual([...together[same]!]);
  });
});

test("scoreMany() takes the gradients of several detectors from the one pass that reads for all", async () => {
  let calls = 0;
  const counting = (input: Tensor) => {
    calls += 1;
    return network(input);
  };
  await scoreMany(await fitMany([odin()], counting), probe);
  expect(calls).toBe(2); // the gradient, and the inputs that it moved
  calls = 0;
  const others = [odin(), energy(), approximateMass(), odin({ temperature: 2, epsilon: 0.1 })];
  await scoreMany(await fitMany(others, counting), probe);
  expect(calls).toBe(3);
});

test("scoreMany() says which detectors wanted a gradient that there is not, and leaks nothing", async () => {
  const detectors = await fitMany(
    [approximateMass(), odin()],
    (input) => topk(input.reshape([-1, 25]), 3).values as Tensor2D,
  );
  await leakFree(async () => {
    await expect(scoreMany(detectors, probe)).rejects.toThrow(
      "Cannot score by approximateMass, odin: the classifier must have a gradient with respect to its input but found",
    );
  });
});

test("a detector that is not tuned never looks at out-of-distribution examples", async () => {
  const outOfDistribution = (): Batch[] => {
    throw new Error("it looked");
  };
  for (const make of DETECTORS) {
    const detector = make();
    const fit = detector.fit(classifier, { x, labels }, { validation, outOfDistribution });
    if (detector.tunedWithOutOfDistribution) await expect(fit).rejects.toThrow("it looked");
    else await fit;
  }
});

test("large inputs are cut into pieces", async () => {
  const detector = await energy().fit((input: Tensor) => input as Tensor2D);
  const large = random(9, [1203, 2]);
  const scores = await detector.score(large);
  expect(scores).toHaveLength(1203);
  const last = await detector.score(large.slice([1202], [1]));
  expect(scores[1202]).toBe(last[0]);
});

test("detectors that were fitted one by one on one classifier score together", async () => {
  const identity = (input: Tensor): Tensor2D => input as Tensor2D;
  const detectors = [await energy().fit(identity), await margin().fit(identity)];
  expect(await scoreMany(detectors, random(1, [2, 2]))).toHaveLength(2);
  const other = await energy().fit((input: Tensor) => input as Tensor2D);
  await expect(scoreMany([...detectors, other], random(1, [2, 2]))).rejects.toThrow(
    "must have been fitted on one open classifier",
  );
});

test("a fit that fails leaves the detector as it was", async () => {
  const detector = await fitted(mahalanobis());
  const before = JSON.stringify(detector);
  await expect(detector.fit(classifier, { x, labels: [0] })).rejects.toThrow(`labels must be [${COUNT}] but found [1]`);
  expect(JSON.stringify(detector)).toBe(before);
});

describe("bad input is refused with a reason", () => {
  const identity = (input: Tensor): Tensor2D => input as Tensor2D;

  test("before a fit", async () => {
    await expect(energy().score(probe)).rejects.toThrow("Cannot score by energy: energy must be fitted first");
    expect(() => JSON.stringify(energy())).toThrow("Cannot write energy as JSON: energy must be fitted first");
  });

  test("inputs", async () => {
    const detector = await energy().fit(identity);
    await expect(detector.score(tensor1d([1]))).rejects.toThrow("x must be [batch, ...input] but found [1]");
    await expect(detector.score(tensor([], [0, 2]))).rejects.toThrow("x must have at least 1 example but found [0, 2]");
    await expect(detector.score(tensor([1, 2], [1, 2], "int32"))).rejects.toThrow("x must be float32 but found int32");
    await expect(detector.score(3 as unknown as Tensor)).rejects.toThrow("x must be a tensor but found number");
    await expect(detector.score(tensor([1, Number.NaN], [1, 2]))).rejects.toThrow(
      "logits must be finite but found NaN for example 0",
    );
  });

  test("sources", async () => {
    await expect(klMatching().fit(identity, [])).rejects.toThrow("there must be at least 1 example but found 0");
    await expect(klMatching().fit(identity, () => undefined as unknown as Batch[])).rejects.toThrow(
      "a source that is a function must return batches but found undefined",
    );
    const two = random(1, [2, 2]);
    await expect(mahalanobis().fit(classifier, { x, labels: labels.map(() => 0.5) })).rejects.toThrow(
      "labels must be class indices but found 0.5 at 0",
    );
    await expect(fitMany([{ name: "mine" } as Detector], identity, { x: two })).rejects.toThrow(
      "a detector must be made by this package",
    );
  });

  test("states", async () => {
    const state = JSON.parse(JSON.stringify(await energy().fit(identity)));
    expect(() => detectorFromJson({ ...state, format: "other" }, identity)).toThrow(
      "format must be jem-js/detector but found other",
    );
    expect(() => detectorFromJson({ ...state, version: 2 }, identity)).toThrow("version must be 1 but found 2");
    expect(() => detectorFromJson({ ...state, name: "toString" }, identity)).toThrow(
      "name must be that of a method but found toString",
    );
    expect(() => detectorFromJson({ ...state, state: null }, identity)).toThrow(
      "options, notes and state of energy must be there",
    );
    expect(() => detectorFromJson({ ...state, options: { temperature: -1 } }, identity)).toThrow(RangeError);
    expect(() => detectorFromJson({ ...state, name: "react", options: {} }, identity)).toThrow(
      "the state of react must not be empty",
    );
  });
});
