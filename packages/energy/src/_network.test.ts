import { isAvailable } from "@jem-js/native";
import { leakFree, numericGradient, useBackend } from "@jem-js-internal/testing";
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { registerWasmGradients } from "@jem-js/wasm-gradients";
import { describe, expect, test } from "vitest";
import { type Classifier, energyHead } from "./mod.ts";

registerWasmGradients();
const BACKENDS = ["cpu", "wasm", ...(isAvailable() ? ["native"] : [])];
const values = async (t: tf.Tensor): Promise<number[]> => Array.from(await t.data());
/** Numbers without a pattern, around 0. */
const numbers = (size: number, seed = 1): number[] => Array.from({ length: size }, (_, i) => Math.sin(seed + 7.3 * i));
const dense = (units: number, seed: number, fanIn: number, more: object = {}): tf.layers.Layer =>
  tf.layers.dense({
    units,
    weights: [tf.tensor2d(numbers(fanIn * units, seed), [fanIn, units]), tf.zeros([units])],
    ...more,
  });

interface Node {
  readonly name: string;
  readonly op: string;
  readonly input?: string[];
  readonly attr?: object;
}

const DTYPES: Record<string, string> = { float32: "DT_FLOAT", int32: "DT_INT32" };
const FLOAT = { type: DTYPES.float32 };

/** A graph model in the format of the converter, from a placeholder `x` and weights. */
function graphModel(shape: number[], weights: Record<string, tf.Tensor>, nodes: Node[]): tf.GraphModel {
  const constants = Object.entries(weights);
  const data = constants.flatMap(([, t]) => Array.from(new Uint8Array(t.dataSync().slice().buffer)));
  return tf.loadGraphModelSync({
    format: "graph-model",
    modelTopology: {
      node: [
        {
          name: "x",
          op: "Placeholder",
          attr: { dtype: FLOAT, shape: { shape: { dim: shape.map((size) => ({ size: String(size) })) } } },
        },
        ...constants.map(([name, t]) => ({ name, op: "Const", attr: { dtype: { type: DTYPES[t.dtype] } } })),
        ...nodes.map((node) => ({ ...node, attr: { T: FLOAT, ...node.attr } })),
      ],
      library: {},
      versions: {},
    },
    weightSpecs: constants.map(([name, t]) => ({ name, shape: t.shape, dtype: t.dtype })),
    weightData: Uint8Array.from(data).buffer,
  } as tf.io.ModelArtifacts) as unknown as tf.GraphModel;
}

const MLP_WEIGHTS = (): Record<string, tf.Tensor> => ({
  w1: tf.tensor2d(numbers(12, 2), [3, 4]),
  b1: tf.tensor1d(numbers(4, 3)),
  w2: tf.tensor2d(numbers(8, 4), [4, 2]),
});
const MLP: Node[] = [
  { name: "product", op: "MatMul", input: ["x", "w1"] },
  { name: "biased", op: "BiasAdd", input: ["product", "b1"] },
  { name: "hidden", op: "Tanh", input: ["biased"] },
  { name: "logits", op: "MatMul", input: ["hidden", "w2"] },
];

