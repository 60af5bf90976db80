import { key } from "@jem-js/random";
import { golden, goldenTensor } from "@jem-js-internal/testing";
import { concat, dot, type Tensor, type Tensor2D, tensor1d, tensor2d, tidy, zerosLike } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { pointwise } from "./mod.ts";

describe("of the golden numbers", () => {
  const fixture = golden("pointwise");
  const { index, sign, threshold } = fixture;
  /** Class 1 where all of three elements are beyond their thresholds. */
  const model = (x: Tensor): Tensor2D =>
    tidy(() => {
      const chosen = x.reshape([x.shape[0]!, -1]).gather(tensor1d(index, "int32"), 1);
      const smallest = chosen.sub(tensor1d(threshold)).mul(tensor1d(sign)).min(1, true);
      return concat([zerosLike(smallest), smallest], 1) as Tensor2D;
    });
  const x = (): Tensor => goldenTensor(fixture.x);
  const starts = (): Tensor => goldenTensor(fixture.starting_points);

  test("pointwise() ends the L0 phase where foolbox does", async () => {
    for (const seed of [0, 1]) {
      const options = { key: key(seed), starts: starts() };
      const { clipped, distances } = await pointwise(model, x(), fixture.labels, options);
      expect([...distances]).toEqual(fixture.l0_phase.l0);
      expect(await clipped.data()).toBeAllclose(fixture.l0_phase.x_adv.data, { rtol: 1e-7 });
    }
  });

  test("pointwise() brings elements to their thresholds in the L2 phase", async () => {
    const options = { key: key(0), starts: starts(), norm: "l2" } as const;
    const { clipped, distances, success } = await pointwise(model, x(), fixture.labels, options);
    const values = await clipped.data();
    expect(success).toEqual([true, true, true]);
    for (let i = 0; i < 3; i++) {
      for (const [j, at] of (index as number[]).entries()) {
        const beyond = sign[j] * (values[16 * i + at]! - threshold[j]);
        expect(beyond).toBeGreaterThan(0);
        expect(beyond).toBeLessThan(1e-3);
      }
      expect(distances[i]).toBeGreaterThanOrEqual(fixture.l2_phase.l2_limit[i] - 1e-7);
      expect(distances[i]).toBeCloseTo(fixture.l2_phase.l2_foolbox[i], 3);
    }
  });
});

describe("of a linear classifier", () => {
  const fixture = golden("pointwise_linear");
  const w: number[] = fixture.w;
  const model = (x: Tensor): Tensor2D =>
    tidy(() => {
      const margin = dot(x, tensor1d(w)).add(fixture.b).reshape([-1, 1]);
      return concat([zerosLike(margin), margin], 1) as Tensor2D;
    });

  test("pointwise() ends on a set of elements none of which can be taken back", async () => {
    const seeds = Array.from({ length: 20 }, (_, seed) => seed);
    const x = tensor2d(seeds.map(() => fixture.x));
    const starts = tensor2d(seeds.map(() => fixture.starting_point));
    const { distances, clipped } = await pointwise(model, x, new Array(20).fill(0), { key: key(0), starts });
    const found = (await clipped.array()) as number[][];
    for (const [i, row] of found.entries()) {
      const margin = row.reduce((total, value, j) => total + w[j]! * value, fixture.b);
      expect(margin).toBeGreaterThan(0);
      expect(fixture.l0_of_all_1_minimal_sets).toContain(distances[i]);
      row.forEach((value, j) => {
        const clean = Math.fround(fixture.x[j]);
        if (value !== clean) expect(margin + w[j]! * (clean - value)).toBeLessThanOrEqual(1e-6);
      });
    }
    // The order is random: not all end on the same set.
    expect(new Set(distances).size).toBeGreaterThan(1);
  });

  test("pointwise() asks one query for each element that differs, pass by pass", async () => {
    const x = tensor2d([fixture.x]);
    const starts = tensor2d([fixture.starting_point]);
    const { queries, distances } = await pointwise(model, x, [0], { key: key(0), starts });
    const spent = queries[0]! - 4;
    expect(spent).toBeGreaterThanOrEqual(9 + distances[0]!);
    expect(spent).toBeLessThanOrEqual(9 + 8 + 7);
  });
});

test("pointwise() throws on options that make no attack", async () => {
  const x = tensor2d([[0.5, 0.5]]);
  const model = (z: Tensor): Tensor2D => z as Tensor2D;
  // @ts-expect-error: no such norm
  await expect(pointwise(model, x, [0], { key: key(0), norm: "l1" })).rejects.toThrow(
    'norm must be "l0" or "l2" but found l1',
  );
  await expect(pointwise(model, x, [0], { key: key(0), bisections: 0 })).rejects.toThrow(
    "bisections must be a positive integer but found 0",
  );
});
