import { key, normalValues } from "@jem-js/random";
import { type GoldenTensor, golden, goldenNetwork, goldenTensor, leakFree } from "@jem-js-internal/testing";
import { layers, sequential } from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import {
  clone,
  concat,
  div,
  getBackend,
  keep,
  matMul,
  mul,
  ones,
  reverse,
  scalar,
  setBackend,
  sub,
  type Tensor,
  type Tensor2D,
  tensor1d,
  tensor2d,
  tensor4d,
  zeros,
} from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, test } from "vitest";
import { confine, radiusOf } from "./_norms.ts";
import { allOf, fgsm, misclassification, type PgdOptions, pgd, targeted } from "./mod.ts";

const fixture = golden("attacks");
const { labels, targets } = fixture;
const network = goldenNetwork(golden("ebm_cnn").model);
/** The network of the fixture on images in [0, 1]. */
const model = (x: Tensor): Tensor2D => network.classifier(div(sub(x, 0.5), 0.5));
const clean = (): Tensor => goldenTensor(fixture.x0);
const linear = (x: Tensor): Tensor2D =>
  matMul(
    x as Tensor2D,
    tensor2d([
      [1, -1, 0],
      [0, 2, 1],
    ]),
  );

const values = async (t: Tensor): Promise<number[]> => Array.from(await t.data());

function rowsOf(flat: ArrayLike<number>, count: number): number[][] {
  const size = flat.length / count;
  return Array.from({ length: count }, (_, i) => Array.from(flat).slice(i * size, (i + 1) * size));
}

/** The norms of each example of `x - origin`. */
async function norms(x: Tensor, origin: Tensor): Promise<Record<"l2" | "linf" | "l1" | "l0", number[]>> {
  const [a, b] = [await values(x), await values(origin)];
  const offsets = rowsOf(
    a.map((value, i) => value - b[i]!),
    x.shape[0]!,
  );
  return {
    l2: offsets.map((row) => Math.hypot(...row)),
    linf: offsets.map((row) => Math.max(...row.map(Math.abs))),
    l1: offsets.map((row) => row.reduce((total, d) => total + Math.abs(d), 0)),
    l0: offsets.map((row) => row.filter((d) => Math.abs(d) > 1e-6).length),
  };
}

/** The iterates of a run as arrays, the start first. */
async function pathOf(options: PgdOptions, x: Tensor = clean(), y: number[] = labels): Promise<[number[], number[]][]> {
  const seen: { x: Tensor; losses: Tensor }[] = [];
  const trace: PgdOptions["trace"] = ({ step, ...iterate }) => {
    expect(step).toBe(seen.length);
    seen.push({ x: keep(clone(iterate.x)), losses: keep(clone(iterate.losses)) });
  };
  pgd(model, x, y, { ...options, trace });
  return Promise.all(seen.map(async (iterate) => [await values(iterate.x), await values(iterate.losses)]));
}

