/** Holds a JEM beside networks that were trained to be robust, and their certificates. See README.md. */
import { join } from "node:path";
import { apgd, type RobustnessCurve, randomizedSmoothing, robustAccuracy, robustAccuracyCurve } from "@jem-js/attacks";
import { foldIn, key } from "@jem-js/random";
import { robustnessCurve } from "@jem-js/report";
import { timed } from "./src/comparison.ts";
import { type Training, trainDefended } from "./src/defences.ts";
import { exitWith, finish } from "./src/ending.ts";
import { writeFigure } from "./src/figures.ts";
import type { Script } from "./src/options.ts";
import { start } from "./src/start.ts";
import { markdownTable, percent } from "./src/tables.ts";

const script: Script = {
  name: "baselines",
  summary:
    "Trains networks by PGD, with noise and by SmoothAdv, and holds the JEM and the control beside them, attacked and certified.",
  images: 100,
};

const radii: Readonly<Record<"linf" | "l2", readonly number[]>> = {
  linf: [0, 0.05, 0.1, 0.15, 0.2, 0.3],
  l2: [0, 0.25, 0.5, 1, 1.5, 2],
};

function trainingOf(isSmoke: boolean): Training {
  const epsilons = { linf: 0.1, l2: 0.5 };
  return isSmoke
    ? { preset: "small", iterations: 10, epsilons, attackSteps: 1, noiseScale: 0.25 }
    : { preset: "base", iterations: 1000, epsilons, attackSteps: 5, noiseScale: 0.25 };
}

/** What is left of a network: under attack in each norm, an upper bound, and certified in L2, a lower one. */
interface Remains {
  readonly name: string;
  readonly linf: RobustnessCurve;
  readonly l2: RobustnessCurve;
  readonly certified: RobustnessCurve;
}

async function main(): Promise<number> {
  const started = await start(script);
  if (!started) return 0;
  const {
    options,
    backend,
    source,
    subjects,
    digits: { x, labels },
  } = started;
  const { images, out, seed, smoke } = options;
  const training = trainingOf(smoke);
  const { noiseScale } = training;
  const networks = join(out, "networks", `${training.preset}-seed-${seed}`);
  const defended = await trainDefended(training, foldIn(key(seed), 1), networks);

  const remains: Remains[] = [];
  for (const { name, model } of [...subjects, ...defended]) {
    const attacked = (norm: keyof typeof radii): Promise<RobustnessCurve> =>
      timed(name, `APGD-CE in ${norm}`, () =>
        robustAccuracy(model, x, labels, {
          norm,
          epsilons: radii[norm],
          key: foldIn(key(seed), 2),
          attacks: {
            apgd: (model, x, labels, ball) => apgd(model, x, labels, { ...ball, norm, steps: smoke ? 2 : 50 }),
          },
        }),
      );
    const [linf, l2] = [await attacked("linf"), await attacked("l2")];
    const noise = { noiseScale, key: foldIn(key(seed), 3), draws: smoke ? 20 : 1000, selectionDraws: smoke ? 5 : 100 };
    const { classes, radii: sure } = await timed(name, "certificates", () => randomizedSmoothing(model, x, noise));
    const distances = Float64Array.from(sure, (radius, i) => (classes[i] === labels[i] ? radius : 0));
    remains.push({ name, linf, l2, certified: robustAccuracyCurve({ certified: distances }, { epsilons: radii.l2 }) });
  }
  x.dispose();

  for (const norm of ["linf", "l2"] as const)
    draw(
      join(out, `baselines_${norm}`),
      norm,
      remains.map((one) => [one.name, one[norm]]),
      options,
    );
  draw(
    join(out, "baselines_certified"),
    "l2",
    remains.map(({ name, certified }) => [name, certified]),
    options,
  );
  const figures = Object.fromEntries(
    remains.flatMap(({ name, linf, l2, certified }) => [
      [`${name}, accuracy at linf 0.1`, linf.accuracies[radii.linf.indexOf(0.1)]!],
      [`${name}, accuracy at l2 1`, l2.accuracies[radii.l2.indexOf(1)]!],
      [`${name}, certified at l2 0.25`, certified.accuracies[radii.l2.indexOf(0.25)]!],
    ]),
  );
  const tables = [
    ...tableOf(
      "Accuracy in % under APGD-CE at L∞ radii, an upper bound",
      radii.linf,
      remains.map(({ name, linf }) => [name, linf]),
    ),
    ...tableOf(
      "Accuracy in % under APGD-CE at L2 radii, an upper bound",
      radii.l2,
      remains.map(({ name, l2 }) => [name, l2]),
    ),
    ...tableOf(
      `Accuracy in % of the network smoothed with noise of ${noiseScale}, certified at L2 radii, a lower bound`,
      radii.l2,
      remains.map(({ name, certified }) => [name, certified]),
    ),
  ];
  return finish({ script, out, smoke, figures, tables, details: { source, backend, images, seed } });
}

type Named = readonly [name: string, curve: RobustnessCurve];

function tableOf(title: string, epsilons: readonly number[], curves: readonly Named[]): string[] {
  const rows = curves.map(([name, { accuracies, intervals }]) => [
    name,
    ...accuracies.map((one, i) => percent(one, intervals[i])),
  ]);
  return [
    `${title}, with intervals of 95 %:`,
    markdownTable(["network", ...epsilons.map((epsilon) => `ε = ${epsilon}`)], rows),
  ];
}

function draw(
  path: string,
  norm: keyof typeof radii,
  curves: readonly Named[],
  { images, seed }: { images: number; seed: number },
): void {
  const series = curves.map(([name, { accuracies, intervals }]) => ({
    name,
    epsilons: radii[norm],
    accuracies,
    intervals,
  }));
  writeFigure(path, robustnessCurve(series, { norm, n: images, seed, chance: 0.1 }));
}

await exitWith(main);
