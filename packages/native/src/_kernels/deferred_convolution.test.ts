import {
  add,
  conv2d,
  grad,
  leakyRelu,
  matMul,
  mean,
  memory,
  mul,
  relu,
  reshape,
  type Scalar,
  setBackend,
  square,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  tidy,
  type Variable,
  variable,
  variableGrads,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { describeNative, expectSame, randn, runOn } from "../../testing/compare.ts";
import { setExact } from "../set_exact.ts";

const conv = (x: Tensor, filter: Tensor, stride = 1): Tensor =>
  conv2d(x as Tensor4D, filter as Tensor4D, stride, "same");

/** A slope of 1 would hide wrong masks; a kinked net would turn rounding into large errors. This is a compromise. */
const SLOPE = 0.9;

/** Loss, gradient of the input, and gradients of all weights. */
function everyGradient(
  net: (x: Tensor, weights: Variable[]) => Tensor,
  xShape: number[],
  weightShapes: number[][],
): Tensor[] {
  const weights = weightShapes.map((shape, i) => {
    const fanIn = shape.slice(0, -1).reduce((a, b) => a * b, 1);
    return variable(mul(randn(shape, 10 + i), Math.sqrt(1 / fanIn)));
  });
  const x = randn(xShape, 1);
  const output = net(x, weights);
  const seed = randn(output.shape, 2);
  const loss = (input: Tensor): Scalar => sum(mul(net(input, weights), seed)) as Scalar;
  const { value, grads } = variableGrads(() => loss(x), weights);
  const results = [value, grad(loss)(x), ...weights.map(({ name }) => grads[name]!)].map((t) => mul(t, 1));
  for (const weight of weights) weight.dispose();
  return results;
}

describeNative("deferred convolutions", () => {
  test("a plain convolutional net has the gradients of cpu", () =>
    expectSame(
      () =>
        everyGradient(
          (x, [a, b, c, d, e, f]) => {
            let h = leakyRelu(add(conv(x, a!), b!), SLOPE);
            h = leakyRelu(add(conv(h, c!, 2), d!), SLOPE);
            h = leakyRelu(conv(h, e!), SLOPE);
            return matMul(mean(h, [1, 2]) as Tensor2D, f! as unknown as Tensor2D);
          },
          [8, 9, 9, 3],
          [[3, 3, 3, 32], [32], [3, 3, 32, 48], [48], [3, 3, 48, 16], [16, 5]],
        ),
      3e-4,
    ));

  test("a pre-activation residual net with projections has the gradients of cpu", () =>
    expectSame(
      () =>
        everyGradient(
          (x, [stem, a, b, shortcut]) => {
            const h = conv(x, stem!);
            const p = leakyRelu(h, SLOPE);
            return leakyRelu(add(conv(leakyRelu(conv(p, a!, 2), SLOPE), b!), conv(p, shortcut!, 2)), SLOPE);
          },
          [4, 12, 12, 3],
          [
            [3, 3, 3, 16],
            [3, 3, 16, 32],
            [3, 3, 32, 32],
            [1, 1, 16, 32],
          ],
        ),
      3e-4,
    ));

  test("an identity shortcut, whose convolution is read twice, has the gradients of cpu", () =>
    expectSame(
      () =>
        everyGradient(
          (x, [stem, a, b, c]) => {
            let h = conv(x, stem!);
            h = add(h, conv(leakyRelu(conv(leakyRelu(h, SLOPE), a!), SLOPE), b!));
            h = add(conv(leakyRelu(h, SLOPE), c!), h);
            return relu(h);
          },
          [4, 8, 8, 3],
          [
            [3, 3, 3, 16],
            [3, 3, 16, 16],
            [3, 3, 16, 16],
            [3, 3, 16, 16],
          ],
        ),
      1e-3,
    ));

  test("operands may be disposed, reshaped or reused before the result is read", () =>
    expectSame(() => {
      const filter = randn([3, 3, 16, 16], 2);
      const bias = randn([16], 3);
      const x = randn([2, 8, 8, 16], 1);
      const y = conv(x, filter);
      const biased = add(y, bias);
      x.dispose();
      filter.dispose();
      bias.dispose();
      const other = randn([2, 8, 8, 16], 4); // takes the memory that was given back, if any
      const flat = reshape(y, [2, 64, 16]);
      return [add(flat, 1), leakyRelu(biased, 0.2), add(biased, other), add(y, y), relu(add(other, y)), y, biased];
    }, 1e-4));

  test("an array may change after it became a tensor", async () => {
    const [before, after] = await runOn("native", () => {
      const values = new Float32Array(64).fill(1);
      const x = randn([1, 8, 8, 1]).mul(0).add(values.length) as Tensor4D;
      const y = conv(x, randn([3, 3, 1, 1], 5));
      const same = conv(x, randn([3, 3, 1, 1], 5));
      same.dataSync();
      values.fill(7);
      return [y, same];
    });
    expect(before!.values).toEqual(after!.values);
  });

  test("a result that is never read is never computed, and leaves nothing behind", async () => {
    await setBackend("native");
    const before = memory().numTensors;
    tidy(() => {
      const x = randn([2, 8, 8, 16], 1);
      return conv(leakyRelu(conv(x, randn([3, 3, 16, 16], 2)), 0.2), randn([3, 3, 16, 16], 3));
    }).dispose();
    expect(memory().numTensors).toBe(before);
    await setBackend("cpu");
  });

  test("second derivatives of a leaky ReLU exist", async () => {
    const [result] = await runOn("native", () => {
      const inner = (x: Tensor): Scalar => sum(leakyRelu(square(x), 0.2)) as Scalar;
      return grad((x: Tensor) => sum(square(grad(inner)(x))) as Scalar)(randn([5], 1));
    });
    const [x] = await runOn("cpu", () => mul(randn([5], 1), 8));
    expect(result!.values).toBeAllclose(x!.values);
  });

  test("exact mode gives equal bits each time", async () => {
    setExact(true);
    const run = () =>
      runOn("native", () =>
        everyGradient(
          (x, [a, b]) => leakyRelu(conv(leakyRelu(conv(x, a!), 0.2), b!), 0.2),
          [16, 8, 8, 3],
          [
            [3, 3, 3, 16],
            [3, 3, 16, 16],
          ],
        ),
      );
    const first = await run();
    for (let i = 0; i < 5; i++) expect(await run()).toEqual(first);
    setExact(false);
  });
});
