import { leakFree } from "@jem-js-internal/testing";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { inceptionExtractor, modelExtractor, pixelExtractor } from "./mod.ts";

const images = { data: Float32Array.from({ length: 2 * 4 * 4 }, (_, i) => (i % 7) / 7), shape: [2, 4, 4, 1] } as const;

/** A graph in the format of the converter: the mean of the pixels at `pool_3`, the softmax of it at `softmax`. */
function graphModel(): tf.GraphModel {
  const type = { type: "DT_FLOAT" };
  const sides = [-1, 299, 299, 3].map((size) => ({ size: String(size) }));
  return tf.loadGraphModelSync({
    format: "graph-model",
    modelTopology: {
      node: [
        { name: "x", op: "Placeholder", attr: { dtype: type, shape: { shape: { dim: sides } } } },
        { name: "axes", op: "Const", attr: { dtype: { type: "DT_INT32" } } },
        { name: "pool_3", op: "Mean", input: ["x", "axes"], attr: { T: type, keep_dims: { b: false } } },
        { name: "softmax", op: "Softmax", input: ["pool_3"], attr: { T: type } },
      ],
      library: {},
      versions: {},
    },
    weightSpecs: [{ name: "axes", shape: [2], dtype: "int32" }],
    weightData: new Int32Array([1, 2]).buffer,
  } as tf.io.ModelArtifacts) as unknown as tf.GraphModel;
}

test("modelExtractor() takes the features and probabilities of a LayersModel, whatever the batch", async () => {
  const kernel = tf.tensor2d(
    Array.from({ length: 16 * 3 }, (_, i) => Math.sin(i)),
    [16, 3],
  );
  const input = tf.input({ shape: [4, 4, 1] });
  const flat = tf.layers.flatten().apply(input) as tf.SymbolicTensor;
  const hidden = tf.layers.dense({ units: 3, weights: [kernel, tf.zeros([3])] }).apply(flat) as tf.SymbolicTensor;
  const output = tf.layers.softmax().apply(hidden) as tf.SymbolicTensor;
  const model = tf.model({ inputs: input, outputs: [hidden, output] });
  const run = (x: tf.Tensor) => {
    const [features, probabilities] = model.predict(x) as [tf.Tensor, tf.Tensor];
    return { features, probabilities };
  };
  const extractor = modelExtractor(run, { name: "dense", tensor4d: tf.tensor4d, modelRange: [-1, 1] });
  await leakFree(async () => {
    const { features, probabilities } = await extractor.extract(images);
    const rows = [0, 1].map((n) =>
      [0, 1, 2].map((k) =>
        images.data.slice(16 * n, 16 * n + 16).reduce((sum, p, i) => sum + (2 * p - 1) * Math.sin(3 * i + k), 0),
      ),
    );
    expect(features.shape).toEqual([2, 3]);
    expect(features.data).toBeAllclose(rows.flat(), { atol: 1e-5 });
    const softmax = rows.flatMap((row) => row.map((z) => Math.exp(z) / row.reduce((sum, y) => sum + Math.exp(y), 0)));
    expect(probabilities!.data).toBeAllclose(softmax, { atol: 1e-5 });
    const second = await extractor.extract({ data: images.data.slice(16), shape: [1, 4, 4, 1] });
    expect(second.features.data).toBeAllclose(rows[1]!, { atol: 1e-5 });
  });
});

test("modelExtractor() takes a node of a GraphModel", async () => {
  const model = graphModel();
  const run = (x: tf.Tensor) => ({ features: model.execute(x, "pool_3") as tf.Tensor });
  const options = {
    name: "mean",
    tensor4d: tf.tensor4d,
    size: [299, 299],
    resize: "bilinear-tf1",
    channels: 3,
  } as const;
  const extractor = modelExtractor(run, options);
  await leakFree(async () => {
    const { features, probabilities } = await extractor.extract({ data: [0.25, 0.75], shape: [2, 1, 1, 1] });
    expect(features.data).toBeAllclose([0.25, 0.25, 0.25, 0.75, 0.75, 0.75], { atol: 1e-5 });
    expect(probabilities).toBeUndefined();
  });
  model.dispose();
});

test("modelExtractor() refuses another number of rows, and channels that it cannot repeat", async () => {
  const run = (x: tf.Tensor) => ({ features: tf.mean(x, [0, 1, 2]) });
  const extractor = modelExtractor(run, { name: "sum", tensor4d: tf.tensor4d, channels: 3 });
  const two = { data: [0, 1], shape: [1, 1, 1, 2] } as const;
  await expect(extractor.extract(two)).rejects.toThrow("images must have 1 or 3 channels but found 2");
  const grey = { data: [0, 1], shape: [2, 1, 1, 1] } as const;
  await expect(extractor.extract(grey)).rejects.toThrow("the model must return 2 rows but found 3");
});

test("inceptionExtractor() gives the nodes of a GraphModel 299 x 299 x 3 in [-1, 1), and names all of it", async () => {
  const model = graphModel();
  const extractor = inceptionExtractor(model, { name: "net", tensor4d: tf.tensor4d });
  expect(extractor.id).toBe("net 299x299 bilinear-tf1 3 channels [0, 255] to [-1, 0.9921875]");
  await leakFree(async () => {
    // Two colours: the mean of each channel is (value - 128) / 128.
    const colors = { data: [255, 0, 64, 128, 192, 32], shape: [2, 1, 1, 3] } as const;
    const { features, probabilities } = await extractor.extract(colors);
    const rows = [
      [127 / 128, -1, -0.5],
      [0, 0.5, -0.75],
    ];
    expect(features.shape).toEqual([2, 3]);
    expect(features.data).toBeAllclose(rows.flat(), { atol: 1e-5 });
    const softmax = rows.flatMap((row) => row.map((z) => Math.exp(z) / row.reduce((sum, y) => sum + Math.exp(y), 0)));
    expect(probabilities!.data).toBeAllclose(softmax, { atol: 1e-5 });
  });
  model.dispose();
});

test("pixelExtractor() has another identity for every preparation", () => {
  const ids = [
    pixelExtractor().id,
    pixelExtractor({ size: [8, 8], resize: "bilinear-tf1" }).id,
    pixelExtractor({ size: [8, 8], resize: "bicubic-antialias" }).id,
    pixelExtractor({ inputRange: [0, 255] }).id,
    pixelExtractor({ channels: 3 }).id,
  ];
  expect(new Set(ids).size).toBe(5);
});
