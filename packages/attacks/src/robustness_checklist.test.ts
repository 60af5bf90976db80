import { key } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import {
  cast,
  concat,
  customGrad,
  less,
  mul,
  ones,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  tensor2d,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { linearPair, pairInputs } from "../testing/linear_pair.ts";
import {
  eotModel,
  noisyModel,
  type RobustnessCheck,
  type RobustnessChecklistOptions,
  robustnessChecklist,
} from "./mod.ts";

const labels = [0, 0, 0, 0]; // the last is misclassified
const options = { norm: "linf", epsilon: 0.12, key: key(0), steps: 10, noiseDraws: 50 } as const;
type Verdicts = Record<RobustnessCheck["check"], RobustnessCheck>;
const check = async (
  model: Parameters<typeof robustnessChecklist>[0],
  some: Partial<RobustnessChecklistOptions> = {},
) => {
  const found = await robustnessChecklist(model, pairInputs(), labels, { ...options, ...some });
  expect(new Set(found.map(({ check }) => check)).size).toBe(found.length);
  return Object.fromEntries(found.map((one) => [one.check, one])) as Verdicts;
};

test("robustnessChecklist() passes an honest evaluation", async () => {
  const never = Number.POSITIVE_INFINITY;
  const distances = Float64Array.from([never, 0.1, never, 0]); // examples 1 and 2 can be broken within 0.12
  const found = await check(linearPair(1), {
    undefended: linearPair(-1),
    results: {
      square: { knowledge: "score", result: { distances } },
      boundary: { knowledge: "decision", result: { distances } },
    },
    statements: { threatModel: "white box", adaptiveAttack: "no defence", settings: "as given" },
  });
  const failed = Object.values(found).filter(({ verdict }) => verdict === "fail");
  // The undefended one gets all examples but the last wrong: there is nothing to break but that one, which is too far.
  expect(failed.map((one) => one.check)).toEqual(["attackBreaksUndefended"]);
  expect(found.cleanAccuracy.finding).toBe("75 % of 4 examples are classified correctly without an attack.");
  expect(found.kindsOfAttacks.verdict).toBe("pass");
  expect(found.randomness.verdict).toBe("notApplicable");
  expect(found.worstCase.finding).toContain("25 % withstand");
  expect(found.settings).toMatchObject({ verdict: "stated", finding: "as given" });
  expect(found.otherShifts.verdict).toBe("missing");
  expect(
    (await check(linearPair(1), { undefended: linearPair(3), epsilon: 0.31 })).attackBreaksUndefended.verdict,
  ).toBe("pass");
});

test("robustnessChecklist() fails where gradients are masked, with the examples that show it", async () => {
  // The cross-entropy underflows: pgd goes nowhere. Noise and another attack find what it does not.
  const found = await check(linearPair(1000), {
    epsilon: 0.3,
    undefended: linearPair(1),
    results: { boundary: { knowledge: "decision", result: { distances: Float64Array.from([0.35, 0.1, 0.08, 0]) } } },
  });
  expect(found.unboundedAttackSucceeds).toMatchObject({ verdict: "fail" });
  expect(found.gradientBeatsOthers).toMatchObject({ verdict: "fail" });
  expect(found.gradientBeatsNoise.verdict).toBe("fail");
  // 0.3 moves the first example to the boundary at most.
  for (const name of ["gradientBeatsOthers", "gradientBeatsNoise"] as const) {
    expect(found[name].examples.every((i) => i === 1 || i === 2)).toBe(true);
  }
  expect(found.attackBreaksUndefended.verdict).toBe("fail"); // 2 of 3
  expect(found.kindsOfAttacks).toMatchObject({ verdict: "missing", finding: "There is no score attack." });
});

test("robustnessChecklist() counts what other attacks with gradients break", async () => {
  const distances = Float64Array.from([0.35, 0.1, 0.08, 0]);
  const found = await check(linearPair(1000), {
    epsilon: 0.3,
    results: {
      boundary: { knowledge: "decision", result: { distances } },
      apgd: { knowledge: "gradient", result: { distances } },
    },
  });
  expect(found.gradientBeatsOthers.verdict).toBe("pass");
});

test("robustnessChecklist() notices that more steps break more", async () => {
  // Class 1 in a band on the way of the attack: long steps leap over it, half as long ones do not.
  const inside = customGrad((...given) => {
    const offset = sub(given[0] as Tensor, 0.53);
    return { value: cast(less(mul(offset, offset), 0.0001), "float32"), gradFunc: (dy: Tensor) => mul(dy, 0) };
  });
  const band = (x: Tensor): Tensor2D => {
    const first = sum(mul(x, tensor2d([[1, 0]])), 1, true);
    return concat([mul(first, 0.5), mul(inside(first), 2)], 1) as Tensor2D;
  };
  const far = tensor2d(Array.from({ length: 40 }, () => [0.6, 0.5]));
  const settings = { ...options, epsilon: 0.2, steps: 5 };
  const found = await robustnessChecklist(band, far, new Array(40).fill(0), settings);
  const { verdict, examples } = found.find((one) => one.check === "stepsConverged")!;
  expect(verdict).toBe("fail");
  expect(examples.length).toBeGreaterThan(0);
});

test("robustnessChecklist() wants noise fixed", async () => {
  const noisy = noisyModel(linearPair(1), { noiseScale: 0.1 });
  const model = eotModel(noisy, { key: key(1), draws: 2 });
  expect((await check(model)).randomness.verdict).toBe("missing");
  const fixedNoise = eotModel(noisy, { key: key(1), draws: 2, fresh: false });
  expect((await check(model, { fixedNoise })).randomness.verdict).toBe("pass");
});

test("robustnessChecklist() gives equal keys equal results and leaves no tensor", async () => {
  const x = pairInputs();
  await leakFree(async () => {
    const found = await robustnessChecklist(linearPair(1), x, labels, { ...options, undefended: linearPair(2) });
    expect(await robustnessChecklist(linearPair(1), x, labels, { ...options, undefended: linearPair(2) })).toEqual(
      found,
    );
    await expect(robustnessChecklist(linearPair(1), x, [0, 0, 0, 2], options)).rejects.toThrow(RangeError);
  });
});

test("robustnessChecklist() rejects what it cannot check", async () => {
  const cases: [Partial<RobustnessChecklistOptions>, string][] = [
    [{ epsilon: 0 }, "Cannot go through the checklist: epsilon must be greater than 0 but found 0"],
    [{ noiseDraws: 0 }, "noiseDraws must be a positive integer but found 0"],
    [{ steps: 0.5 }, "steps must be a positive integer but found 0.5"],
    [
      { results: { a: { knowledge: "score", result: { distances: new Float64Array(3) } } } },
      "a must be of 4 examples but found 3",
    ],
  ];
  for (const [some, message] of cases) await expect(check(linearPair(1), some)).rejects.toThrow(message);
  await expect(robustnessChecklist(linearPair(1), ones([0, 2]), [], options)).rejects.toThrow("found none");
});