describe.each(["cpu", "wasm"])("on %s", (backend) => {
  const before = getBackend();
  afterAll(() => setBackend(before));

  test.each([
    ["linf", "pgd_linf"],
    ["l2", "pgd_l2"],
  ] as const)("pgd() follows the %s path of PyTorch step by step", async (norm, name) => {
    await setBackend(backend);
    const { eps, abs_step, steps, x_start, x_after_each_step, ce_before_each_step_and_final, final_pred } =
      fixture[name];
    const start = goldenTensor(x_start);
    const path = await pathOf({ norm, epsilon: eps, stepSize: abs_step, steps, start });
    expect(path).toHaveLength(steps + 1);
    expect(path[0]![0]).toBeAllclose(x_start.data, { atol: 1e-6 });
    const xs = path.slice(1).flatMap(([x]) => x);
    expect(xs).toBeAllclose(x_after_each_step.data, { atol: 2e-5 });
    expect(path.flatMap(([, losses]) => losses)).toBeAllclose(ce_before_each_step_and_final.data, { atol: 2e-5 });
    const end = pgd(model, clean(), labels, { norm, epsilon: eps, stepSize: abs_step, steps, start });
    expect(await values(end)).toEqual(path.at(-1)![0]);
    expect(await values(model(end).argMax(1))).toEqual(final_pred);
  });

  test.each([
    ["linf_pgd", "linf", labels, false],
    ["l2_pgd", "l2", labels, false],
    ["linf_pgd_targeted", "linf", targets, true],
  ] as const)("pgd() ends where foolbox's %s does", async (name, norm, y, targeted) => {
    await setBackend(backend);
    const { eps, rel_stepsize, steps, ...expected } = fixture.foolbox[name];
    const options = { norm, epsilon: eps, stepSize: rel_stepsize * eps, steps, targeted };
    await expectFoolbox(pgd(model, clean(), y, options), expected, y, targeted);
  });

  test.each([
    ["fgsm", "linf"],
    ["fgm_l2", "l2"],
  ] as const)("fgsm() ends where foolbox's %s does", async (name, norm) => {
    await setBackend(backend);
    const { eps, ...expected } = fixture.foolbox[name];
    await expectFoolbox(fgsm(model, clean(), labels, { norm, epsilon: eps }), expected, labels, false);
  });

  test("pgd() with returnBest is never behind the last iterate", async () => {
    await setBackend(backend);
    // Steps as long as the ball is wide: the path jumps about.
    const options: PgdOptions = { norm: "linf", epsilon: 0.02, stepSize: 0.04, steps: 7, loss: "margin" };
    const path = await pathOf({ ...options, key: key(1) });
    const best = pgd(model, clean(), labels, { ...options, key: key(1), returnBest: true });
    const rows = rowsOf(await values(best), 2);
    const expected = [0, 1].map((i) => {
      const losses = path.map(([, l]) => l[i]!);
      return rowsOf(path[losses.indexOf(Math.max(...losses))]![0], 2)[i]!;
    });
    expect(rows).toEqual(expected);
    expect(expected.flat()).not.toEqual(path.at(-1)![0]);
  });
});

async function expectFoolbox(
  adversarial: Tensor,
  expected: { x_adv: GoldenTensor; success: boolean[]; norms: Record<"l2" | "linf" | "l0", number[]> },
  y: number[],
  targeted: boolean,
): Promise<void> {
  expect(adversarial.shape).toEqual(fixture.x0.shape);
  expect(await values(adversarial)).toBeAllclose(expected.x_adv.data, { atol: 2e-5 });
  const predictions = await values(model(adversarial).argMax(1));
  expect(predictions.map((p, i) => (p === y[i]) === targeted)).toEqual(expected.success);
  const { l2, linf, l0 } = await norms(adversarial, clean());
  expect(l2).toBeAllclose(expected.norms.l2, { atol: 2e-5 });
  expect(linf).toBeAllclose(expected.norms.linf, { atol: 2e-5 });
  expect(l0).toEqual(expected.norms.l0);
}

