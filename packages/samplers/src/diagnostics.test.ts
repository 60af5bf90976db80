import { key, normalValues } from "@jem-js/random";
import "@jem-js-internal/testing";
import { describe, expect, test } from "vitest";
import { autocorrelation, chainSummary, chainsOf, effectiveSampleSize, energyGap, splitRHat } from "./mod.ts";

/** Uniform numbers of Park and Miller's generator, the same in every language. */
function* parkMiller(seed: number): Generator<number, never> {
  let state = seed;
  while (true) {
    state = (16807 * state) % 2147483647;
    yield state / 2147483647;
  }
}

function ar1(seed: number, chains: number, draws: number, rho: number, shift = 0): number[][] {
  const uniform = parkMiller(seed);
  return Array.from({ length: chains }, (_, chain) => {
    let x = 0;
    return Array.from({ length: draws }, () => {
      x = rho * x + uniform.next().value - 0.5;
      return x + shift * chain;
    });
  });
}

// Made by ArviZ 0.23.4: rhat(method = "split" and "rank"), ess(method = "mean", "bulk", "tail"), mcse, autocorr.
describe.each([
  [
    "independent",
    ar1(1, 4, 100, 0),
    0.9989161336528342,
    1.0091802167060333,
    402.96478405038965,
    396.29228659243586,
    367.38242771767256,
    0.01407060933424587,
    [1, 0.017823423905160864, -0.14630293988599788, -0.05528730041238023],
  ],
  [
    "correlated",
    ar1(2, 4, 250, 0.9),
    1.1584356753358565,
    1.1523291773558095,
    23.12801659016378,
    23.945446518869538,
    119.56596857708082,
    0.14783155782547003,
    [1, 0.8811779386295604, 0.7733020466279781, 0.6856649758198868],
  ],
  [
    "antithetic",
    ar1(3, 2, 100, -0.5),
    0.9944801577233312,
    1.0135396687128158,
    460.2059991327962,
    460.2059991327962,
    224.05479381970738,
    0.014865008487485554,
    [1, -0.5058211367499462, 0.20566538714537544, -0.038244931980258204],
  ],
  [
    "shifted",
    ar1(4, 3, 101, 0.3, 0.5),
    1.882608381970117,
    1.7848788832705176,
    4.73601276734458,
    5.016828862383714,
    52.85914322763671,
    0.2540358405528973,
    [1, 0.30328480065518126, 0.18123603329886667, -0.11157724748697563],
  ],
] as const)("of %s chains", (_, chains, split, rank, mean, bulk, tail, mcse, acf) => {
  test("all diagnostics are ArviZ's", () => {
    const close = { rtol: 1e-9, atol: 0 };
    expect(splitRHat(chains, { of: "plain" })).toBeAllclose(split, close);
    expect(splitRHat(chains)).toBeAllclose(rank, close);
    expect(effectiveSampleSize(chains, { of: "mean" })).toBeAllclose(mean, close);
    expect(effectiveSampleSize(chains)).toBeAllclose(bulk, close);
    expect(effectiveSampleSize(chains, { of: "tail" })).toBeAllclose(tail, close);
    expect(chainSummary(chains).standardError).toBeAllclose(mcse, close);
    expect(autocorrelation(chains[0]!, { maxLag: 3 })).toBeAllclose(acf, close);
  });
});

test("one chain and ties are as in ArviZ", () => {
  const one = ar1(5, 1, 200, 0.6);
  const found = [
    effectiveSampleSize(one, { of: "mean" }),
    effectiveSampleSize(one),
    effectiveSampleSize(one, { of: "tail" }),
  ];
  expect(found).toBeAllclose([41.382052635321465, 40.612167934569435, 59.11421939029308], { rtol: 1e-9 });
  const ties = ar1(6, 2, 60, 0.5).map((chain) => chain.map((x) => Math.round(x * 4)));
  const tied = [splitRHat(ties), effectiveSampleSize(ties), effectiveSampleSize(ties, { of: "tail" })];
  expect(tied).toBeAllclose([1.161964955330307, 12.922243192504704, 21.47740220281048], { rtol: 1e-9 });
});

