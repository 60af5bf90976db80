import "@jem-js-internal/testing";
import { execFileSync } from "node:child_process";
import { numericGradient } from "@jem-js-internal/testing";
import {
  AvgPoolGrad,
  avgPool,
  BatchMatMul,
  backend_util,
  Conv2DBackpropFilter,
  Conv2DBackpropInput,
  conv2d,
  conv2dTranspose,
  DepthwiseConv2dNativeBackpropFilter,
  DepthwiseConv2dNativeBackpropInput,
  depthwiseConv2d,
  dispose,
  engine,
  fill,
  findBackendFactory,
  gather,
  getKernel,
  grad,
  MaxPoolGrad,
  matMul,
  maxPool,
  memory,
  mul,
  type NamedAttrMap,
  type NamedTensorMap,
  registerBackend,
  removeBackend,
  type Scalar,
  setBackend,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  tensor,
  tensor1d,
  UnsortedSegmentSum,
} from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { registerWasmGradients } from "./mod.ts";

type Shape4 = [number, number, number, number];
type Padding = "same" | "valid" | number | [[number, number], [number, number], [number, number], [number, number]];

const PADDINGS: readonly Padding[] = [
  "same",
  "valid",
  1,
  [
    [0, 0],
    [2, 0],
    [1, 3],
    [0, 0],
  ],
  [
    [0, 0],
    [6, 5],
    [0, 0],
    [0, 0],
  ],
];
const FILTERS = [
  [1, 1],
  [2, 2],
  [3, 3],
  [4, 4],
  [5, 5],
  [1, 3],
] as const;
const STRIDES = [
  [1, 1],
  [2, 2],
  [3, 3],
  [2, 1],
  [1, 3],
] as const;

/** Numbers from -1 to 1 without a pattern. */
function noise(shape: readonly number[], seed: number): Tensor {
  const size = shape.reduce((product, side) => product * side, 1);
  const values = Float32Array.from({ length: size }, (_, i) => {
    const x = Math.sin(12.9898 * (i + 1) + 78.233 * seed) * 43758.5453;
    return 2 * (x - Math.floor(x)) - 1;
  });
  return tensor(values, [...shape]);
}

/** The shape and the numbers that a kernel gives on a backend, for inputs of noise. */
async function runOn(
  backend: string,
  kernelName: string,
  inputs: () => NamedTensorMap,
  attrs: object,
): Promise<[shape: number[], values: Float32Array]> {
  await setBackend(backend);
  const tensors = inputs();
  // What freed memory is left with must not show in the result.
  for (const size of [8, 64, 512, 4096]) dispose(fill([size], Number.NaN));
  const result: Tensor = engine().runKernel(kernelName, tensors, attrs as NamedAttrMap);
  const values = Float32Array.from(await result.data());
  dispose([tensors, result]);
  return [result.shape, values];
}

/** Compares a kernel on wasm with the one on cpu. */
async function expectAsOnCpu(kernelName: string, inputs: () => NamedTensorMap, attrs: object): Promise<void> {
  const [cpuShape, cpuValues] = await runOn("cpu", kernelName, inputs, attrs);
  const [shape, values] = await runOn("wasm", kernelName, inputs, attrs);
  const largest = cpuValues.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const what = `${kernelName} ${JSON.stringify(attrs)}`;
  expect(shape, what).toEqual(cpuShape);
  expect(values, what).toBeAllclose(cpuValues, { rtol: 1e-5, atol: 1e-6 * (1 + largest) });
}

/** Compares `tf.grad` of a weighted sum of `f(x)` on wasm with finite differences of the same. */
async function expectNumericGradient(f: (x: Tensor) => Tensor, shape: readonly number[], seed = 1): Promise<void> {
  await setBackend("wasm");
  const loss = (x: Tensor): Scalar => {
    const y = f(x);
    return sum(mul(y, noise(y.shape, 9)));
  };
  const x = noise(shape, seed);
  const gradient = grad(loss)(x);
  expect(gradient.shape).toEqual(x.shape);
  // A step of 2^-7 is exact in float32.
  expect(await gradient.data()).toBeAllclose(await numericGradient(loss, x, 2 ** -7), { rtol: 1e-3, atol: 2e-3 });
  dispose([x, gradient]);
}

