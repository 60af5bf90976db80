import { foldIn, key, normal, normalValues } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import {
  add,
  clipByValue,
  engine,
  mul,
  type NamedAttrMap,
  type NamedTensorMap,
  setBackend,
  type Tensor,
  tensor1d,
  zeros,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { describeNative, randn, runOn } from "../../testing/compare.ts";

function langevinStep(x: Tensor, gradient: Tensor, attrs: object): Tensor {
  const inputs = { x, gradient } as unknown as NamedTensorMap;
  return engine().runKernel("LangevinStep", inputs, attrs as NamedAttrMap) as Tensor;
}

describeNative("LangevinStep", () => {
  test("its noise equals @jem-js/random's, bit for bit, for all sizes and keys", async () => {
    for (const [i, size] of [1, 2, 511, 513, 100_001].entries()) {
      for (const k of [key(0), key(2 ** 52 + 3), foldIn(key(7), i), [0xffffffff, 0xffffffff] as const]) {
        const [noise] = await runOn("native", () =>
          langevinStep(zeros([size]), zeros([size]), { stepSize: 0, noiseScale: 1, key: k }),
        );
        expect(Float32Array.from(noise!.values)).toEqual(normalValues(k, size));
      }
    }
  });

  test("normal() of @jem-js/random takes its numbers from it, and leaves one tensor", async () => {
    const [noise] = await runOn("native", () => normal(key(5), [3, 1000]));
    expect(Float32Array.from(noise!.values)).toEqual(normalValues(key(5), 3000));
    await setBackend("native");
    await leakFree(() => normal(key(0), [2000]).dispose());
    await setBackend("cpu");
  });

  test.each<[string, { noiseScale: number; gradientClip?: number; clamp?: [number, number] }]>([
    ["with noise", { noiseScale: 0.01 }],
    ["with noise and bounds", { noiseScale: 0.3, gradientClip: 0.7, clamp: [-1, 0.9] }],
    ["with bounds and no noise, as in JEM++", { noiseScale: 0, gradientClip: 1, clamp: [-1, 1] }],
    ["with one bound", { noiseScale: 0.01, clamp: [-1, 1] }],
  ])("it equals the composed form, %s", async (_, rule) => {
    for (const size of [1, 700, 50_176]) {
      const [step, composed] = await runOn("native", () => {
        const [x, gradient] = [randn([size], 1), randn([size], 2)];
        const { gradientClip, clamp } = rule;
        const slope = gradientClip === undefined ? gradient : clipByValue(gradient, -gradientClip, gradientClip);
        const moved = add(add(x, mul(slope, 0.5)), mul(normal(key(3), [size]), rule.noiseScale));
        return [
          langevinStep(x, gradient, { ...rule, stepSize: 0.5, key: key(3) }),
          clamp === undefined ? moved : clipByValue(moved, ...clamp),
        ];
      });
      expect(step!.values).toEqual(composed!.values);
    }
  });

  test("it passes on what is not a number, and bounds what is infinite", async () => {
    const values = [NaN, Infinity, -Infinity, 1];
    const attrs = { stepSize: 1, noiseScale: 0, key: key(0), gradientClip: 2, clamp: [-5, 5] };
    const [slopes, positions] = await runOn("native", () => [
      langevinStep(zeros([4]), tensor1d(values), attrs),
      langevinStep(tensor1d(values), zeros([4]), attrs),
    ]);
    expect(slopes!.values).toEqual([NaN, 2, -2, 1]);
    expect(positions!.values).toEqual([NaN, 5, -5, 1]);
  });

  test("it throws for another gradient's shape and for a key that is none, and takes empty tensors", async () => {
    await setBackend("native");
    const [x, other, empty] = [zeros([3]), zeros([4]), zeros([0])];
    const attrs = { stepSize: 1, noiseScale: 1, key: key(0) };
    expect(() => langevinStep(x, other, attrs)).toThrow(TypeError);
    expect(() => langevinStep(x, x, { ...attrs, key: [1] })).toThrow("two unsigned 32-bit words");
    expect(() => langevinStep(x, x, { ...attrs, key: [-1, 0] })).toThrow(TypeError);
    const result = langevinStep(empty, empty, attrs);
    expect(result.shape).toEqual([0]);
    for (const tensor of [x, other, empty, result]) tensor.dispose();
    await setBackend("cpu");
  });
});
