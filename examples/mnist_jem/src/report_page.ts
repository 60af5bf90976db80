import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { reliabilityDiagram, robustnessCurve, scoreHistogram, toPng } from "@jem-js/report";
import { report } from "@jem-js/report/node";
import type { Evaluation } from "./evaluation.ts";
import type { Config } from "./options.ts";

/** The two models, as far as they got. */
export interface Results {
  readonly jem: Evaluation;
  readonly control: Evaluation;
}

/** One figure of the comparison. */
interface Row {
  readonly figure: string;
  readonly jem: number;
  readonly control: number;
  readonly better: "larger" | "smaller";
  /** Which model it favours. */
  readonly verdict: string;
}

/** The comparison as rows: `results.json`, and the table of terminal and page. */
export function comparison({ jem, control }: Results): Row[] {
  const at = (figure: string, of: (evaluation: Evaluation) => number, better: Row["better"] = "larger"): Row => {
    const row = { figure, jem: of(jem), control: of(control), better };
    return { ...row, verdict: verdict(row) };
  };
  const robust = (norm: "linf" | "l2", title: string): Row[] =>
    jem.robustness[norm].epsilons.flatMap((epsilon, i) =>
      epsilon === 0 ? [] : [at(`accuracy under PGD, ${title} = ${epsilon}`, (e) => e.robustness[norm].accuracies[i]!)],
    );
  return [
    at("accuracy", (e) => e.accuracy),
    at("ECE", (e) => e.calibrationError, "smaller"),
    at("negative log-likelihood", (e) => e.negativeLogLikelihood, "smaller"),
    at("AUROC by log p(x)", (e) => e.auroc.logDensity),
    at("AUROC by max p(y|x)", (e) => e.auroc.maxProbability),
    at("AUROC by approximate mass", (e) => e.auroc.approximateMass),
    ...robust("linf", "L∞ ε"),
    ...robust("l2", "L2 ε"),
  ];
}

function verdict({ jem, control, better }: Omit<Row, "verdict">): string {
  if (jem === control) return "equal";
  return jem > control === (better === "larger") ? "JEM better" : "JEM worse";
}

/** The command that repeats the run. */
export function command({ iterations, preset, seed, backend, exact, learningRate, energyL2, sgld }: Config): string {
  const recipe = `--learning-rate ${learningRate} --energy-l2 ${energyL2} --sgld-steps ${sgld.steps} --step-size ${sgld.stepSize}`;
  const run = `--backend ${backend}${exact ? " --exact" : ""} --preset ${preset} --iterations ${iterations} --seed ${seed}`;
  return `npm start -- ${run} ${recipe}`;
}

/** Writes the figures of an evaluation into the folder of the run, as SVG and PNG. */
export function writeFigures({ out, seed, evaluation }: Config, { jem, control }: Results): void {
  const models = [
    { name: "JEM", ...jem },
    { name: "control", ...control },
  ];
  const robustness = (norm: "linf" | "l2"): string =>
    robustnessCurve(
      models.map((model) => ({ name: model.name, ...model.robustness[norm] })),
      { norm, seed, n: evaluation.attacked, chance: 0.1 },
    );
  const figures: Readonly<Record<string, string>> = {
    log_density: scoreHistogram(
      models.map(({ name, inScores, outScores }) => ({
        name,
        inScores: inScores.logDensity,
        outScores: outScores.logDensity,
      })),
      { seed, inLabel: "MNIST", outLabel: "Fashion-MNIST", scoreLabel: "log p(x), unnormalised" },
    ),
    reliability: reliabilityDiagram(models, { seed }),
    robustness_linf: robustness("linf"),
    robustness_l2: robustness("l2"),
  };
  for (const [name, svg] of Object.entries(figures)) {
    writeFileSync(join(out, "figures", `${name}.svg`), svg);
    writeFileSync(join(out, "figures", `${name}.png`), toPng(svg));
  }
}

/** Writes `report.html` into the folder of the run from what is there, and returns its path. */
export async function writeReport(config: Config, ended?: string): Promise<string> {
  const { preset, iterations, backend, seed, temperature } = config;
  const { images, attacked, attackSteps } = config.evaluation;
  const { path } = await report(config.out, {
    title: "A joint energy-based model on MNIST",
    summary: [
      `A ${preset} convNet trained as a JEM for ${iterations} iterations on ${backend}, seed ${seed}, beside the same ` +
        "network trained by cross-entropy alone: equal initial weights, batches, learning rate and iterations.",
      `Chains sample at temperature T = ${temperature}: exp(f / T), not exp(f).`,
      ended ??
        `Evaluated on ${images} test images and ${images} of Fashion-MNIST; ${attacked} were attacked by PGD with ` +
          `${attackSteps} steps from a random start, on pixels in [0, 1].`,
    ],
    commands: [command(config)],
    models: { jem: "JEM", control: "control" },
    figures: {
      "samples/final.png": {
        alt: "A grid of ten rows and ten columns of generated digits, a column for each class.",
        caption: "Chains of the replay buffer: a column for each class, the ten of 1,000 with the highest log p(x, y).",
      },
    },
  });
  return path;
}
