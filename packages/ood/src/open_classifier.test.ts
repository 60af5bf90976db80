import { leakFree } from "@jem-js-internal/testing";
import {
  model as functionalModel,
  type GraphModel,
  initializers,
  input,
  layers,
  loadGraphModelSync,
  sequential,
} from "@tensorflow/tfjs";
import {
  add,
  type io,
  matMul,
  ones,
  type Tensor,
  type Tensor2D,
  tensor1d,
  tensor2d,
  tidy,
} from "@tensorflow/tfjs-core";
import { describe, expect, test, vi } from "vitest";
import { fitMany, mahalanobis, odin, openClassifier, scoreMany } from "./mod.ts";

const WEIGHTS = [
  [1, -1, 2],
  [0, 3, 1],
];

function dense(name: string, activation: "linear" | "relu" | "softmax", units = 3) {
  const kernelInitializer = initializers.constant({ value: 0 });
  const layer = layers.dense({ name, units, activation, kernelInitializer, biasInitializer: "ones" });
  return layer;
}

/** A network 2-2-3 whose hidden layer is the identity on positive inputs. */
function network(activation: "linear" | "softmax", softmaxLayer = false) {
  const model = sequential({
    layers: [
      layers.dense({ name: "hidden", units: 2, activation: "relu", inputShape: [2], kernelInitializer: "identity" }),
      layers.dropout({ rate: 0.5 }),
      dense("last", activation),
      ...(softmaxLayer ? [layers.softmax()] : []),
    ],
  });
  model.getLayer("last").setWeights([tensor2d(WEIGHTS), tensor1d([0.5, 0, -0.5])]);
  return model;
}

async function readAll(
  opened: ReturnType<typeof openClassifier>,
  x: Tensor,
  names: string[],
): Promise<Record<string, number[]>> {
  const result: Record<string, number[]> = {};
  let kept: [string, Tensor][] = [];
  tidy(() => {
    const { logits, features } = opened.read(x, names);
    kept = [["logits", logits.clone()], ...[...features].map(([name, t]): [string, Tensor] => [name, t.clone()])];
    return kept.map(([, t]) => t);
  });
  for (const [name, t] of kept) {
    result[name] = Array.from(await t.data());
    t.dispose();
  }
  return result;
}

const x = () => tensor2d([[1, 2]]);
const LOGITS = [1.5, 5, 3.5];

describe.each([
  ["linear outputs", () => network("linear")],
  ["a softmax of the last dense layer", () => network("softmax")],
  ["a softmax layer", () => network("linear", true)],
])("openClassifier() of a layers model with %s", (_, make) => {
  test("reads logits, features by layer and the last layer", async () => {
    const opened = openClassifier(make());
    const read = await readAll(opened, x(), ["hidden", "penultimate"]);
    expect(read).toEqual({ logits: LOGITS, hidden: [1, 2], penultimate: [1, 2] });
    expect(opened.head?.kernel.shape).toEqual([2, 3]);
    expect(await opened.head!.bias!.data()).toBeAllclose([0.5, 0, -0.5]);
  });

  test("takes all for the layers that compute something", async () => {
    expect(Object.keys(await readAll(openClassifier(make()), x(), ["all"]))).toEqual(["logits", "hidden"]);
  });
});

test("openClassifier() of a model of one dense layer takes the input for the penultimate", async () => {
  const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [2], kernelInitializer: "identity" })] });
  expect(await readAll(openClassifier(model), x(), ["penultimate"])).toEqual({ logits: [1, 2], penultimate: [1, 2] });
});

test("openClassifier() refuses a softmax within a model that it cannot look behind", () => {
  const inputs = input({ shape: [2] });
  const inner = network("softmax");
  const outer = functionalModel({ inputs, outputs: inner.apply(inputs) as ReturnType<typeof input> });
  expect(() => openClassifier(outer)).toThrow("it must give logits but found a softmax");
});

test("openClassifier() of a layers model names what it does not find", () => {
  const model = network("linear");
  expect(() => openClassifier(model, { logits: "nowhere" })).toThrow('there is no layer "nowhere" among hidden, ');
  expect(() => openClassifier(model).read(x(), ["nowhere"])).toThrow('there is no layer "nowhere"');
});

