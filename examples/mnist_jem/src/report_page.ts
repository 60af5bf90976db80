import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  htmlReport,
  type ReportSection,
  type ReportTable,
  reliabilityDiagram,
  robustnessCurve,
  scoreHistogram,
  toPng,
  trainingCurves,
} from "@jem-js/report";
import type { Evaluation } from "./evaluation.ts";
import type { Config } from "./options.ts";

/** The two models, as far as they got. */
export interface Results {
  readonly jem: Evaluation;
  readonly control: Evaluation;
}

/** What a report is made of. `results` is missing when the run was interrupted or diverged. */
export interface ReportInput {
  readonly config: Config;
  /** How many iterations the JEM was trained for. */
  readonly iterations: number;
  /** The lines of the metrics files. */
  readonly rows: Readonly<Record<"JEM" | "control", readonly Readonly<Record<string, number>>[]>>;
  /** The sample grid, PNG. */
  readonly samples?: Uint8Array;
  readonly results?: Results;
  /** Why the run ended before its time. */
  readonly ended?: string;
}

/** One figure of the comparison: larger or smaller is better, or neither. */
interface Row {
  readonly figure: string;
  readonly jem: number;
  readonly control: number;
  readonly better: "larger" | "smaller";
}

/** The comparison as rows, the same for the terminal and the page. */
export function comparison({ jem, control }: Results): Row[] {
  const at = (name: string, of: (evaluation: Evaluation) => number, better: Row["better"] = "larger"): Row => ({
    figure: name,
    jem: of(jem),
    control: of(control),
    better,
  });
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

/** Says which model a row favours. */
export function verdict({ jem, control, better }: Row): string {
  if (jem === control) return "equal";
  return jem > control === (better === "larger") ? "JEM better" : "JEM worse";
}

/** The command that repeats the run. */
export function command({ iterations, preset, seed, backend, exact, learningRate, energyL2, sgld }: Config): string {
  const recipe = `--learning-rate ${learningRate} --energy-l2 ${energyL2} --sgld-steps ${sgld.steps} --step-size ${sgld.stepSize}`;
  const run = `--backend ${backend}${exact ? " --exact" : ""} --preset ${preset} --iterations ${iterations} --seed ${seed}`;
  return `npm start -- ${run} ${recipe}`;
}

/** Writes the figures and `report.html` into the folder of the run. */
export function writeReport(input: ReportInput): void {
  const { config, iterations, results, samples, ended } = input;
  const sections: ReportSection[] = [];
  if (results) sections.push(...evaluationSections(config, results));
  if (samples) {
    sections.push({
      heading: "Samples",
      figures: [
        {
          png: samples,
          alt: "A grid of ten rows and ten columns of generated digits, a column for each class.",
          caption:
            "Chains of the replay buffer: a column for each class, the ten of 1,000 with the highest log p(x, y).",
        },
      ],
    });
  }
  if (input.rows.JEM.length > 0) {
    const curves = trainingCurves(
      [
        { name: "JEM", rows: input.rows.JEM },
        ...(input.rows.control.length > 0 ? [{ name: "control", rows: input.rows.control }] : []),
      ],
      { seed: config.seed, temperature: config.temperature },
    );
    sections.push({
      heading: "Training",
      figures: [figure(config, "training", curves, "Loss, energy gap and accuracy against the iteration.")],
    });
  }
  sections.push({
    heading: "How to repeat it",
    text: "Equal seeds give equal metrics.jsonl files on the same backend. Every option is in config.json.",
    commands: [command(config)],
  });
  const page = htmlReport({
    title: "A joint energy-based model on MNIST",
    summary: [
      `A ${config.preset} convNet trained as a JEM for ${iterations} iterations on ${config.backend}, seed ${config.seed}, beside ` +
        "the same network trained by cross-entropy alone: equal initial weights, batches, learning rate and iterations.",
      `Chains sample at temperature T = ${config.temperature}: exp(f / T), not exp(f).`,
      ...(ended ? [ended] : []),
    ],
    sections,
  });
  writeFileSync(join(config.out, "report.html"), page);
}

function evaluationSections(config: Config, { jem, control }: Results): ReportSection[] {
  const { seed } = config;
  const { images, attacked, attackSteps } = config.evaluation;
  const table: ReportTable = {
    caption: `JEM against control: ${images} test images, ${images} of Fashion-MNIST, ${attacked} attacked`,
    columns: ["figure", "JEM", "control", "verdict"],
    rows: comparison({ jem, control }).map((row) => [row.figure, row.jem, row.control, verdict(row)]),
  };
  const histogram = scoreHistogram(
    [
      { name: "JEM", inScores: jem.inScores.logDensity, outScores: jem.outScores.logDensity },
      { name: "control", inScores: control.inScores.logDensity, outScores: control.outScores.logDensity },
    ],
    { seed, inLabel: "MNIST", outLabel: "Fashion-MNIST", scoreLabel: "log p(x), unnormalised" },
  );
  const robustness = (["linf", "l2"] as const).map((norm) =>
    figure(
      config,
      `robustness_${norm}`,
      robustnessCurve(
        [
          { name: "JEM", ...jem.robustness[norm] },
          { name: "control", ...control.robustness[norm] },
        ],
        { norm, seed, n: attacked, chance: 0.1 },
      ),
      `Accuracy under PGD in ${norm} (${attackSteps} steps, random start) against epsilon, pixels in [0, 1].`,
    ),
  );
  const reliability = reliabilityDiagram(
    [
      { name: "JEM", bins: jem.bins },
      { name: "control", bins: control.bins },
    ],
    { seed },
  );
  return [
    { heading: "What got better, and what got worse", tables: [table] },
    {
      heading: "Out-of-distribution detection",
      figures: [figure(config, "log_density", histogram, "Histograms of log p(x) for MNIST and Fashion-MNIST.")],
    },
    {
      heading: "Calibration",
      figures: [figure(config, "reliability", reliability, "Accuracy against confidence in 15 bins for both models.")],
    },
    { heading: "Robustness", figures: robustness },
  ];
}

/** Writes a figure as SVG and PNG and returns it for the page. */
function figure(config: Config, name: string, svg: string, alt: string): { svg: string; alt: string; caption: string } {
  writeFileSync(join(config.out, "figures", `${name}.svg`), svg);
  writeFileSync(join(config.out, "figures", `${name}.png`), toPng(svg));
  return { svg, alt, caption: `figures/${name}.svg` };
}
