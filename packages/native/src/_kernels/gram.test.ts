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
