import type { ReportSection } from "../html_report.ts";
import type { RunProblem } from "../report.ts";
import { isRecord } from "./json_lines.ts";
import { tablesOf } from "./json_tables.ts";
import type { Run } from "./read_run.ts";
import { incidentTables, type Trained, trainingFigures, trainingTable } from "./training.ts";

/** What a page says: paragraphs below its title, sections, and what is missing or damaged. */
export interface Page {
  readonly summary: readonly string[];
  readonly sections: readonly ReportSection[];
  readonly problems: readonly RunProblem[];
}

/** The page of one run. */
export function pageOfRun(run: Run): Page {
  const { config, results } = run;
  const problems = [...run.problems];
  const models = trainedOf(run).map((model) => ({ ...model, name: model.name || run.name }));
  const training = trainingSection("Training", models, seedOf(config), (problem) =>
    problems.push({ file: "metrics.jsonl", problem }),
  );
  const figures = run.parts.flatMap((part) => part.figures.map(({ figure }) => figure));
  const samples = run.parts.flatMap((part) => part.samples.map(({ figure }) => figure));
  const sections: ReportSection[] = [
    ...(results === undefined ? [] : [{ heading: "Results", tables: tablesOf("results.json", results) }]),
    ...(figures.length > 0 ? [{ heading: "Figures", figures }] : []),
    ...(samples.length > 0 ? [{ heading: "Samples", figures: samples }] : []),
    ...training,
    ...(config === undefined ? [] : [{ heading: "Options", tables: tablesOf("config.json", config) }]),
  ];
  return { summary: unfinished([run]), sections, problems };
}

/** The models of a run that were trained; one without a folder of its own has no name. */
export function trainedOf(run: Run): Trained[] {
  const iterations = isRecord(run.config) ? run.config.iterations : undefined;
  const planned = typeof iterations === "number" && Number.isFinite(iterations) ? iterations : undefined;
  return run.parts
    .filter(({ name, metrics }) => name !== "" || metrics.total > 0)
    .map((part) => ({ name: part.title, part, planned }));
}

/** A section with how training went; none when nothing is known of it. */
export function trainingSection(
  heading: string,
  models: readonly Trained[],
  seed: number | undefined,
  report: (problem: string) => void,
): ReportSection[] {
  if (models.length === 0) return [];
  const metrics = trainingFigures(models, "metrics", { title: heading, seed, report });
  const evaluations = trainingFigures(models, "evaluations", { title: "Evaluations during training", seed, report });
  return [
    {
      heading,
      text: [...metrics.text, ...evaluations.text],
      tables: [trainingTable(models), ...incidentTables(models)],
      figures: [...metrics.figures, ...evaluations.figures],
    },
  ];
}

/** Says which runs have no results. */
export function unfinished(runs: readonly Run[]): string[] {
  const names = runs.filter(({ results }) => results === undefined).map(({ name }) => name);
  if (names.length === 0) return [];
  const subject = runs.length === 1 ? "There are" : `Of ${names.join(", ")} there are`;
  return [
    `${subject} no results: the run is going on, it ended before its evaluation, or results.json cannot be read.`,
  ];
}

function seedOf(config: unknown): number | undefined {
  const seed = isRecord(config) ? config.seed : undefined;
  return Number.isSafeInteger(seed) && (seed as number) >= 0 ? (seed as number) : undefined;
}