describe.each(["linf", "l2", "l1"] as const)("%s", (norm) => {
  const epsilon = { linf: 0.07, l2: 0.9, l1: 5 }[norm];
  const options: PgdOptions = { norm, epsilon, steps: 6, key: key(3) };

  test.each([false, true])("every iterate lies in the ball and in the bounds (targeted: %s)", async (targeted) => {
    const path = await pathOf({ ...options, targeted });
    expect(path).toHaveLength(7);
    for (const [x] of path) {
      const measured = await norms(tensor4d(x, fixture.x0.shape), clean());
      for (const length of measured[norm]) expect(length).toBeLessThanOrEqual(epsilon * (1 + 1e-6));
      expect(Math.min(...x)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...x)).toBeLessThanOrEqual(1);
    }
  });

  test("pgd() follows a permutation of the batch", async () => {
    const { key: _, ...plain } = options;
    const forwards = pgd(model, clean(), labels, plain);
    const backwards = pgd(model, reverse(clean(), 0), [...labels].reverse(), plain);
    expect(await values(reverse(backwards, 0))).toBeAllclose(await values(forwards));
  });

  test("random starts are the same for equal keys, in whatever batch, and differ between keys and examples", async () => {
    const [start] = (await pathOf(options))[0]!;
    expect((await pathOf(options))[0]![0]).toEqual(start);
    expect((await pathOf({ ...options, key: key(4) }))[0]![0]).not.toEqual(start);
    const first = clean().slice(0, 1);
    expect((await pathOf(options, first, [labels[0]]))[0]![0]).toEqual(rowsOf(start, 2)[0]);
    const twice = await pathOf({ ...options, steps: 1 }, concat([first, first]));
    const [a, b] = rowsOf(twice[0]![0], 2);
    expect(a).not.toEqual(b);
  });

  test("random starts are uniform in the ball", async () => {
    // The radius of a point that is uniform in a ball of n dimensions is epsilon u^(1/n), u uniform.
    const batch = 4000;
    const [n, epsilon] = [2, 0.25];
    const x = ones([batch, n]).mul(0.5);
    let start: Tensor | undefined;
    const trace: PgdOptions["trace"] = (iterate) => {
      if (iterate.step === 0) start = keep(clone(iterate.x));
    };
    pgd(linear, x, new Array(batch).fill(0), { norm, epsilon, steps: 1, key: key(5), trace });
    const lengths = (await norms(start!, x))[norm].map((length) => (length / epsilon) ** n).sort((p, q) => p - q);
    // Kolmogorov–Smirnov: above 1.63 / sqrt(batch) with probability 1 %.
    const distance = Math.max(
      ...lengths.map((u, i) => Math.max(Math.abs(u - i / batch), Math.abs(u - (i + 1) / batch))),
    );
    expect(distance).toBeLessThan(1.63 / Math.sqrt(batch));
    const offsets = (await values(start!)).map((value) => value - 0.5);
    // Each side of each axis holds half of the points: four standard deviations of the count.
    for (const axis of [0, 1]) {
      const positive = offsets.filter((d, i) => i % n === axis && d > 0).length;
      expect(Math.abs(positive - batch / 2)).toBeLessThan(2 * Math.sqrt(batch));
    }
  });

  test("a ball of radius 0 holds only the input, clipped", async () => {
    const x = tensor2d([[0.5, 1.5]]);
    for (const adversarial of [
      pgd(linear, x, [0], { ...options, epsilon: 0 }),
      pgd(linear, x, [0], { norm, epsilon: 0, stepSize: 0.1, steps: 3 }),
      fgsm(linear, x, [0], { norm, epsilon: 0 }),
    ])
      expect(await values(adversarial)).toEqual([0.5, 1]);
  });

  test("gradients that vanish leave the input where it is", async () => {
    const flat = (x: Tensor): Tensor2D => mul(x, 0) as Tensor2D;
    const x = tensor2d([[0.5, 0.25]]);
    expect(await values(pgd(flat, x, [0], { norm, epsilon: 0.1 }))).toEqual([0.5, 0.25]);
  });

  test("pgd() and fgsm() leave their result and nothing else", async () => {
    const x = clean();
    const y = tensor1d(labels, "int32");
    const start = clean();
    const broken = (): Tensor2D => {
      throw new Error("broken");
    };
    await leakFree(() => {
      pgd(model, x, y, options).dispose();
      pgd(model, x, labels, { ...options, returnBest: true, loss: "margin", targeted: true }).dispose();
      pgd(model, x, labels, { norm, epsilon: 0.1, start, trace: ({ x }) => void x.square() }).dispose();
      pgd((z) => z as Tensor2D, x.reshape([2, 64]), labels, options);
      fgsm(model, x, labels, { norm, epsilon: 0.1 }).dispose();
      expect(() => pgd(broken, x, labels, options)).toThrow("broken");
      expect(() => pgd(model, x, [0, 9], options)).toThrow(RangeError);
    }, 2);
    expect(x.isDisposed || y.isDisposed || start.isDisposed).toBe(false);
  });
});

