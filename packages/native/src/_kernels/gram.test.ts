import { leakFree } from "@jem-js-internal/testing";
import {
  engine,
  mul,
  type NamedAttrMap,
  type NamedTensorMap,
  setBackend,
  type Tensor,
  tensor,
  zeros,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { describeNative, randn, runOn } from "../../testing/compare.ts";

function gramRowSums(x: Tensor, powers: readonly unknown[]): Tensor {
  const inputs = { x } as unknown as NamedTensorMap;
  return engine().runKernel("GramRowSums", inputs, { powers } as unknown as NamedAttrMap) as Tensor;
}

/** The definition, in float64: first the scale, then by power and channel. */
function expected(map: readonly number[], channels: number, powers: readonly number[]): number[] {
  const scale = Math.max(...map.map(Math.abs));
  const f = map.map((value) => value / scale);
  const sums = powers.flatMap((power) =>
    Array.from({ length: channels }, (_, c) => {
      let sum = 0;
      for (let i = 0; i < f.length; i++) sum += f[i - (i % channels) + c]! ** power * f[i]! ** power;
      return Math.sign(sum) * Math.abs(sum) ** (1 / power);
    }),
  );
  return [scale, ...sums];
}

describeNative("GramRowSums", () => {
  test.each([
    [[3, 7, 5, 32], 1, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
    [[2, 5, 5, 37], 1e15, [3, 1, 10, 12]],
    [[1, 9, 9, 3], 1e-25, [2, 5]],
    [[2, 7], 1, [1, 21]],
  ])("of %j is the definition, at a scale of %d", async (shape, scale, powers) => {
    const [x, y] = await runOn("native", () => {
      const map = mul(randn(shape, 3), scale);
      return [map, gramRowSums(map, powers)];
    });
    const [batch, channels] = [shape[0]!, shape.at(-1)!];
    const width = x!.values.length / batch;
    expect(y!.shape).toEqual([batch, 1 + powers.length * channels]);
    const wanted = Array.from({ length: batch }, (_, i) =>
      expected(x!.values.slice(i * width, (i + 1) * width), channels, powers),
    ).flat();
    // Of sums that cancel, float64 has fewer digits: the bound is relative beside an absolute one.
    wanted.forEach((value, i) => {
      expect(Math.abs(y!.values[i]! - value)).toBeLessThan(
        1e-6 * Math.abs(value) + 1e-9 * (i % (y!.shape[1] ?? 1) ? 1 : 0),
      );
    });
  });

  test("of a map of zeros it is 0, and it passes on what is not a number", async () => {
    const [none, nan] = await runOn("native", () => [
      gramRowSums(zeros([1, 4, 2]), [1, 10]),
      gramRowSums(tensor([1, NaN, 2, 3], [1, 2, 2]), [1]),
    ]);
    expect(none!.values).toEqual([1, 0, 0, 0, 0]);
    expect(nan!.values.slice(1)).toEqual([NaN, NaN]);
  });

  test("GramDeviations of them is what leaves the bounds of the class with the largest logit", async () => {
    await setBackend("native");
    const powers = [1, 2, 3];
    const [x, logits] = [mul(randn([5, 4, 4, 7], 5), 1e20), randn([5, 3], 6)];
    const rows = gramRowSums(x, powers);
    const statistics = await rows.data();
    const z = await logits.data();
    // Bounds around, above and below the statistics, some of which are 0.
    const bound = (shift: number) =>
      Float64Array.from(randn([2 * 21], 7).dataSync(), (v, i) => (i % 5 ? v + shift : shift) * 1e40);
    const [low, high] = [bound(-0.5), bound(0.5)];
    const attrs = { powers, low, high, boundsOf: Int32Array.of(0, 1, 0) };
    const run = (given: object = attrs, from: Tensor = x): Tensor =>
      engine().runKernel(
        "GramDeviations",
        { x: from, logits } as unknown as NamedTensorMap,
        given as NamedAttrMap,
      ) as Tensor;
    const result = run();
    const found = await result.data();
    for (let i = 0; i < 5; i++) {
      const own = Array.from(z.slice(3 * i, 3 * i + 3));
      const from = own.indexOf(Math.max(...own)) === 1 ? 21 : 0;
      let sum = 0;
      for (let j = 0; j < 21; j++) {
        const value = statistics[22 * i + 1 + j]! * statistics[22 * i]! ** 2;
        const [least, most] = [low[from + j]!, high[from + j]!];
        if (value < least) sum += (least - value) / Math.abs(least + 1e-6);
        else if (value > most) sum += (value - most) / Math.abs(most + 1e-6);
      }
      expect((found[2 * i]! + found[2 * i + 1]!) / sum).toBeCloseTo(1, 12);
    }
    const broken = mul(x, Number.NaN);
    const nan = run(attrs, broken);
    expect(await nan.data()).toEqual(new Float32Array(10).fill(Number.NaN));
    await leakFree(() => run().dispose());
    expect(() => run({ ...attrs, low: new Float64Array(20) })).toThrow("low must be a Float64Array with 21 numbers");
    expect(() => run({ ...attrs, high: new Float64Array(21) })).toThrow("high must be a Float64Array with 21 numbers");
    expect(() => run({ ...attrs, boundsOf: Int32Array.of(0, 2, 0) })).toThrow("boundsOf must be 3 indices below 2");
    expect(() => run(attrs, logits)).toThrow(TypeError);
    for (const each of [x, logits, rows, result, broken, nan]) each.dispose();
    await setBackend("cpu");
  });

  test("it throws for powers and inputs that are none, takes no examples, and leaves one tensor", async () => {
    await setBackend("native");
    const [x, empty, whole, scalar] = [zeros([2, 3]), zeros([0, 3]), zeros([2, 3], "int32"), zeros([3])];
    for (const powers of [[], [0], [1.5]]) expect(() => gramRowSums(x, powers)).toThrow(RangeError);
    expect(() => gramRowSums(whole, [1])).toThrow("x must be float32 but found int32");
    expect(() => gramRowSums(scalar, [1])).toThrow(TypeError);
    await leakFree(() => gramRowSums(x, [1, 2]).dispose());
    const none = gramRowSums(empty, [1, 2]);
    expect(none.shape).toEqual([0, 7]);
    for (const tensor of [x, empty, whole, scalar, none]) tensor.dispose();
    await setBackend("cpu");
  });
});