beforeAll(registerWasmGradients);
afterEach(async () => {
  await setBackend("cpu");
});

test("registerWasmGradients() names the remedy when there is no wasm backend", () => {
  const factory = findBackendFactory("wasm");
  removeBackend("wasm");
  try {
    expect(() => registerWasmGradients()).toThrow(
      'Cannot register wasm gradients: the "wasm" backend must be registered but was not found; ' +
        'import "@tensorflow/tfjs-backend-wasm" first',
    );
  } finally {
    registerBackend("wasm", factory, 2);
  }
});

test("registerWasmGradients() may be called again, and registers without a warning", () => {
  const warn = vi.spyOn(console, "warn");
  const kernels = (): unknown[] =>
    [Conv2DBackpropInput, MaxPoolGrad, BatchMatMul].map((name) => getKernel(name, "wasm"));
  const before = kernels();
  registerWasmGradients();
  expect(kernels().every((kernel, i) => kernel === before[i])).toBe(true);
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});

test("the wasm backend alone lacks four kernels and gets two wrong", () => {
  const script = `
    const tf = require("@tensorflow/tfjs");
    require("@tensorflow/tfjs-backend-wasm");
    tf.enableProdMode();
    (async () => {
      await tf.setBackend("wasm");
      const gradient = async (f) => [...await tf.grad(f)(tf.tensor4d([-3, -1, -2, -4], [1, 2, 2, 1])).data()];
      console.log(JSON.stringify({
        missing: process.argv.slice(1).filter((name) => !tf.getKernel(name, "wasm")),
        maxPool: await gradient((x) => tf.maxPool(x, 2, 2, "valid")),
        avgPool: await gradient((x) => tf.avgPool(x, 3, 1, "same")),
      }));
    })();`;
  const kernels = [
    Conv2DBackpropFilter,
    DepthwiseConv2dNativeBackpropFilter,
    DepthwiseConv2dNativeBackpropInput,
    UnsortedSegmentSum,
  ];
  const output = execFileSync(process.execPath, ["-e", script, ...kernels], { encoding: "utf8", stdio: "pipe" });
  const { missing, maxPool, avgPool } = JSON.parse(output.trim().split("\n").at(-1)!);
  expect(missing).toEqual(kernels);
  expect(maxPool).not.toEqual([0, 1, 0, 0]);
  // Four windows of four numbers each: the gradient is one.
  expect(avgPool).not.toBeAllclose([1, 1, 1, 1]);
});

test("after registerWasmGradients() the same gradients of pools are right", async () => {
  await setBackend("wasm");
  const x = tensor([-3, -1, -2, -4], [1, 2, 2, 1]);
  const ofMaxPool = grad((input) => maxPool(input as Tensor4D, 2, 2, "valid"))(x);
  expect([...(await ofMaxPool.data())]).toEqual([0, 1, 0, 0]);
  const ofAvgPool = grad((input) => avgPool(input as Tensor4D, 3, 1, "same"))(x);
  expect(await ofAvgPool.data()).toBeAllclose([1, 1, 1, 1]);
  dispose([x, ofMaxPool, ofAvgPool]);
});