/** Classifiers of every kind and input rank, all smooth. */
const CLASSIFIERS: Record<string, { make: () => Classifier; shape: number[] }> = {
  "a function of tables": {
    make: () => (x) => tf.matMul(tf.tanh(x) as tf.Tensor2D, tf.tensor2d(numbers(6), [3, 2])),
    shape: [4, 3],
  },
  "a function of numbers": {
    make: () => (x) => tf.stack([tf.sin(x), tf.mul(x, 0.5)], 1) as tf.Tensor2D,
    shape: [4],
  },
  "a layers model of tables": {
    make: () => tf.sequential({ layers: [dense(4, 1, 3, { inputShape: [3], activation: "swish" }), dense(2, 2, 4)] }),
    shape: [4, 3],
  },
  "a layers model of sequences": {
    make: () => {
      const recurrent = tf.layers.gru({ units: 3, inputShape: [5, 2] });
      const model = tf.sequential({ layers: [recurrent, dense(2, 2, 3)] });
      recurrent.setWeights(recurrent.getWeights().map((w, i) => tf.tensor(numbers(w.size, i), w.shape)));
      return model;
    },
    shape: [3, 5, 2],
  },
  "a functional layers model of images": {
    make: () => {
      const input = tf.input({ shape: [4, 4, 1] });
      const kernel = tf.tensor4d(numbers(18), [3, 3, 1, 2]);
      const conv = tf.layers.conv2d({
        filters: 2,
        kernelSize: 3,
        activation: "softplus",
        weights: [kernel, tf.zeros([2])],
      });
      const flat = tf.layers.flatten().apply(conv.apply(input)) as tf.SymbolicTensor;
      return tf.model({ inputs: input, outputs: dense(3, 2, 8).apply(flat) as tf.SymbolicTensor });
    },
    shape: [2, 4, 4, 1],
  },
  "a graph model of tables": { make: () => graphModel([-1, 3], MLP_WEIGHTS(), MLP), shape: [4, 3] },
  "a graph model with fused operations on images": {
    make: () =>
      graphModel(
        [-1, 4, 4, 1],
        {
          k: tf.tensor4d(numbers(18), [3, 3, 1, 2]),
          b: tf.tensor1d([0.1, -0.2]),
          w: tf.tensor2d(numbers(16, 2), [8, 2]),
          c: tf.tensor1d([0.3, 0]),
          shape: tf.tensor1d([-1, 8], "int32"),
        },
        [
          {
            name: "conv",
            op: "_FusedConv2D",
            input: ["x", "k", "b"],
            attr: {
              strides: { list: { i: ["1", "1", "1", "1"] } },
              dilations: { list: { i: ["1", "1", "1", "1"] } },
              padding: { s: Buffer.from("VALID").toString("base64") },
              data_format: { s: Buffer.from("NHWC").toString("base64") },
              fused_ops: { list: { s: [Buffer.from("BiasAdd").toString("base64")] } },
              num_args: { i: "1" },
            },
          },
          { name: "squashed", op: "Tanh", input: ["conv"] },
          { name: "flat", op: "Reshape", input: ["squashed", "shape"] },
          {
            name: "logits",
            op: "_FusedMatMul",
            input: ["flat", "w", "c"],
            attr: { fused_ops: { list: { s: [Buffer.from("BiasAdd").toString("base64")] } }, num_args: { i: "1" } },
          },
        ],
      ),
    shape: [2, 4, 4, 1],
  },
};

describe.each(BACKENDS)("on %s", (backend) => {
  useBackend(backend);

  test.each(Object.keys(CLASSIFIERS))("energyHead() of %s: energies, the score, and no leak", async (name) => {
    const { make, shape } = CLASSIFIERS[name]!;
    const head = energyHead(make());
    const x = tf.tensor(
      numbers(
        shape.reduce((a, b) => a * b),
        5,
      ),
      shape,
    );
    await head.validate(x);
    const logits = (await head.logits(x).array()) as number[][];
    const expected = logits.map((row) => -Math.log(row.reduce((s, f) => s + Math.exp(f), 0)));
    expect(await values(head.energy(x))).toBeAllclose(expected);
    const numeric = await numericGradient((z) => tf.sum(head.logDensity(z)), x);
    expect(head.score(x).shape).toEqual(shape);
    expect(await values(head.score(x))).toBeAllclose(numeric, { rtol: 1e-3, atol: 1e-3 });
    await leakFree(() => {
      head.energy(x).dispose();
      head.score(x).dispose();
      head.approximateMass(x).dispose();
    });
  });

  test("energies, probabilities and scores stay finite and right at logits of 1e3", async () => {
    const head = energyHead((x) => tf.mul(x, 1000) as tf.Tensor2D);
    const x = tf.tensor2d([
      [1, -1, 0.999],
      [-1, -1, -1],
    ]);
    const p = 1 / (1 + Math.exp(-1));
    expect(await values(head.energy(x))).toBeAllclose([-1000 - Math.log1p(Math.exp(-1)), 1000 - Math.log(3)]);
    const third = 1 / 3;
    const probabilities = [p, 0, 1 - p, third, third, third];
    // 999 is 0.999 times 1000 to a rounding of 6e-5.
    expect(await values(head.probabilities(x))).toBeAllclose(probabilities, { rtol: 1e-4 });
    expect(await values(head.score(x))).toBeAllclose(
      probabilities.map((q) => 1000 * q),
      { rtol: 1e-4 },
    );
    expect(await values(head.energy(x, [1, 0]))).toBeAllclose([1000, 1000]);
  });
});

test("the batch of a layers model is not cut into pieces", async () => {
  const model = tf.sequential({ layers: [tf.layers.batchNormalization({ inputShape: [2] })] });
  const head = energyHead(model, { training: true });
  const x = tf.tensor2d(numbers(140), [70, 2]);
  const { mean, variance } = tf.moments(x, 0);
  const expected = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-3)));
  expect(await values(head.logits(x))).toBeAllclose(await values(expected), { rtol: 1e-4, atol: 1e-5 });
});