test("pgd() defaults to 20 steps of 2.5 epsilon / 20 on the cross-entropy in [0, 1]", async () => {
  const shown = { steps: 20, stepSize: 0.0125, targeted: false, loss: "crossEntropy", bounds: [0, 1] } as const;
  const given = pgd(model, clean(), labels, { norm: "linf", epsilon: 0.1, ...shown });
  expect(await values(pgd(model, clean(), labels, { norm: "linf", epsilon: 0.1 }))).toEqual(await values(given));
});

test("pgd() keeps to other bounds than [0, 1]", async () => {
  const x = tensor2d([[-0.9, 0.95]]);
  const adversarial = pgd(linear, x, [0], { norm: "linf", epsilon: 0.4, bounds: [-1, 1] });
  expect(await values(adversarial)).toEqual([-1, 1]);
});

test("pgd() takes functions, energy heads and layers models, and int32 labels", async () => {
  const dense = sequential({ layers: [layers.dense({ units: 3, inputShape: [4] })] });
  const x = tensor2d([
    [0.1, 0.2, 0.3, 0.4],
    [0.9, 0.5, 0.1, 0.2],
  ]);
  const options = { norm: "l2", epsilon: 0.2 } as const;
  const expected = await values(pgd((z) => dense.apply(z) as Tensor2D, x, [2, 0], options));
  const head = { logits: (z: Tensor) => dense.apply(z) as Tensor2D };
  for (const classifier of [head, dense])
    expect(await values(pgd(classifier, x, tensor1d([2, 0], "int32"), options))).toEqual(expected);
});

test("the cross-entropy keeps its gradient where float32 probabilities are exactly 1", async () => {
  // p_y is 1 - 2e-9; only the logit of the label depends on x, so that softmax - onehot would be 0.
  const confident = (x: Tensor): Tensor2D => concat([mul(x, 40), mul(x, 0)], 1) as Tensor2D;
  const adversarial = pgd(confident, tensor2d([[0.5]]), [0], { norm: "linf", epsilon: 0.25, steps: 1 });
  expect(await values(adversarial)).toEqual([0.25]);
});

