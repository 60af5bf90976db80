import { thousands } from "../_style.ts";
import { altText } from "../alt_text.ts";
import type { ReportFigure, ReportTable } from "../html_report.ts";
import { trainingCurves } from "../training_curves.ts";
import { type Cell, shown, shownCell, toCell } from "./json_tables.ts";
import type { Part } from "./read_part.ts";
import type { Thinned } from "./thinned.ts";

/** A model of a run, as a line of a figure and a row of a table. */
export interface Trained {
  readonly name: string;
  readonly part: Part;
  /** How many iterations the run was to have; undefined when its options do not say so. */
  readonly planned: number | undefined;
}

/** The fields of the first figure. */
const MAIN: readonly string[] = ["loss", "energyGap", "gradientNorm", "accuracy"];
/** As many lines as a figure takes. */
const MOST_LINES = 7;
const MOST_PANELS = 8;

/** How far the training of each model got, how long it took, and what happened. */
export function trainingTable(models: readonly Trained[]): ReportTable {
  return {
    caption: "Training",
    columns: ["model", "iterations", "of", "minutes", "ms an iteration, median", "95th percentile", "incidents", "end"],
    rows: models.map(({ name, part, planned }) => {
      const { metrics, milliseconds: sorted, incidents, divergence } = part;
      const at = (quantile: number): Cell =>
        sorted.length === 0 ? null : rounded(sorted[Math.ceil(quantile * sorted.length) - 1]!);
      const minutes = sorted.length === 0 ? null : rounded(sorted.reduce((sum, value) => sum + value, 0) / 60_000);
      const isComplete = planned !== undefined && metrics.total >= planned;
      const ended = divergence && shown(`diverged at iteration ${divergence.iteration}: ${divergence.divergence}`);
      return [
        name,
        metrics.total,
        planned ?? null,
        minutes,
        at(0.5),
        at(0.95),
        incidents.length,
        ended ?? (isComplete ? "complete" : null),
      ];
    }),
  };
}

/** The incidents of all models, a row each. */
export function incidentTables(models: readonly Trained[]): ReportTable[] {
  const rows = models.flatMap(({ name, part }) =>
    part.incidents.map(({ number, divergence, resumedFrom, adjustments, retriesLeft }) => {
      const { iteration, reason } = Object(divergence) as Record<string, unknown>;
      const { learningRate, steps, energyL2 } = Object(adjustments) as Record<string, unknown>;
      const values = [number, iteration, reason, resumedFrom, learningRate, steps, energyL2, retriesLeft];
      return [name, ...values.map(toCell).map(shownCell)];
    }),
  );
  if (rows.length === 0) return [];
  const remedies = ["learning rate ×", "sampler steps ×", "energy penalty at least"];
  const columns = ["model", "incident", "diverged at", "reason", "on from", ...remedies, "retries left"];
  return [{ caption: "Incidents: divergences that training recovered from", columns, rows }];
}

/** Draws the numbers of training, or those of the evaluations: first loss, energy gap, gradient norm and accuracy, then the others. */
export function trainingFigures(
  models: readonly Trained[],
  of: "metrics" | "evaluations",
  options: { readonly title: string; readonly seed: number | undefined; readonly report: (problem: string) => void },
): { readonly figures: ReportFigure[]; readonly text: string[] } {
  const lines = models.filter(({ part }) => part[of].rows.length > 0);
  const fields = [...new Set(lines.flatMap(({ part }) => part[of].rows.flatMap((row) => Object.keys(row))))].filter(
    (field) => field !== "iteration" && field.trim() !== "",
  );
  const main = MAIN.filter((field) => fields.includes(field));
  const others = fields.filter((field) => !MAIN.includes(field));
  const figures: ReportFigure[] = [];
  for (let start = 0; start < lines.length; start += MOST_LINES) {
    const chunk = lines.slice(start, start + MOST_LINES);
    for (const group of [main, others.slice(0, MOST_PANELS)]) {
      const drawn = group.filter((field) => chunk.some(({ part }) => part[of].rows.some((row) => field in row)));
      if (drawn.length === 0) continue;
      try {
        const title = group === main ? options.title : `${options.title}: other terms`;
        figures.push(figureOf(chunk, of, drawn, { ...options, title }));
      } catch (error) {
        options.report(`cannot be drawn: ${(error as Error).message}`);
      }
    }
  }
  return { figures, text: [...textOf(lines, of), ...leftOut(others)] };
}

function figureOf(
  models: readonly Trained[],
  of: "metrics" | "evaluations",
  fields: readonly string[],
  { title, seed }: { readonly title: string; readonly seed: number | undefined },
): ReportFigure {
  const longest = Math.max(...models.map(({ part }) => part[of].rows.length));
  const svg = trainingCurves(
    models.map(({ name, part }) => ({ name, rows: [...part[of].rows, ...divergences(part)] })),
    {
      title,
      // Two stand side by side.
      width: 560,
      fields: Object.fromEntries(fields.map((field) => [field, labelOf(field)])),
      smoothing: Math.max(1, Math.floor(longest / 40)),
      ...(seed !== undefined && { seed }),
    },
  );
  return { svg, alt: altText(svg) };
}

/** Where training diverged, for good or not, as rows that the figure marks. */
function divergences({ incidents, divergence }: Part): { iteration: number; divergence: string }[] {
  const recovered = incidents.flatMap((incident) => {
    const { iteration } = Object(incident.divergence) as Record<string, unknown>;
    return typeof iteration === "number" && Number.isFinite(iteration) ? [{ iteration, divergence: "" }] : [];
  });
  return divergence ? [...recovered, divergence] : recovered;
}

/** What the figures do not show of the files. */
function textOf(models: readonly Trained[], of: "metrics" | "evaluations"): string[] {
  return models.flatMap(({ name, part }) => {
    const { every, total, nonFinite }: Thinned = part[of];
    return [
      ...(every > 1 ? [`Of ${name} one of ${every} of its ${thousands(total)} rows is drawn.`] : []),
      ...(nonFinite > 0 ? [`Of ${name} numbers that are not finite are left out: ${thousands(nonFinite)}.`] : []),
    ];
  });
}

function leftOut(others: readonly string[]): string[] {
  const rest = others.slice(MOST_PANELS);
  return rest.length === 0 ? [] : [shown(`Not drawn: ${rest.join(", ")}.`)];
}

/** `energyGap` as people write it. */
function labelOf(field: string): string {
  return shown(field.replace(/(?<=[a-z])[A-Z](?![A-Z])/g, (letter) => ` ${letter.toLowerCase()}`)).slice(0, 40);
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