test("variables are the trainable weights as they are now, and the gradient reaches them", async () => {
  const model = tf.sequential({ layers: [dense(4, 1, 3, { inputShape: [3] }), dense(2, 2, 4)] });
  const head = energyHead(model);
  const x = tf.tensor2d(numbers(6), [2, 3]);
  expect(head.variables).toHaveLength(4);
  const { grads } = tf.variableGrads(() => tf.mean(head.energy(x)), [...head.variables]);
  for (const variable of head.variables)
    expect(Math.max(...(await grads[variable.name]!.abs().data()))).toBeGreaterThan(0);
  model.layers[0]!.trainable = false;
  expect(head.variables).toHaveLength(2);
  const weights = tf.variable(tf.zeros([3, 2]));
  const classifier = (z: tf.Tensor): tf.Tensor2D => tf.matMul(z as tf.Tensor2D, weights as tf.Tensor2D);
  expect(energyHead(classifier).variables).toEqual([]);
  expect(energyHead(classifier, { variables: [weights] }).variables).toEqual([weights]);
  expect(energyHead(graphModel([-1, 3], MLP_WEIGHTS(), MLP)).variables).toEqual([]);
});

test("training calls a layers model in training mode", async () => {
  const model = tf.sequential({ layers: [tf.layers.dropout({ rate: 0.999, inputShape: [1000] })] });
  const x = tf.ones([1, 1000]);
  const dropped = await values(energyHead(model, { training: true }).logits(x));
  expect(dropped.filter((value) => value === 0).length).toBeGreaterThan(900);
  expect(await values(energyHead(model).logits(x))).toEqual(new Array(1000).fill(1));
});

test("features are those of a layer, a node or a function", async () => {
  const model = tf.sequential({
    layers: [dense(4, 1, 3, { inputShape: [3], activation: "tanh", name: "penultimate" }), dense(2, 2, 4)],
  });
  const x = tf.tensor2d(numbers(6), [2, 3]);
  const expected = await values(model.layers[0]!.apply(x) as tf.Tensor);
  for (const features of ["penultimate", 0, -2]) {
    const head = energyHead(model, { features });
    await leakFree(() => head.features!(x).dispose());
    expect(await values(head.features!(x))).toEqual(expected);
    const gradient = tf.grad((z) => tf.sum(head.features!(z)))(x);
    expect(gradient.shape).toEqual([2, 3]);
  }
  const graph = energyHead(graphModel([-1, 3], MLP_WEIGHTS(), MLP), { features: "hidden" });
  const { w1, b1 } = MLP_WEIGHTS();
  expect(await values(graph.features!(x))).toBeAllclose(await values(tf.tanh(x.matMul(w1!).add(b1!))));
  const own = energyHead((z) => z as tf.Tensor2D, { features: (z) => tf.square(z) });
  expect(await values(own.features!(x))).toEqual(await values(tf.square(x)));
  const identity = energyHead((z) => z as tf.Tensor2D, { features: (z) => z });
  identity.features!(x).dispose();
  expect(x.isDisposed).toBe(false);
  expect("features" in energyHead(model)).toBe(false);
});

test("energyHead() refuses a layers model that ends in a softmax, however it is built", () => {
  const softmax = { units: 2, inputShape: [3], activation: "softmax" as const, name: "last" };
  const models: [tf.LayersModel, string][] = [
    [tf.sequential({ layers: [tf.layers.dense(softmax)] }), 'layer "last" (softmax)'],
    [tf.sequential({ layers: [tf.layers.softmax({ inputShape: [3], name: "s" })] }), 'layer "s" (softmax)'],
    [
      tf.sequential({ layers: [tf.layers.dense({ ...softmax, activation: "logSoftmax" as "softmax" })] }),
      "(logSoftmax)",
    ],
    [
      tf.sequential({
        layers: [tf.layers.activation({ activation: "softmax", inputShape: [1, 3], name: "a" }), tf.layers.flatten()],
      }),
      'layer "a" (softmax)',
    ],
    [tf.sequential({ layers: [tf.sequential({ layers: [tf.layers.dense(softmax)] })] }), 'layer "last" (softmax)'],
  ];
  for (const [model, message] of models) {
    expect(() => energyHead(model)).toThrow("the classifier must return logits but ends in a softmax");
    expect(() => energyHead(model)).toThrow(message);
  }
});

