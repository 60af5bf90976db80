import { golden, leakFree } from "@jem-js-internal/testing";
import { add, grad, grads, mul, sum, type Tensor, tensor1d, tensor2d, tensor3d } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { dirichletDivergence } from "./dirichlet_divergence.ts";

type Row = Record<"a" | "b" | "grad_a" | "grad_b" | "v" | "hess_aa_v" | "hess_ab_v" | "hess_bb_v", number[]> & {
  kl: number;
};
const rows = golden("dirichlet").divergence as Row[];
const column = <K extends keyof Row>(name: K): Row[K][] => rows.map((row) => row[name]);
const a = tensor2d(column("a"));
const b = tensor2d(column("b"));
const v = tensor2d(column("v"));
const of = (from: Tensor, to: Tensor): Tensor => sum(dirichletDivergence(from, to));

/** Float32 holds concentrations to 6e-8: with it as much of the gradient as that of their function. */
async function expectClose(found: Tensor, expected: number[][], scale: (row: number) => number): Promise<void> {
  const data = await found.data();
  expected.forEach((values, i) => {
    expect(data.slice(4 * i, 4 * i + 4)).toBeAllclose(values, { rtol: 1e-5, atol: 1e-6 * scale(i) });
  });
}

describe("dirichletDivergence()", () => {
  test("agrees with torch.distributions", async () => {
    expect(await dirichletDivergence(a, b).data()).toBeAllclose(column("kl"));
  });

  test("agrees with the fixture F9", async () => {
    const { target, logits, ...f9 } = golden("ood_fixtures").F9_dirichlet;
    const alpha = logits.map(Math.exp);
    const from = tensor2d([target, alpha, [1, 1, 1], alpha]);
    const to = tensor2d([alpha, target, alpha, [1, 1, 1]]);
    const expected = [f9.kl_fwd_in, f9.kl_rev_in, f9.kl_fwd_out, f9.kl_rev_out];
    expect(await dirichletDivergence(from, to).data()).toBeAllclose(expected);
  });

  test("has gradients in both, and theirs", async () => {
    const [ga, gb] = grads(of)([a, b]) as [Tensor, Tensor];
    const largest = (i: number): number =>
      Math.max(...rows[i]!.grad_a.map(Math.abs), ...rows[i]!.grad_b.map(Math.abs), 1);
    await expectClose(ga, column("grad_a"), largest);
    await expectClose(gb, column("grad_b"), largest);
    const along = (which: 0 | 1) => (from: Tensor, to: Tensor) => sum(mul(grads(of)([from, to])[which]!, v));
    const [aa, ab] = grads(along(0))([a, b]) as [Tensor, Tensor];
    const bb = grad((to: Tensor) => along(1)(a, to))(b);
    const curved = (i: number): number =>
      Math.max(...[...rows[i]!.hess_aa_v, ...rows[i]!.hess_ab_v, ...rows[i]!.hess_bb_v].map(Math.abs), 1);
    await expectClose(aa, column("hess_aa_v"), curved);
    await expectClose(ab, column("hess_ab_v"), curved);
    await expectClose(bb, column("hess_bb_v"), curved);
  });

  test("has no gradient in what is constant, and the same in the other", async () => {
    const [ga, gb] = grads(of)([a, b]) as [Tensor, Tensor];
    const inFrom = grad((from: Tensor) => sum(dirichletDivergence(from, b, { constant: "to" })))(a);
    const inTo = grad((to: Tensor) => sum(dirichletDivergence(a, to, { constant: "from" })))(b);
    expect(await inFrom.data()).toEqual(await ga.data());
    expect(await inTo.data()).toEqual(await gb.data());
    const both = grad((z: Tensor) => add(sum(dirichletDivergence(z, z, { constant: "to" })), sum(z)))(a);
    expect(await both.data()).toBeAllclose(Array(a.size).fill(1), { atol: 1e-3 });
    expect(() => dirichletDivergence(a, b, { constant: "both" as "to" })).toThrow(TypeError);
    await leakFree(() => dirichletDivergence(a, b, { constant: "to" }).dispose());
  });

  test("is 0 of a distribution and itself, whatever its concentrations, and never below", async () => {
    const wide = tensor2d([
      [1e-3, 1e-3, 1e-3],
      [1e5, 1e5, 1e-3],
      [1, 7.9, 8.1],
      [1234.5, 0.7, 99],
    ]);
    expect([...(await dirichletDivergence(wide, wide).data())]).toEqual([0, 0, 0, 0]);
    const near = await dirichletDivergence(wide, mul(wide, 1.0001)).data();
    expect(Math.min(...near)).toBeGreaterThanOrEqual(0);
  });

  test("is finite at the corners of the range", async () => {
    const ends = [1e-3, 1e5];
    const corners = ends.flatMap((p) => ends.flatMap((q) => [[p, q]]));
    const pairs = corners.flatMap((p) => corners.map((q) => [p, q] as const));
    const found = await dirichletDivergence(tensor2d(pairs.map(([p]) => p)), tensor2d(pairs.map(([, q]) => q))).data();
    expect(found.every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
  });

  test("takes maps, and refuses other shapes", async () => {
    const map = tensor3d([[[1, 2], [3, 4]]]); // biome-ignore format: a map of one row
    expect(dirichletDivergence(map, map).shape).toEqual([1, 2]);
    expect(() => dirichletDivergence(tensor1d([1, 2]), tensor1d([1, 2, 3]))).toThrow(
      "Cannot compute the divergence: to must have the shape of from [2] but found [3]",
    );
    expect(() => dirichletDivergence(tensor2d([], [0, 2]), tensor2d([], [0, 2]))).toThrow(RangeError);
  });

  test("leaves nothing behind", async () => {
    await leakFree(() => dirichletDivergence(a, b).dispose());
    await leakFree(() => grads(of)([a, b]).forEach((g) => void g.dispose()));
  });
});
