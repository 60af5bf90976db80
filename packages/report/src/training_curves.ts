import { line, ruleY, windowY } from "@observablehq/plot";
import { checkArray, checkFinite, checkInteger, checkSeries, checkText, format } from "./_check.ts";
import { checkFigureOptions, drawFigure, factsOf, type Panel } from "./_figure.ts";
import { axes, MARGINS } from "./_marks.ts";
import { colour, MUTED } from "./_style.ts";
import type { FigureOptions } from "./figure_options.ts";

/** The metrics of one run. */
export interface TrainingSeries {
  /** The name of the run. */
  readonly name: string;
  /** The rows of its `metrics.jsonl`, parsed. A row may lack a field: it is then no point of that field's line. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** Options of {@linkcode trainingCurves}. */
export interface TrainingCurvesOptions extends Omit<FigureOptions, "n"> {
  /** The field of the horizontal axis. @default {"iteration"} */
  readonly x?: string;
  /**
   * The fields that are drawn, a panel each, from top to bottom, with their labels.
   * @default {loss, energyGap and accuracy, as far as some row has them}
   */
  readonly fields?: Readonly<Record<string, string>>;
  /**
   * Over how many rows the lines are averaged, each row in the middle of its window; above 1, the rows themselves are
   * drawn pale. @default {1}
   */
  readonly smoothing?: number;
}

/** A point of a line. */
interface Point {
  readonly x: number;
  readonly y: number;
}

const ACTION = "draw training curves";
const FIELDS: Readonly<Record<string, string>> = { loss: "loss", energyGap: "energy gap", accuracy: "accuracy" };

/**
 * Draws how the metrics of one or several runs went: a panel for each field, one under another over the same iterations,
 * one line a run.
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
 * @param series One to seven runs with different names.
 * @param options Title, seed and width; the fields to draw; smoothing.
 * @returns A standalone SVG; equal arguments give equal strings. Its size grows with the rows: thin them for long runs.
 * @throws {TypeError} When a list, a row, a name or a value of a drawn field is of another kind.
 * @throws {RangeError} When there is no series or too many, a value is not finite, or a field is in no row.
 */
export function trainingCurves(series: readonly TrainingSeries[], options: TrainingCurvesOptions = {}): string {
  checkFigureOptions(ACTION, options);
  const { title = "Training", seed, width = 640, x = "iteration", smoothing = 1 } = options;
  checkText(ACTION, "x", x);
  checkInteger(ACTION, "smoothing", smoothing, 1);
  checkSeries(ACTION, series);
  for (const [i, { rows }] of series.entries()) {
    checkArray(ACTION, `series[${i}].rows`, rows);
    for (const [j, row] of rows.entries()) {
      if (typeof row !== "object" || row === null) {
        throw new TypeError(`Cannot ${ACTION}: series[${i}].rows[${j}] must be an object but found ${format(row)}`);
      }
    }
  }
  const isThere = (field: string): boolean => series.some(({ rows }) => rows.some((row) => row[field] !== undefined));
  const fields = Object.entries(options.fields ?? FIELDS).filter(([field]) => options.fields || isThere(field));
  const missing = fields.find(([field]) => !isThere(field))?.[0];
  if (fields.length === 0 || missing !== undefined) {
    const found = [...new Set(series.flatMap(({ rows }) => rows.flatMap((row) => Object.keys(row))))];
    const expected =
      missing === undefined ? `a field of ${Object.keys(options.fields ?? FIELDS).join(", ")}` : `"${missing}"`;
    throw new RangeError(
      `Cannot ${ACTION}: some row must have ${expected} but found ${found.join(", ") || "no field"}`,
    );
  }

  const lines = fields.map(([field]) => series.map(({ rows }, i) => pointsOf(`series[${i}]`, rows, x, field)));
  const xs = lines.flat(2).map((point) => point.x);
  const domain: [number, number] = [xs.reduce((a, b) => Math.min(a, b)), xs.reduce((a, b) => Math.max(a, b))];
  const panels = fields.map(([, label], i): Panel => {
    const isLast = i === fields.length - 1;
    return fieldPanel({ width, label, lines: lines[i]!, domain, smoothing, ...(isLast && { xLabel: x }) });
  });
  return drawFigure({
    title,
    facts: [...factsOf(undefined, seed), ...(smoothing > 1 ? [`mean of ${smoothing} rows`] : [])],
    legend: series.map(({ name }, i) => ({ label: name, kind: "line", colour: colour(i) })),
    rows: panels.map((panel) => [panel]),
  });
}

function pointsOf(
  owner: string,
  rows: readonly Readonly<Record<string, unknown>>[],
  xField: string,
  field: string,
): Point[] {
  return rows.flatMap((row, i) => {
    const [x, y] = [row[xField], row[field]];
    if (y === undefined) return [];
    checkFinite(ACTION, `${owner}.rows[${i}].${xField}`, x);
    checkFinite(ACTION, `${owner}.rows[${i}].${field}`, y);
    return [{ x, y }];
  });
}

interface FieldPanel {
  readonly width: number;
  readonly label: string;
  readonly lines: readonly (readonly Point[])[];
  readonly domain: [number, number];
  readonly smoothing: number;
  readonly xLabel?: string;
}

function fieldPanel({ width, label, lines, domain, smoothing, xLabel }: FieldPanel): Panel {
  const marginBottom = xLabel === undefined ? 14 : MARGINS.marginBottom;
  const values = lines.flat().map((point) => point.y);
  const crossesZero = values.some((value) => value < 0) && values.some((value) => value > 0);
  const style = (i: number) => ({ x: "x", y: "y", stroke: colour(i) });
  const smooth = { k: smoothing, anchor: "middle", strict: false } as const;
  return {
    width,
    height: 132 + marginBottom,
    options: {
      ...MARGINS,
      marginLeft: 64,
      marginBottom,
      x: { domain },
      y: { nice: 4 },
      marks: [
        ...axes({ y: label, ...(xLabel !== undefined && { x: xLabel }) }, { yTicks: 4 }),
        ...(crossesZero ? [ruleY([0], { stroke: MUTED, strokeDasharray: "4,3" })] : []),
        ...lines.flatMap((points, i) =>
          smoothing === 1
            ? [line(points, { ...style(i), strokeWidth: 1.5 })]
            : [
                line(points, { ...style(i), strokeWidth: 1, strokeOpacity: 0.25 }),
                line(points, windowY(smooth, { ...style(i), strokeWidth: 2 })),
              ],
        ),
      ],
    },
  };
}