test("a model that ends in a softmax is used by the name of its logits", async () => {
  const x = tf.tensor2d(numbers(6), [2, 3]);
  const layers = tf.sequential({ layers: [dense(2, 1, 3, { inputShape: [3], name: "scores" }), tf.layers.softmax()] });
  const inner = energyHead(layers, { logits: "scores" });
  expect(await values(inner.probabilities(x))).toBeAllclose(await values(layers.predict(x) as tf.Tensor));
  expect(await values(inner.logits(x))).toBeAllclose(await values(layers.layers[0]!.apply(x) as tf.Tensor));
  for (const op of ["Softmax", "LogSoftmax"]) {
    const nodes = [...MLP, { name: "p", op, input: ["logits"] }, { name: "out", op: "Identity", input: ["p"] }];
    const graph = graphModel([-1, 3], MLP_WEIGHTS(), nodes);
    expect(() => energyHead(graph)).toThrow(
      `ends in a softmax, node "p" (${op}); remove it, or name the node of the logits`,
    );
    expect(() => energyHead(graph, { logits: "p" })).toThrow("ends in a softmax");
    const head = energyHead(graph, { logits: "logits" });
    const reference = energyHead(graphModel([-1, 3], MLP_WEIGHTS(), MLP));
    expect(await values(head.score(x))).toEqual(await values(reference.score(x)));
  }
});

test("score() names the operation that has no gradient, leaks nothing, and energies work without it", async () => {
  const nodes: Node[] = [
    { name: "zero", op: "Sub", input: ["x", "x"] },
    { name: "above", op: "Greater", input: ["x", "zero"] },
    { name: "step", op: "Cast", input: ["above"], attr: { SrcT: { type: "DT_BOOL" }, DstT: FLOAT } },
    { name: "logits", op: "MatMul", input: ["step", "w1"] },
  ];
  const head = energyHead(graphModel([-1, 3], { w1: tf.tensor2d(numbers(6, 2), [3, 2]) }, nodes));
  const x = tf.tensor2d(numbers(6), [2, 3]);
  expect(await values(head.energy(x))).toHaveLength(2);
  await leakFree(() => {
    expect(() => head.score(x)).toThrow(
      "every operation from x to the logits must have a gradient but Greater has none",
    );
  });
  const constant = energyHead(() => tf.ones([2, 3]));
  await leakFree(() => {
    expect(() => constant.score(x)).toThrow("the logits must depend on x through differentiable operations");
  });
});

test("energyHead() refuses options that do not go with the classifier", () => {
  const model = tf.sequential({ layers: [dense(2, 1, 3, { inputShape: [3], name: "only" })] });
  const graph = graphModel([-1, 3], MLP_WEIGHTS(), MLP);
  const f = (x: tf.Tensor): tf.Tensor2D => x as tf.Tensor2D;
  expect(() => energyHead(f, { training: true })).toThrow("training is an option of layers models");
  expect(() => energyHead(graph, { training: true })).toThrow("training is an option of layers models");
  expect(() => energyHead(model, { variables: [] })).toThrow("variables is an option of functions");
  expect(() => energyHead(f, { logits: "a" })).toThrow("names and indices need a model but found a function");
  expect(() => energyHead(f, { features: 1 })).toThrow("names and indices need a model but found a function");
  expect(() => energyHead(graph, { features: 1 })).toThrow("a graph model has no layer 1: name a node");
  expect(() => energyHead(model, { features: "none" })).toThrow('there is no layer "none" among only');
  expect(() => energyHead(model, { features: 1 })).toThrow(RangeError);
  expect(() => energyHead(model, { features: true as unknown as string })).toThrow("but found boolean");
  expect(() => energyHead(model, { logits: "only", training: true })).toThrow("not available with training");
  const x = tf.ones([2, 3]);
  expect(() => energyHead(f, { features: () => tf.ones([3, 1]) }).features!(x)).toThrow(
    "one tensor [2, ...] but found [3, 1]",
  );
  expect(() => energyHead(f, { features: () => 3 as unknown as tf.Tensor }).features!(x)).toThrow("but found number");
});

test("validate() refuses functions whose rows are log-probabilities", async () => {
  const head = energyHead((x) => tf.logSoftmax(x) as tf.Tensor2D);
  await expect(head.validate(tf.tensor2d(numbers(6), [2, 3]))).rejects.toThrow("it returns log-probabilities");
  // One row that happens to be normalised is no reason.
  await energyHead((x) => x as tf.Tensor2D).validate(
    tf.tensor2d([
      [0.4, 0.6],
      [1, 3],
    ]),
  );
});

test.each(["int32", "float32"] as const)("tokens (%s) have energies but no score", async (dtype) => {
  const embedding = tf.layers.embedding({ inputDim: 5, outputDim: 3, inputShape: [4] });
  const head = energyHead(tf.sequential({ layers: [embedding, tf.layers.globalAveragePooling1d(), dense(2, 1, 3)] }));
  const tokens = tf.tensor2d(
    [
      [0, 1, 2, 3],
      [4, 4, 0, 1],
    ],
    [2, 4],
    dtype,
  );
  await head.validate(tokens);
  expect(head.energy(tokens, [0, 1]).shape).toEqual([2]);
  await leakFree(() => {
    expect(() => head.score(tokens)).toThrow(/^Cannot compute score: /);
  });
});