test("Conv2DBackpropInput and Conv2DBackpropFilter equal those of cpu on a grid", async () => {
  // The counts of channels lead to each of the groupings of phases.
  const sizes = [
    [7, 7, 1, 16],
    [8, 5, 3, 4],
    [8, 5, 5, 3],
    [6, 5, 8, 40],
  ] as const;
  for (const [height, width, channels, filters] of sizes) {
    for (const [high, wide] of FILTERS) {
      for (const strides of STRIDES) {
        for (const pad of PADDINGS) {
          const inputShape: Shape4 = [2, height, width, channels];
          const filterShape: Shape4 = [high, wide, channels, filters];
          const { outShape } = backend_util.computeConv2DInfo(inputShape, filterShape, [...strides], 1, pad);
          const attrs = { strides, pad, dataFormat: "NHWC", inputShape, filterShape };
          const dy = (): Tensor => noise(outShape, 3);
          await expectAsOnCpu(Conv2DBackpropInput, () => ({ dy: dy(), filter: noise(filterShape, 2) }), attrs);
          await expectAsOnCpu(Conv2DBackpropFilter, () => ({ dy: dy(), x: noise(inputShape, 1) }), attrs);
        }
      }
    }
  }
});

test("Conv2DBackpropFilter adds up the chunks of a large batch", async () => {
  const inputShape: Shape4 = [5, 32, 32, 16];
  const filterShape: Shape4 = [3, 3, 16, 2];
  const attrs = { strides: [1, 1], pad: "same", dataFormat: "NHWC", filterShape };
  await expectAsOnCpu(Conv2DBackpropFilter, () => ({ x: noise(inputShape, 1), dy: noise([5, 32, 32, 2], 2) }), attrs);
});

test("DepthwiseConv2dNativeBackpropInput and -Filter equal those of cpu on a grid", async () => {
  for (const [channels, multiplier] of [
    [1, 1],
    [5, 1],
    [3, 2],
  ] as const) {
    for (const [high, wide] of FILTERS) {
      for (const strides of STRIDES) {
        for (const pad of PADDINGS) {
          const inputShape: Shape4 = [2, 7, 6, channels];
          const filterShape: Shape4 = [high, wide, channels, multiplier];
          const { outShape } = backend_util.computeConv2DInfo(
            inputShape,
            filterShape,
            [...strides],
            1,
            pad,
            undefined,
            true,
          );
          const attrs = { strides, pad, dilations: [1, 1], inputShape, filterShape };
          const dy = (): Tensor => noise(outShape, 3);
          await expectAsOnCpu(
            DepthwiseConv2dNativeBackpropInput,
            () => ({ dy: dy(), filter: noise(filterShape, 2) }),
            attrs,
          );
          await expectAsOnCpu(
            DepthwiseConv2dNativeBackpropFilter,
            () => ({ dy: dy(), x: noise(inputShape, 1) }),
            attrs,
          );
        }
      }
    }
  }
});

test("MaxPoolGrad equals that of cpu on a grid, with ties and NaN", async () => {
  const shape: Shape4 = [2, 7, 6, 3];
  const ofNoise = (): Tensor => noise(shape, 1);
  const ofTies = (): Tensor =>
    tensor(
      Float32Array.from({ length: 252 }, (_, i) => (i * 7) % 3),
      shape,
    );
  const ofNaN = (): Tensor =>
    tensor(
      Float32Array.from({ length: 252 }, (_, i) => (i % 5 < 4 ? Number.NaN : -i)),
      shape,
    );
  for (const input of [ofNoise, ofTies, ofNaN]) {
    for (const filterSize of FILTERS) {
      for (const strides of STRIDES) {
        for (const pad of ["same", "valid", 1] as const) {
          const { outShape } = backend_util.computePool2DInfo(shape, [...filterSize], [...strides], 1, pad);
          // Whole numbers, so that sums of overlapping windows are exact.
          const dy = (): Tensor =>
            tensor(
              Float32Array.from({ length: outShape.reduce((a, b) => a * b) }, (_, i) => (i % 7) + 1),
              outShape,
            );
          await expectAsOnCpu(MaxPoolGrad, () => ({ dy: dy(), input: input(), output: dy() }), {
            filterSize,
            strides,
            pad,
          });
        }
      }
    }
  }
});

