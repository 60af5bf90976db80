import { ruleX, ruleY } from "@observablehq/plot";
import { checkArray, checkFinite, checkInteger, checkSeries, checkText, format } from "./_check.ts";
import { curveLegend, curveMarks, type Point } from "./_curves.ts";
import { checkFigureOptions, describeSeries, drawFigure, factsOf, type Panel } from "./_figure.ts";
import { axes, MARGINS } from "./_marks.ts";
import { colour, MUTED, shortNumber } from "./_style.ts";
import type { FigureOptions } from "./figure_options.ts";

/** The metrics of one run. */
export interface TrainingSeries {
  /** The name of the run. Runs of one name, such as the seeds of one recipe, share a colour. */
  readonly name: string;
  /**
   * The rows of its `metrics.jsonl`, parsed. A row may lack a field: it is then no point of that field's line. A row with a
   * text in `divergence` is an incident, and marked by a vertical line.
   */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** Options of {@linkcode trainingCurves}. */
export interface TrainingCurvesOptions extends Omit<FigureOptions, "n"> {
  /** The field of the horizontal axis. @default {"iteration"} */
  readonly x?: string;
  /**
   * The fields that are drawn, a panel each, from top to bottom, with their labels.
   * @default {loss, energyGap, gradientNorm and accuracy, as far as some row has them}
   */
  readonly fields?: Readonly<Record<string, string>>;
  /** The drawn fields whose vertical axis is logarithmic; their values are above 0. @default {none} */
  readonly logarithmic?: readonly string[];
  /**
   * Over how many rows the lines are averaged, each row in the middle of its window; above 1, the rows themselves are
   * drawn pale. @default {1}
   */
  readonly smoothing?: number;
}

const ACTION = "draw training curves";
const FIELDS: Readonly<Record<string, string>> = {
  loss: "loss",
  energyGap: "energy gap",
  gradientNorm: "gradient norm",
  accuracy: "accuracy",
};

/**
 * Draws how the metrics of one or several runs went: a panel for each field, one under another over the same iterations,
 * one line a run. Incidents, where a run diverged or went back to a checkpoint, are vertical lines in the colour of the run.
 *
 * @example Usage
 * ```ts
 * import { trainingCurves } from "@jem-js/report";
 * import { expect } from "vitest";
 *
 * const lines = '{"iteration":0,"loss":2.3,"accuracy":0.1}\n{"iteration":1,"loss":1.9,"accuracy":0.3}\n';
 * const rows = lines.trim().split("\n").map((line) => JSON.parse(line));
 * const svg = trainingCurves([{ name: "JEM", rows }], { seed: 0 });
 * expect(svg).toContain(">accuracy<");
 * ```
 *
 * @param series Runs with one to seven different names.
 * @param options Title, seed, temperature and width; the fields to draw and how; smoothing.
 * @returns A standalone SVG; equal arguments give equal strings. Lines of more than 2,400 points are thinned to what is seen.
 * @throws {TypeError} When a list, a row, a name or a value of a drawn field is of another kind.
 * @throws {RangeError} When there is no series or too many, a value is not finite, or not above 0 on a logarithmic axis, a field
 * is in no row, or `logarithmic` has a field that is not drawn.
 */
export function trainingCurves(series: readonly TrainingSeries[], options: TrainingCurvesOptions = {}): string {
  checkFigureOptions(ACTION, options);
  const { title = "Training", width = 640, x = "iteration", smoothing = 1, logarithmic = [] } = options;
  checkText(ACTION, "x", x);
  checkInteger(ACTION, "smoothing", smoothing, 1);
  checkSeries(ACTION, series, true);
  for (const [i, { rows }] of series.entries()) checkRows(`series[${i}]`, rows);
  const fields = fieldsOf(series, options.fields);
  checkArray(ACTION, "logarithmic", logarithmic);
  const absent = logarithmic.find((field) => !fields.some(([name]) => name === field));
  if (absent !== undefined) {
    throw new RangeError(`Cannot ${ACTION}: logarithmic must have drawn fields but found ${format(absent)}`);
  }

  const names = [...new Set(series.map(({ name }) => name))];
  const colours = series.map(({ name }) => names.indexOf(name));
  const lines = fields.map(([field]) => {
    const above = logarithmic.includes(field);
    return series.map(({ rows }, i) => readPoints(`series[${i}]`, rows, x, field, above));
  });
  const incidents = series.map(({ rows }) => incidentsOf(rows, x));
  const xs = [...lines.flat(2).map((point) => point.x), ...incidents.flat()];
  const domain: [number, number] = [xs.reduce((a, b) => Math.min(a, b)), xs.reduce((a, b) => Math.max(a, b))];
  const panels = fields.map(([field, label], i) =>
    fieldPanel({
      width,
      label,
      lines: lines[i]!,
      incidents,
      colours,
      domain,
      smoothing,
      isLogarithmic: logarithmic.includes(field),
      ...(i === fields.length - 1 && { xLabel: x }),
    }),
  );
  const ends = series.map((_, i) =>
    fields.flatMap(([, label], j) => lines[j]![i]!.slice(-1).map(({ y }) => `${label} ${shortNumber(y)}`)).join(", "),
  );
  return drawFigure({
    title,
    description: `At the end: ${describeSeries(series, ends)}`,
    facts: [...factsOf(options), ...(smoothing > 1 ? [`mean of ${smoothing} rows`] : [])],
    legend: [
      ...curveLegend(names),
      ...(incidents.flat().length > 0 ? [{ label: "incident", kind: "dashes", colour: MUTED } as const] : []),
    ],
    rows: panels.map((panel) => [panel]),
  });
}

function checkRows(owner: string, rows: TrainingSeries["rows"]): void {
  checkArray(ACTION, `${owner}.rows`, rows);
  for (const [i, row] of rows.entries()) {
    if (typeof row !== "object" || row === null) {
      throw new TypeError(`Cannot ${ACTION}: ${owner}.rows[${i}] must be an object but found ${format(row)}`);
    }
  }
}

/** The fields to draw with their labels; some row must have each. */
function fieldsOf(series: readonly TrainingSeries[], wanted: TrainingCurvesOptions["fields"]): [string, string][] {
  const isThere = (field: string): boolean => series.some(({ rows }) => rows.some((row) => row[field] !== undefined));
  const fields = Object.entries(wanted ?? FIELDS).filter(([field]) => wanted || isThere(field));
  const missing = fields.find(([field]) => !isThere(field))?.[0];
  if (fields.length > 0 && missing === undefined) return fields;
  const found = [...new Set(series.flatMap(({ rows }) => rows.flatMap((row) => Object.keys(row))))];
  const expected = missing === undefined ? `a field of ${Object.keys(wanted ?? FIELDS).join(", ")}` : `"${missing}"`;
  throw new RangeError(`Cannot ${ACTION}: some row must have ${expected} but found ${found.join(", ") || "no field"}`);
}

function readPoints(
  owner: string,
  rows: TrainingSeries["rows"],
  xField: string,
  field: string,
  isAboveZero: boolean,
): Point[] {
  return rows.flatMap((row, i) => {
    const [x, y] = [row[xField], row[field]];
    if (y === undefined) return [];
    checkFinite(ACTION, `${owner}.rows[${i}].${xField}`, x);
    checkFinite(ACTION, `${owner}.rows[${i}].${field}`, y);
    if (isAboveZero && y <= 0) {
      throw new RangeError(
        `Cannot ${ACTION}: ${owner}.rows[${i}].${field} must be above 0 on a logarithmic axis but found ${y}`,
      );
    }
    return [{ x, y }];
  });
}

/** Where a run diverged, or went on from after it did. */
function incidentsOf(rows: TrainingSeries["rows"], xField: string): number[] {
  return rows.flatMap((row) => {
    const x = row[xField];
    return typeof row.divergence === "string" && typeof x === "number" && Number.isFinite(x) ? [x] : [];
  });
}

/** Means over windows of `count` points, each point in the middle of its window; windows are cut off at the ends. */
function smooth(points: readonly Point[], count: number): Point[] {
  const before = (count - 1) >> 1;
  return points.map(({ x }, i) => {
    const window = points.slice(Math.max(0, i - before), i - before + count);
    return { x, y: window.reduce((sum, { y }) => sum + y, 0) / window.length };
  });
}

interface FieldPanel {
  readonly width: number;
  readonly label: string;
  /** A line for each run, with the number of its colour. */
  readonly lines: readonly (readonly Point[])[];
  readonly colours: readonly number[];
  readonly incidents: readonly (readonly number[])[];
  readonly domain: [number, number];
  readonly smoothing: number;
  readonly isLogarithmic: boolean;
  readonly xLabel?: string;
}

function fieldPanel(panel: FieldPanel): Panel {
  const { width, label, lines, colours, incidents, domain, smoothing, isLogarithmic, xLabel } = panel;
  const marginBottom = xLabel === undefined ? 14 : MARGINS.marginBottom;
  const values = lines.flat().map((point) => point.y);
  const crossesZero = values.some((value) => value < 0) && values.some((value) => value > 0);
  const symbols = new Set(colours).size > 1;
  return {
    width,
    height: 132 + marginBottom,
    options: {
      ...MARGINS,
      marginBottom,
      x: { domain },
      y: { nice: 4, type: isLogarithmic ? "log" : "linear" },
      symbol: { type: "identity" },
      marks: [
        ...axes({ y: label, ...(xLabel !== undefined && { x: xLabel }) }, { yTicks: isLogarithmic ? 3 : 4 }),
        ...(crossesZero ? [ruleY([0], { stroke: MUTED, strokeDasharray: "4,3" })] : []),
        ...incidents.map((xs, i) =>
          ruleX(xs, { stroke: colour(colours[i]!), strokeWidth: 1.25, strokeDasharray: "4,3" }),
        ),
        ...lines.flatMap((points, i) => {
          const series = colours[i]!;
          if (points.length === 0) return [];
          if (smoothing === 1) return curveMarks(points, { series, symbols, strokeWidth: 1.5 });
          return [
            ...curveMarks(points, { series, strokeWidth: 1, strokeOpacity: 0.25 }),
            ...curveMarks(smooth(points, smoothing), { series, symbols }),
          ];
        }),
      ],
    },
  };
}