test("pgd() and fgsm() throw before any work", () => {
  const x = ones([2, 2]) as Tensor2D;
  let calls = 0;
  const counting = (input: Tensor): Tensor2D => {
    calls += 1;
    return linear(input);
  };
  const attack = (options: Partial<PgdOptions>, y: Parameters<typeof pgd>[2] = [0, 1], inputs: Tensor = x) =>
    pgd(counting, inputs, y, { norm: "linf", epsilon: 0.1, ...options });
  const cases: [() => unknown, typeof TypeError | typeof RangeError, string][] = [
    // @ts-expect-error: no such norm
    [() => attack({ norm: "l3" }), TypeError, 'Cannot attack: norm must be "linf", "l2" or "l1" but found l3'],
    [() => attack({ epsilon: -1 }), RangeError, "epsilon must be finite and at least 0 but found -1"],
    [() => attack({ epsilon: Number.NaN }), RangeError, "epsilon must be finite and at least 0 but found NaN"],
    [() => fgsm(counting, x, [0, 1], { norm: "l2", epsilon: -1 }), RangeError, "at least 0 but found -1"],
    [() => attack({ stepSize: 0 }), RangeError, "stepSize must be finite and greater than 0 but found 0"],
    [() => attack({ steps: 0 }), RangeError, "steps must be a positive integer but found 0"],
    [() => attack({ steps: 2.5 }), RangeError, "steps must be a positive integer but found 2.5"],
    // @ts-expect-error: no such loss
    [() => attack({ loss: "hinge" }), TypeError, 'loss must be "crossEntropy", "margin" or "dlr" but found hinge'],
    [
      () => attack({ relativeStepSize: 0 }),
      RangeError,
      "relativeStepSize must be finite and greater than 0 but found 0",
    ],
    [() => attack({ momentum: 2 }), RangeError, "momentum must be from 0 to 1 but found 2"],
    [() => attack({ epsilon: [0.1] }), TypeError, "epsilon must be a number or 2 numbers but found 1"],
    [() => attack({ epsilon: [0.1, -1] }), RangeError, "epsilon must be finite and at least 0 but found -1"],
    [() => attack({ key: [key(0)] }), TypeError, "key must be a key or 2 keys but found 1"],
    [() => attack({}, misclassification([0])), TypeError, "criterion must be for 2 examples but found 1"],
    [
      () => attack({ targeted: true }, misclassification([0, 1])),
      TypeError,
      "targeted must only be given with labels but found it with a criterion",
    ],
    [
      () => attack({}, allOf(misclassification([0, 1]))),
      TypeError,
      'loss must be "margin" for a criterion without a goal but found crossEntropy',
    ],
    [() => attack({ bounds: [1, 0] }), RangeError, "low below high, but found [1, 0]"],
    [() => attack({ start: ones([2, 3]) }), TypeError, "start must be float32 [2, 2] but found float32 [2, 3]"],
    [() => attack({ start: x, key: key(0) }), TypeError, "only one of key and start can be given but found both"],
    [() => attack({}, [0]), TypeError, "labels must be [2] but found [1]"],
    [() => attack({}, tensor1d([0, 1])), TypeError, "labels must be int32 class indices but found float32"],
    [() => attack({}, [0, 1], scalar(1)), TypeError, "x must be [batch, ...input] but found []"],
    [() => attack({}, [0, 1], ones([2, 2], "int32")), TypeError, "x must be float32 but found int32"],
    // @ts-expect-error: not a model
    [() => pgd({}, x, [0, 1], { norm: "linf", epsilon: 0.1 }), TypeError, "logits() or predict() but found object"],
  ];
  for (const [call, kind, message] of cases) {
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  }
  expect(calls).toBe(0);
});

test("pgd() throws on labels that are no class and on a model that returns no logits", () => {
  const x = ones([2, 2]) as Tensor2D;
  const options = { norm: "linf", epsilon: 0.1 } as const;
  expect(() => pgd(linear, x, [0, 3], options)).toThrow("labels must be integers from 0 to 2 but found 3 at 1");
  expect(() => pgd(() => ones([3, 2]) as Tensor2D, x, [0, 1], options)).toThrow(
    "logits must be [2, classes] for inputs [2, 2] but found [3, 2]",
  );
  expect(() => pgd(() => ones([2, 1]) as Tensor2D, x, [0, 0], options)).toThrow("at least 2 classes but found 1");
  // @ts-expect-error: a model of two outputs
  expect(() => pgd((z) => [z, z], x, [0, 1], options)).toThrow("must return one tensor of logits");
});

test("pgd() in l1 moves the element that counts most, and the next one when that is at its bound", async () => {
  const scaled = (x: Tensor): Tensor2D => mul(x, tensor1d([1, 3])) as Tensor2D;
  const options = { norm: "l1", epsilon: 0.5, stepSize: 0.125, steps: 4, loss: "margin" } as const;
  // The second element counts most, but has only 0.25 to go.
  const adversarial = pgd(scaled, tensor2d([[0.5, 0.75]]), [0], options);
  expect(await values(adversarial)).toEqual([0.25, 1]);
});