test("AvgPoolGrad equals that of cpu without padding, and finite differences with it", async () => {
  const shape: Shape4 = [2, 7, 6, 3];
  for (const filterSize of FILTERS) {
    for (const strides of STRIDES) {
      const { outShape } = backend_util.computePool2DInfo(shape, [...filterSize], [...strides], 1, "valid");
      const inputs = (): NamedTensorMap => ({ dy: noise(outShape, 1), input: noise(shape, 2) });
      await expectAsOnCpu(AvgPoolGrad, inputs, { filterSize, strides, pad: "valid" });
    }
  }
  // Not with unequal sides and explicit padding: there avgPool itself reads uninitialised memory on wasm.
  await expectNumericGradient((x) => avgPool(x as Tensor4D, 3, 2, "same"), [1, 5, 4, 2]);
  await expectNumericGradient((x) => avgPool(x as Tensor4D, 3, 2, 1), [1, 5, 4, 2]);
  await expectNumericGradient((x) => avgPool(x as Tensor4D, [2, 3], 1, "same"), [1, 5, 4, 2]);
});

test("UnsortedSegmentSum equals that of cpu, and drops ids that are out of range", async () => {
  for (const shape of [[6], [6, 3], [6, 2, 2]]) {
    const inputs = (): NamedTensorMap => ({ x: noise(shape, 1), segmentIds: tensor1d([2, 0, -1, 2, 4, 9], "int32") });
    await expectAsOnCpu(UnsortedSegmentSum, inputs, { numSegments: 5 });
  }
  await setBackend("wasm");
  const x = tensor([1, 2, 3], [3], "int32");
  const ids = tensor1d([1, 1, 0], "int32");
  const sums: Tensor = engine().runKernel(UnsortedSegmentSum, { x, segmentIds: ids }, { numSegments: 2 });
  expect(sums.dtype).toBe("int32");
  expect([...(await sums.data())]).toEqual([3, 3]);
  dispose([x, ids, sums]);
});

test("BatchMatMul equals that of cpu for each choice of transposes and leading axes", async () => {
  for (const transposeA of [false, true]) {
    for (const transposeB of [false, true]) {
      for (const [left, right] of [
        [[], []],
        [[1], [1]],
        [[1, 1], [1]],
        [[2], [2]],
        [[2], [1]],
      ] as const) {
        for (const [rows, inner, columns] of [
          [4, 3, 5],
          [1, 6, 2],
          [3, 1, 1],
        ] as const) {
          const a = [...left, ...(transposeA ? [inner, rows] : [rows, inner])];
          const b = [...right, ...(transposeB ? [columns, inner] : [inner, columns])];
          const inputs = (): NamedTensorMap => ({ a: noise(a, 1), b: noise(b, 2) });
          await expectAsOnCpu(BatchMatMul, inputs, { transposeA, transposeB });
        }
      }
    }
  }
});

test("tf.grad through layers of convolutional networks equals finite differences on wasm", async () => {
  const filter = noise([3, 3, 2, 3], 2) as Tensor4D;
  const image = noise([1, 5, 4, 2], 3) as Tensor4D;
  for (const stride of [1, 2]) {
    await expectNumericGradient((x) => conv2d(x as Tensor4D, filter, stride, "same"), [1, 5, 4, 2]);
    await expectNumericGradient((w) => conv2d(image, w as Tensor4D, stride, "same"), [3, 3, 2, 3]);
    await expectNumericGradient((x) => depthwiseConv2d(x as Tensor4D, filter, stride, "same"), [1, 5, 4, 2]);
    await expectNumericGradient((w) => depthwiseConv2d(image, w as Tensor4D, stride, "same"), [3, 3, 2, 3]);
  }
  const small = noise([1, 3, 2, 3], 4) as Tensor4D;
  await expectNumericGradient((x) => conv2dTranspose(x as Tensor4D, filter, [1, 5, 4, 2], 2, "same"), [1, 3, 2, 3]);
  await expectNumericGradient((w) => conv2dTranspose(small, w as Tensor4D, [1, 5, 4, 2], 2, "same"), [3, 3, 2, 3]);
  await expectNumericGradient((x) => maxPool(x as Tensor4D, 3, 2, "same"), [1, 5, 4, 2], 6);
  await expectNumericGradient((x) => gather(x, tensor1d([2, 0, 2], "int32")), [3, 2]);
  await expectNumericGradient((x) => matMul(x as Tensor2D, noise([3, 4], 5) as Tensor2D), [2, 3]);
  await expectNumericGradient((w) => matMul(noise([2, 3], 5) as Tensor2D, w as Tensor2D), [3, 4]);
});

