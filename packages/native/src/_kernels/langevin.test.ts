import { foldIn, key, normal, normalValues } from "@jem-js/random";
import {
  add,
  engine,
  mul,
  type NamedAttrMap,
  type NamedTensorMap,
  setBackend,
  type Tensor,
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

  test("it equals the composed form to rounding", async () => {
    const [step, composed] = await runOn("native", () => {
      const x = randn([64, 28, 28, 1], 1);
      const gradient = randn([64, 28, 28, 1], 2);
      return [
        langevinStep(x, gradient, { stepSize: 0.5, noiseScale: 0.01, key: key(3) }),
        add(add(x, mul(gradient, 0.5)), mul(normal(key(3), [64, 28, 28, 1]), 0.01)),
      ];
    });
    expect(step!.values).toBeAllclose(composed!.values, { rtol: 1e-6, atol: 1e-6 });
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