test("confine() projects onto the l1 ball as sorting in float64 does", async () => {
  const offset = Array.from(normalValues(key(2), 40));
  const [x, zero] = [tensor2d(offset, [4, 10]), zeros([4, 10])];
  const radii = [0.5, 2, 7, 100];
  const found = rowsOf(await values(confine("l1", x, zero, radiusOf(radii, x), [-9, 9])), 4);
  rowsOf(offset, 4).forEach((row, i) => {
    const total = (threshold: number) => row.reduce((sum, v) => sum + Math.max(0, Math.abs(v) - threshold), 0);
    let [low, high] = [0, 10]; // bisection for the threshold
    for (let k = 0; k < 60; k++) {
      const middle = (low + high) / 2;
      if (total(middle) > radii[i]!) low = middle;
      else high = middle;
    }
    const threshold = total(0) <= radii[i]! ? 0 : low;
    expect(found[i]).toBeAllclose(
      row.map((v) => Math.sign(v) * Math.max(0, Math.abs(v) - threshold)),
      { atol: 1e-6 },
    );
  });
});

test.each(["linf", "l2", "l1"] as const)("pgd() takes a radius and a key for each example in %s", async (norm) => {
  const options = { norm, steps: 4 } as const;
  const keys = [key(1), key(2)];
  const both = pgd(model, clean(), labels, { ...options, epsilon: [0.05, 0.2], key: keys });
  for (const i of [0, 1]) {
    const one = pgd(model, clean().slice(i, 1), [labels[i]], { ...options, epsilon: [0.05, 0.2][i]!, key: [keys[i]!] });
    expect(rowsOf(await values(both), 2)[i]).toBeAllclose(await values(one), { atol: 1e-5 });
  }
});

test("pgd() with momentum steps along the decaying sum of unit gradients", async () => {
  // The loss z0 - z1 of label 1 has gradient (2 x0, -2 x1): it changes with x.
  const curved = (x: Tensor): Tensor2D => x.square() as Tensor2D;
  const [a, b] = [0.4, 0.2];
  const options = { norm: "l2", epsilon: 10, stepSize: 0.1, steps: 2, loss: "margin", bounds: [-9, 9] } as const;
  const found = await values(pgd(curved, tensor2d([[a, b]]), [1], { ...options, momentum: 0.5 }));
  const unit = (v: number[], norm: number): number[] => v.map((element) => element / norm);
  const l1 = (v: number[]): number => v.reduce((total, element) => total + Math.abs(element), 0);
  let at = [a, b];
  let velocity = [0, 0];
  for (let step = 0; step < 2; step++) {
    const g = [2 * at[0]!, -2 * at[1]!];
    velocity = velocity.map((v, i) => 0.5 * v + unit(g, l1(g))[i]!);
    at = at.map((v, i) => v + 0.1 * unit(velocity, Math.hypot(...velocity))[i]!);
  }
  expect(found).toBeAllclose(at, { atol: 1e-6 });
});

test("pgd() takes a criterion in the place of labels", async () => {
  const options = { norm: "l2", epsilon: 0.3, steps: 5 } as const;
  for (const loss of ["crossEntropy", "margin", "dlr"] as const) {
    const expected = await values(pgd(model, clean(), labels, { ...options, loss }));
    expect(await values(pgd(model, clean(), misclassification(labels), { ...options, loss }))).toBeAllclose(expected);
    const reached = await values(pgd(model, clean(), targets, { ...options, loss, targeted: true }));
    expect(await values(pgd(model, clean(), targeted(targets), { ...options, loss }))).toBeAllclose(reached);
  }
});

test("pgd() raises the margin of a criterion without a goal", async () => {
  // Neither class 0 nor class 2: what is left is class 1, whose logit is 2 x1 - x0.
  const criterion = allOf(misclassification([0]), misclassification([2]));
  const options = { norm: "linf", epsilon: 0.5, loss: "margin" } as const;
  const adversarial = pgd(linear, tensor2d([[0.9, 0.5]]), criterion, options);
  expect(await values(linear(adversarial).argMax(1))).toEqual([1]);
  expect(() => pgd(linear, tensor2d([[0.9, 0.5]]), targeted([3]), options)).toThrow(RangeError);
});
