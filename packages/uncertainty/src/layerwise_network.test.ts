import { key } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import {
  add,
  concat,
  dispose,
  fill,
  grad,
  matMul,
  mul,
  relu,
  slice,
  sum,
  type Tensor,
  type Tensor2D,
  tensor2d,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { layerwiseNetwork } from "./layerwise_network.ts";

const x = tensor2d([
  [1, -2],
  [0.5, 3],
  [-1, 0.25],
]);
const first = tensor2d([[0.5, -1, 2], [1, 0.25, -0.5]]); // biome-ignore format: a matrix
const second = tensor2d([[1, -1], [0.5, 2], [-0.25, 1]]); // biome-ignore format: a matrix

const plain = (z: Tensor): Tensor => matMul(relu(matMul(z, first)) as Tensor2D, second);

/** The same with log-variances, the same everywhere. */
function networkOf(logVariance: number) {
  const withVariance = (mean: Tensor): Tensor => concat([mean, fill(mean.shape, logVariance)], -1);
  return layerwiseNetwork([
    (z) => withVariance(matMul(z, first)),
    (h) => withVariance(matMul(relu(h) as Tensor2D, second)),
  ]);
}

describe("layerwiseNetwork()", () => {
  test("is the network without noise when variances vanish", async () => {
    const expected = await plain(x).data();
    const network = networkOf(-40);
    expect(await network.draw(x, { key: key(0) }).data()).toBeAllclose(expected);
    expect(await network.logits(x).data()).toBeAllclose(expected);
    expect(await networkOf(2).logits(x).data()).toBeAllclose(expected);
  });

  test("gives log-variances by name", async () => {
    const network = networkOf(-3);
    const { logits, features } = network.outputs(x);
    expect(Object.keys(features)).toEqual(network.logVariances);
    expect(network.logVariances.map((name) => features[name]!.shape)).toEqual([
      [3, 3],
      [3, 2],
    ]);
    expect(await features.logVariance2!.data()).toBeAllclose(Array(6).fill(-3));
    expect(await logits.data()).toBeAllclose(await plain(x).data());
  });

  test("draws with the variance that it says", async () => {
    const one = layerwiseNetwork([(z) => concat([z, fill(z.shape, Math.log(4))], -1)]);
    const draws = await one.draw(zerosLike(fill([4000, 1], 0)), { key: key(1) }).data();
    const variance = Float64Array.from(draws).reduce((total, value) => total + value * value, 0) / 4000;
    // The standard error of a variance of normals is 4 sqrt(2 / n).
    expect(Math.abs(variance - 4)).toBeLessThan(4 * 4 * Math.sqrt(2 / 4000));
  });

  test("draws the same for the same key, whatever the batch and the number of samples", async () => {
    const network = networkOf(0);
    const all = network.sample(x, { key: key(2), samples: 3 });
    expect(all.shape).toEqual([3, 3, 2]);
    const fewer = network.sample(slice(x, [1], [2]), { key: key(2), samples: 2, offset: 1 });
    expect(await fewer.data()).toBeAllclose(await slice(all, [0, 1], [2, 2]).data());
    const [a, b] = [await slice(all, [0], [1]).data(), await slice(all, [1], [1]).data()];
    expect(Math.abs(a[0]! - b[0]!)).toBeGreaterThan(1e-3);
    expect([...(await network.draw(x, { key: key(3) }).data())]).not.toEqual([
      ...(await network.draw(x, { key: key(4) }).data()),
    ]);
  });

  test("has gradients in means and log-variances", async () => {
    const at = (offset: Tensor): Tensor => {
      const network = layerwiseNetwork([(z) => add(concat([z, zerosLike(z)], -1), offset)]);
      return sum(network.draw(x, { key: key(5) }));
    };
    const offset = tensor2d([[0, 0, -2, 1]]);
    const gradient = await grad(at)(offset).data();
    const noise = await sum(networkless(), 0).data();
    expect(gradient).toBeAllclose([3, 3, (noise[0]! * Math.exp(-1)) / 2, (noise[1]! * Math.exp(0.5)) / 2]);

    /** The noise of the key, as the draws of standard normals. */
    function networkless(): Tensor {
      return layerwiseNetwork([(z) => concat([mul(z, 0), zerosLike(z)], -1)]).draw(x, { key: key(5) });
    }
  });

  test("refuses what is no stage, and leaves nothing behind", async () => {
    expect(() => layerwiseNetwork([])).toThrow(RangeError);
    expect(() => layerwiseNetwork([1 as never])).toThrow("stages[0] must be a function but found 1");
    expect(() => layerwiseNetwork([(z) => concat([z, slice(z, [0, 0], [-1, 1])], -1)]).logits(x)).toThrow(
      "Cannot run a layerwise network: stages[0] must give [batch, ..., 2 units] but found [3, 3]",
    );
    const network = networkOf(1);
    await leakFree(() => network.draw(x, { key: key(0) }).dispose());
    await leakFree(() => network.sample(x, { key: key(0), samples: 2 }).dispose());
    await leakFree(() => dispose(network.outputs(x) as never));
  });
});