test.each([0.5, 0.9])("effectiveSampleSize() and autocorrelation() are those of an AR(1) process of rho %d", (rho) => {
  const [m, n] = [8, 4000];
  const chains = Array.from({ length: m }, (_, seed) => {
    const noise = normalValues(key(seed), n);
    let x = noise[0]! / Math.sqrt(1 - rho ** 2);
    return Float64Array.from(noise, (e) => {
      x = rho * x + e;
      return x;
    });
  });
  const expected = (m * n * (1 - rho)) / (1 + rho);
  // The relative standard error of Geyer's estimate is near sqrt(2 window / draws); its window ends at a few tau.
  const tau = (1 + rho) / (1 - rho);
  const tolerance = 4 * Math.sqrt((4 * tau) / (m * n));
  expect(effectiveSampleSize(chains, { of: "mean" })).toBeAllclose(expected, { rtol: tolerance });
  expect(splitRHat(chains)).toBeLessThan(1.01);
  // Bartlett: the variance of each estimate is below tau / n.
  const pooled = [1, 2, 3].map(
    (lag) => chains.reduce((sum, chain) => sum + autocorrelation(chain, { maxLag: 3 })[lag]!, 0) / m,
  );
  expect(pooled).toBeAllclose([rho, rho ** 2, rho ** 3], { rtol: 0, atol: 4 * Math.sqrt(tau / (m * n)) });
});

test("constant chains give NaN, and infinity when they disagree", () => {
  const stuck = [new Array(10).fill(0.1), new Array(10).fill(0.1)];
  for (const of of ["bulk", "tail", "mean"] as const) expect(effectiveSampleSize(stuck, { of })).toBeNaN();
  for (const of of ["rank", "plain"] as const) expect(splitRHat(stuck, { of })).toBeNaN();
  expect([...autocorrelation(stuck[0]!, { maxLag: 2 })]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  expect(
    splitRHat(
      [
        [1, 1, 1, 1],
        [2, 2, 2, 2],
      ],
      { of: "plain" },
    ),
  ).toBe(Number.POSITIVE_INFINITY);
  expect(chainSummary(stuck)).toMatchObject({ rHat: Number.NaN, essBulk: Number.NaN, standardError: Number.NaN });
});

test("chainsOf() and energyGap() take what they say", () => {
  const chains = chainsOf(
    Float32Array.from({ length: 12 }, (_, i) => i),
    [3, 2, 2],
    1,
  );
  expect(chains.map((chain) => [...chain])).toEqual([
    [1, 5, 9],
    [3, 7, 11],
  ]);
  expect(chainsOf([1, 2], [2, 1]).map((chain) => [...chain])).toEqual([[1, 2]]);
  expect(energyGap([1, 3], [2, 6])).toEqual({ gap: -2, standardError: Math.sqrt(2 / 2 + 8 / 2) });
});

test("the diagnostics refuse what cannot be told", () => {
  expect(() => splitRHat([])).toThrow("Cannot compute split R-hat: chains must hold at least 4 draws each but found 0");
  expect(() => effectiveSampleSize([[1, 2, 3]])).toThrow("at least 4 draws each but found 3");
  expect(() =>
    effectiveSampleSize([
      [1, 2, 3, 4],
      [1, 2, 3, 4, 5],
    ]),
  ).toThrow("equal length but found 4 and 5");
  expect(() => splitRHat([[1, 2, 3, Number.NaN]])).toThrow("draws must be finite but found NaN in chain 0");
  expect(() => effectiveSampleSize([[1, 2, 3, 4]], { of: "all" as "bulk" })).toThrow(
    "one of bulk, tail, mean but found all",
  );
  expect(() => autocorrelation([1, 2, 3, 4], { maxLag: 4 })).toThrow("less than the 4 draws but found 4");
  expect(() => chainsOf([1], [2, 1])).toThrow("values must be [2, 1] but found 1");
  expect(() => chainsOf([1, 2], [2, 1], 1)).toThrow("coordinate must be from 0 to 0 but found 1");
  expect(() => energyGap([], [1])).toThrow("samples must not be empty");
});