describe("openClassifier() of a function", () => {
  const kernel = tensor2d(WEIGHTS);
  const withFeatures = (input: Tensor) => ({
    logits: matMul(input as Tensor2D, kernel) as Tensor2D,
    features: { first: input, second: add(input, 1) },
  });

  test("reads what it returns by name, the last as the penultimate", async () => {
    const read = await readAll(openClassifier(withFeatures), x(), ["first", "penultimate"]);
    expect(read).toEqual({ logits: [1, 5, 4], first: [1, 2], penultimate: [2, 3] });
    const chosen = openClassifier(withFeatures, { penultimate: "first" });
    expect(await readAll(chosen, x(), ["penultimate"])).toEqual({ logits: [1, 5, 4], penultimate: [1, 2] });
    expect(Object.keys(await readAll(openClassifier(withFeatures), x(), ["all"]))).toEqual([
      "logits",
      "first",
      "second",
    ]);
  });

  test("names a feature that is missing", () => {
    expect(() => openClassifier(withFeatures).read(x(), ["third"])).toThrow(
      'it must give the feature "third" but found a function without; return { logits, features: { name: tensor } } from it',
    );
  });

  test("reads the features of an energy head", async () => {
    const head = { logits: (t: Tensor) => t as Tensor2D, features: (t: Tensor) => add(t, 1) };
    expect(await readAll(openClassifier(head), x(), ["penultimate"])).toEqual({ logits: [1, 2], penultimate: [2, 3] });
    const { features: _, ...bare } = head;
    expect(() => openClassifier(bare).read(x(), ["penultimate"])).toThrow("but found a head without");
  });

  test("checks shapes", () => {
    expect(() => openClassifier(() => tensor1d([1]) as unknown as Tensor2D).read(x(), [])).toThrow(
      "logits must be [1, classes] for inputs [1, 2] but found [1]",
    );
    expect(() => openClassifier(() => ones([1, 1]) as Tensor2D).read(x(), [])).toThrow(
      "at least 2 classes but found 1",
    );
    const wrong = openClassifier((t) => ({ logits: t as Tensor2D, features: { f: ones([3, 2]) } }));
    expect(() => wrong.read(x(), ["f"])).toThrow('feature "f" must be [1, ...] but found [3, 2]');
  });
});

describe("openClassifier() of a graph model", () => {
  /** x -> hidden = x + 1 -> logits = hidden kernel -> softmax -> Identity, in the format of the converter. */
  function graphModel() {
    const float = { type: "DT_FLOAT" };
    const node = (name: string, op: string, input: string[]) => ({ name, op, input, attr: { T: float } });
    return loadGraphModelSync({
      format: "graph-model",
      modelTopology: {
        node: [
          {
            name: "x",
            op: "Placeholder",
            attr: { dtype: float, shape: { shape: { dim: [{ size: "-1" }, { size: "2" }] } } },
          },
          { name: "one", op: "Const", attr: { dtype: float } },
          { name: "kernel", op: "Const", attr: { dtype: float } },
          node("hidden", "AddV2", ["x", "one"]),
          node("logits", "MatMul", ["hidden", "kernel"]),
          node("probabilities", "Softmax", ["logits"]),
          node("output", "Identity", ["probabilities"]),
        ],
        library: {},
        versions: {},
      },
      weightSpecs: [
        { name: "one", shape: [1], dtype: "float32" },
        { name: "kernel", shape: [2, 3], dtype: "float32" },
      ],
      weightData: Float32Array.from([1, ...WEIGHTS.flat()]).buffer,
    } as io.ModelArtifacts) as unknown as GraphModel;
  }
  const graph = graphModel();

  test("reads the logits before the softmax and features by node, in one pass", async () => {
    const opened = openClassifier(graph, { penultimate: "hidden" });
    const execute = vi.spyOn(graph, "execute");
    expect(await readAll(opened, x(), ["hidden", "penultimate"])).toEqual({
      logits: [2, 7, 7],
      hidden: [2, 3],
      penultimate: [2, 3],
    });
    expect(execute.mock.calls.map((call) => call[1])).toEqual([["logits", "hidden"]]);
    execute.mockRestore();
  });

  test("has gradients for odin(), and features for mahalanobis()", async () => {
    const opened = openClassifier(graph, { penultimate: "hidden" });
    const detectors = [odin({ temperature: 1, epsilon: 0.1 }), mahalanobis()];
    await fitMany(detectors, opened, { x: tensor2d([0, 1, 1, 0, 2, 2], [3, 2]), labels: [0, 0, 0] });
    const [byOdin, byDistance] = await scoreMany(detectors, x());
    // Of [1, 2] the logits are [2, 7, 7]: the first of equals, 1, is predicted, and its cross-entropy rises with x_0 and
    // falls with x_1. At [0.9, 2.1] they are [1.9, 7.4, 6.9].
    const expected = Math.exp(7.4) / (Math.exp(1.9) + Math.exp(7.4) + Math.exp(6.9));
    expect(byOdin).toBeAllclose([-expected]);
    expect(byDistance![0]).toBeGreaterThan(0);
  });

  test("names what it lacks", () => {
    expect(() => openClassifier(graph).read(x(), ["penultimate"])).toThrow(
      "but found a graph model without; name its node",
    );
    expect(() => openClassifier(graph).read(x(), ["all"])).toThrow("a list of all its features");
    expect(() => openClassifier(graph).read(x(), ["nowhere"])).toThrow('there is no node "nowhere" in the graph model');
    expect(() => openClassifier(graph, { logits: "nowhere" })).toThrow('there is no node "nowhere"');
  });
});

test("openClassifier() refuses what is no classifier", () => {
  expect(() => openClassifier(3 as unknown as (t: Tensor) => Tensor2D)).toThrow(
    "it must be a function, an object with logits() or a model with execute() but found number",
  );
});

test("openClassifier() holds no tensors", async () => {
  const model = network("softmax");
  await leakFree(() => tidy(() => void openClassifier(model).read(ones([2, 2]), ["all", "penultimate"])));
});