test("the kernels leave no memory behind over many calls", async () => {
  await setBackend("wasm");
  const wasm = engine().backend as unknown as { wasm: { HEAPU8: Uint8Array }; numDataIds(): number };
  const x = noise([2, 9, 9, 3], 1) as Tensor4D;
  const w = noise([3, 3, 3, 2], 2) as Tensor4D;
  const matrix = noise([20, 30], 3) as Tensor2D;
  const functions: [(v: Tensor) => Tensor, Tensor][] = [
    [(v) => conv2d(v as Tensor4D, w, 1, "same"), x],
    [(v) => conv2d(v as Tensor4D, w, 2, "same"), x],
    [(v) => conv2d(x, v as Tensor4D, 2, "same"), w],
    [(v) => depthwiseConv2d(v as Tensor4D, w, 2, "same"), x],
    [(v) => depthwiseConv2d(x, v as Tensor4D, 2, "same"), w],
    [(v) => maxPool(v as Tensor4D, 2, 2, "same"), x],
    [(v) => avgPool(v as Tensor4D, 2, 2, "same"), x],
    [(v) => gather(v, tensor1d([1, 1], "int32")), x],
    [(v) => matMul(v as Tensor2D, matrix, false, true), matrix],
  ];
  const gradients = functions.map(([f, v]) => [grad((input) => sum(f(input))), v] as const);
  const callAll = (): void => {
    for (const [gradient, v] of gradients) dispose(gradient(v));
  };
  const usage = (): number[] => [
    memory().numTensors,
    memory().numDataBuffers,
    wasm.numDataIds(),
    wasm.wasm.HEAPU8.length,
  ];
  for (let i = 0; i < 50; i++) callAll();
  const before = usage();
  for (let i = 0; i < 1000; i++) callAll();
  expect(usage()).toEqual(before);
  dispose([x, w, matrix]);
});

test("the kernels refuse what they cannot compute", async () => {
  await setBackend("wasm");
  const image = noise([1, 4, 4, 1], 1);
  const filter = noise([3, 3, 1, 1], 2);
  const run = (name: string, inputs: NamedTensorMap, attrs: object) => () =>
    engine().runKernel(name, inputs, attrs as NamedAttrMap);
  const conv = { strides: [1, 1], pad: "same", dataFormat: "NHWC", inputShape: image.shape, filterShape: filter.shape };
  expect(run(Conv2DBackpropInput, { dy: image, filter }, { ...conv, dataFormat: "NCHW" })).toThrow(
    "Cannot compute Conv2DBackpropInput on wasm: dataFormat must be NHWC but found NCHW",
  );
  expect(run(Conv2DBackpropFilter, { x: image, dy: image }, { ...conv, pad: "valid" })).toThrow(
    "Cannot compute Conv2DBackpropFilter on wasm: dy must be [1, 2, 2, 1] but found [1, 4, 4, 1]",
  );
  expect(run(DepthwiseConv2dNativeBackpropInput, { dy: image, filter }, { ...conv, dilations: [2, 2] })).toThrow(
    "Cannot compute DepthwiseConv2dNativeBackpropInput on wasm: dilations must be 1 but found 2, 2",
  );
  expect(run(UnsortedSegmentSum, { x: image, segmentIds: tensor1d([0, 1], "int32") }, { numSegments: 2 })).toThrow(
    "Cannot compute UnsortedSegmentSum on wasm: segmentIds must be [1] but found [2]",
  );
});
