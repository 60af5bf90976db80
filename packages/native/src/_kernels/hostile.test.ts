import { engine, type NamedAttrMap, type NamedTensorMap, setBackend, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { describeNative } from "../../testing/compare.ts";
import { memoryInfo, setMemoryLimit } from "../memory_info.ts";

/** A tensor whose data need not fit its shape: the engine does not check. */
const forged = (shape: number[], length: number): Tensor =>
  engine().makeTensor(new Float32Array(length), shape, "float32");

const ATTRS: Record<string, object> = {
  Conv2D: { strides: 1, pad: "same", dataFormat: "NHWC" },
  Conv2DBackpropInput: { strides: 1, pad: "same", dataFormat: "NHWC", inputShape: [2, 9, 9, 16] },
  Conv2DBackpropFilter: { strides: 1, pad: 1, dataFormat: "NHWC", filterShape: [3, 3, 16, 16] },
  FusedConv2D: { strides: 1, pad: "same", dataFormat: "NHWC", activation: "relu" },
  DepthwiseConv2dNative: { strides: 1, pad: "same", dilations: 1 },
  DepthwiseConv2dNativeBackpropInput: { strides: 1, pad: "same", inputShape: [2, 9, 9, 16] },
  DepthwiseConv2dNativeBackpropFilter: { strides: 1, pad: "same", filterShape: [3, 3, 16, 1] },
  MaxPool: { filterSize: 2, strides: 2, pad: "same" },
  MaxPoolGrad: { filterSize: 2, strides: 2, pad: "same" },
  AvgPoolGrad: { filterSize: 2, strides: 2, pad: "same" },
  BatchMatMul: { transposeA: false, transposeB: true },
  _FusedMatMul: { transposeA: false, transposeB: false, activation: "elu" },
  Add: {},
  Greater: {},
  LeakyReluGrad: { alpha: 0.2 },
  EluGrad: {},
  BroadcastScale: { shape: [7, 3], scale: 2 },
  LangevinStep: { stepSize: 1, noiseScale: 1, key: [0, 0], gradientClip: 1, clamp: [-1, 1] },
  GramRowSums: { powers: [1, 10] },
  GramDeviations: { powers: [1], low: new Float64Array(32), high: new Float64Array(32), boundsOf: new Int32Array(3) },
  CompressionCounts: {
    levels: 2,
    edges: new Float32Array(16),
    prototypes: new Uint8Array(81 * 16).fill(255),
    prototypeOf: new Int32Array(3),
  },
  Sum: { axis: [0, 2] },
  ArgMax: { axis: 0 },
  Softmax: { dim: -1 },
  FusedBatchNorm: { varianceEpsilon: 1e-3 },
  Transpose: { perm: [1, 0, 2, 3] },
  Slice: { begin: [1, 1], size: [5, 5] },
  SplitV: { numOrSizeSplits: [1, 2], axis: 1 },
  PadV2: { paddings: [[1, 1]], constantValue: 0 },
  Tile: { reps: [2, 2] },
  GatherV2: { axis: 0, batchDims: 0 },
  OneHot: { depth: 3, onValue: 1, offValue: 0, dtype: "float32" },
  Select: {},
  Exp: {},
};
const SHAPES = [
  [],
  [0],
  [3],
  [2, 3],
  [9, 9, 16],
  [2, 9, 9, 16],
  [2, 9, 9, 3],
  [3, 3, 16, 16],
  [3, 3, 16, 1],
  [1, 1, 1, 1, 1, 1],
];
const NAMES = ["x", "filter", "bias", "dy", "y", "a", "b", "input", "output", "mean", "variance", "logits", "gradient"];

describeNative("hostile shapes", () => {
  test("inputs of all wrong shapes, and of shapes that do not fit their data, throw at worst", async () => {
    await setBackend("native");
    let seed = 1;
    const random = (n: number): number => {
      seed = (seed * 48271) % 2147483647;
      return seed % n;
    };
    for (const [name, attrs] of Object.entries(ATTRS)) {
      for (let i = 0; i < 60; i++) {
        engine().startScope();
        try {
          const inputs: Record<string, Tensor> = {};
          for (const input of [...NAMES, "condition", "t", "e", "indices"]) {
            const shape = SHAPES[random(SHAPES.length)]!;
            const size = shape.reduce((p, q) => p * q, 1);
            inputs[input] = forged(shape, random(4) === 0 ? random(50) : size);
          }
          const result = engine().runKernel(name, inputs as unknown as NamedTensorMap, attrs as NamedAttrMap);
          for (const tensor of [result].flat() as Tensor[]) tensor.dataSync();
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        } finally {
          engine().endScope();
        }
      }
    }
    await setBackend("cpu");
  });

  test("sizes beyond any memory throw a RangeError and leave the backend working", async () => {
    await setBackend("native");
    const { limit } = memoryInfo();
    setMemoryLimit(2e9);
    const run = (name: string, inputs: object, attrs: object): unknown =>
      tidy(() => engine().runKernel(name, inputs as NamedTensorMap, attrs as NamedAttrMap));
    const row = forged([1, 60_000], 60_000);
    const column = forged([60_000, 1], 60_000);
    const pixel = forged([1, 1, 1, 1], 1);
    const huge = 2 ** 30;
    expect(() => run("Fill", {}, { shape: [huge, huge], value: 1, dtype: "float32" })).toThrow(RangeError);
    expect(() =>
      run(
        "PadV2",
        { x: pixel },
        {
          paddings: [
            [0, huge],
            [0, huge],
            [0, 0],
            [0, 0],
          ],
          constantValue: 0,
        },
      ),
    ).toThrow();
    expect(() => run("BatchMatMul", { a: column, b: row }, { transposeA: false, transposeB: false })).toThrow();
    expect(() => run("Tile", { x: row }, { reps: [huge, 1] })).toThrow();
    expect(Array.from(tidy(() => forged([3], 3).dataSync()))).toEqual([0, 0, 0]);
    for (const tensor of [row, column, pixel]) tensor.dispose();
    setMemoryLimit(limit);
    await setBackend("cpu");
  });
});
