import { axisX, axisY, dot, frame, gridX, gridY, type Markish, ruleX, ruleY } from "@observablehq/plot";
import { checkArray, checkBetween, checkSeries, checkText } from "./_check.ts";
import { oneLine } from "./_escape.ts";
import { checkFigureOptions, drawFigure, factsOf, type LegendItem, type Panel } from "./_figure.ts";
import { FIFTHS, MARGINS, panelHeadings, percentTick } from "./_marks.ts";
import { colour, FONT_SIZE, MUTED, RULE, symbol } from "./_style.ts";
import { textWidth } from "./_text.ts";
import type { FigureOptions } from "./figure_options.ts";

/** How a detector tells two sets apart: a row of what `benchmark` of `@jem-js/ood` returns. */
export interface DetectionRow {
  /** The name of the detector. */
  readonly detector: string;
  /** Whether it was tuned with out-of-distribution examples, marked by a dagger. @default {false} */
  readonly tunedWithOutOfDistribution?: boolean;
  /** The name of the in-distribution set. */
  readonly inSet: string;
  /** The name of the out-of-distribution set. */
  readonly outSet: string;
  /** How far it is. */
  readonly distance: "near" | "far";
  /** The area under the ROC curve, in `[0, 1]`. */
  readonly auroc: number;
  /** Its interval, in `[0, 1]`. */
  readonly aurocInterval: readonly [lower: number, upper: number];
}

/** The detectors of one classifier. */
export interface DetectionSeries {
  /** The name of the classifier. */
  readonly name: string;
  /** The rows, of which another classifier may have others. */
  readonly rows: readonly DetectionRow[];
}

const ACTION = "draw detection chart";
const COLUMNS = 3;
const LINE = 17;

/**
 * Draws how well detectors tell out-of-distribution sets apart: a panel a pair of sets, a line a detector, and a dot with its
 * interval for each classifier.
 *
 * Detectors are in the order in which they come, those that were tuned with out-of-distribution examples with a dagger; the
 * dashed line is guessing. Panels say whether their set is near or far.
 *
 * @example Usage
 * ```ts
 * import { detectionChart } from "@jem-js/report";
 * import { expect } from "vitest";
 *
 * const sets = { inSet: "MNIST", outSet: "Fashion-MNIST", distance: "far" } as const;
 * const svg = detectionChart([
 *   { name: "JEM", rows: [{ detector: "energy", ...sets, auroc: 0.97, aurocInterval: [0.96, 0.98] }] },
 *   { name: "control", rows: [{ detector: "energy", ...sets, auroc: 0.92, aurocInterval: [0.9, 0.94] }] },
 * ]);
 * expect(svg).toContain("Fashion-MNIST (far)");
 * ```
 *
 * @see {@link https://doi.org/10.2307/2531595 | DeLong et al., Comparing the areas under two or more correlated receiver operating characteristic curves}
 *
 * @param series One to seven classifiers with different names.
 * @param options Title, seed, n, temperature and width.
 * @returns A standalone SVG; equal arguments give equal strings.
 * @throws {TypeError} When a list, a name or a number is of another kind.
 * @throws {RangeError} When there is no series or too many, one has no rows, or a number is outside `[0, 1]`.
 */
export function detectionChart(series: readonly DetectionSeries[], options: FigureOptions = {}): string {
  checkFigureOptions(ACTION, options);
  checkSeries(ACTION, series);
  series.forEach(checkRows);
  const rows = series.flatMap((item, at) => item.rows.map((row) => ({ ...row, at, label: labelOf(row) })));
  const labels = [...new Set(rows.map(({ label }) => label))];
  const severalIn = new Set(rows.map(({ inSet }) => inSet)).size > 1;
  const pairOf = ({ inSet, outSet, distance }: DetectionRow): string =>
    `${severalIn ? `${inSet} → ` : ""}${outSet} (${distance})`;
  const pairs = [...new Set(rows.map(pairOf))];
  const columns = Math.min(COLUMNS, pairs.length);
  const room = Math.ceil(Math.max(...labels.map((label) => textWidth(label, FONT_SIZE.text)))) + 20;
  const { title = "Detection of out-of-distribution inputs", width = room + columns * 230 } = options;
  const panelWidth = Math.floor((width - room) / columns);
  const headings = panelHeadings(
    pairs.map((name) => ({ name, summary: "" })),
    panelWidth + MARGINS.marginLeft,
  );
  const panels = pairs.map((pair, i): Panel => {
    const isFirst = i % columns === 0;
    const own = rows.filter((row) => pairOf(row) === pair);
    return {
      width: panelWidth + (isFirst ? room : 0),
      height: headings.height + LINE * labels.length + MARGINS.marginBottom,
      options: {
        ...MARGINS,
        marginLeft: isFirst ? room : 10,
        marginTop: headings.height,
        x: { domain: [0, 1] },
        y: { type: "point", domain: labels, padding: 0.7, axis: null },
        symbol: { type: "identity" },
        marks: [
          ...frameMarks(isFirst),
          ...series.flatMap((_, at) =>
            marksOf(
              own.filter((row) => row.at === at),
              at,
              series.length,
            ),
          ),
          ...headings.marks[i]!,
        ],
      },
    };
  });
  const legend: LegendItem[] = series.map(({ name }, i) => ({
    label: name,
    kind: "line",
    colour: colour(i),
    symbol: symbol(i),
  }));
  if (rows.some(({ tunedWithOutOfDistribution }) => tunedWithOutOfDistribution)) {
    legend.push({ label: "† tuned with out-of-distribution examples", kind: "symbol", colour: MUTED });
  }
  return drawFigure({
    title,
    description: series.map((item) => describe(item, pairOf)).join(" "),
    facts: factsOf(options),
    legend,
    rows: Array.from({ length: Math.ceil(panels.length / columns) }, (_, i) =>
      panels.slice(i * columns, (i + 1) * columns),
    ),
  });
}

function frameMarks(hasLabels: boolean): Markish[] {
  const muted = { tickSize: 4, color: MUTED } as const;
  return [
    gridX({ ticks: [...FIFTHS], stroke: RULE, strokeOpacity: 1 }),
    gridY({ stroke: RULE, strokeOpacity: 0.5 }),
    ruleX([0.5], { stroke: MUTED, strokeDasharray: "4,3" }),
    axisX({
      ...muted,
      ticks: [...FIFTHS],
      tickFormat: percentTick,
      label: "AUROC (%)",
      labelAnchor: "center",
      labelArrow: "none",
      labelOffset: 36,
    }),
    ...(hasLabels ? [axisY({ ...muted, tickSize: 0, label: null, fontSize: FONT_SIZE.text })] : []),
    frame({ anchor: "bottom", stroke: MUTED }),
  ];
}

/** The dots of a classifier and their intervals, beside those of the others. */
function marksOf(rows: readonly (DetectionRow & { label: string })[], at: number, count: number): Markish[] {
  const dy = (at - (count - 1) / 2) * 4;
  return [
    ruleY(rows, {
      x1: (row: DetectionRow) => row.aurocInterval[0],
      x2: (row: DetectionRow) => row.aurocInterval[1],
      y: "label",
      stroke: colour(at),
      strokeWidth: 1.5,
      dy,
    }),
    dot(rows, { x: "auroc", y: "label", fill: colour(at), symbol: symbol(at), r: 3, dy }),
  ];
}

function labelOf({ detector, tunedWithOutOfDistribution }: DetectionRow): string {
  return oneLine(tunedWithOutOfDistribution ? `${detector} †` : detector);
}

function describe({ name, rows }: DetectionSeries, pairOf: (row: DetectionRow) => string): string {
  const best = new Map<string, DetectionRow>();
  for (const row of rows) {
    const found = best.get(pairOf(row));
    if (!found || row.auroc > found.auroc) best.set(pairOf(row), row);
  }
  const parts = [...best].map(([pair, row]) => `${pair} best by ${labelOf(row)}, ${percentTick(row.auroc)}%`);
  return `${name}: ${parts.join("; ")}.`;
}

function checkRows({ rows }: DetectionSeries, at: number): void {
  checkArray(ACTION, `series[${at}].rows`, rows);
  if (rows.length === 0) throw new RangeError(`Cannot ${ACTION}: series[${at}].rows must not be empty`);
  rows.forEach((row, i) => {
    const owner = `series[${at}].rows[${i}]`;
    for (const name of ["detector", "inSet", "outSet", "distance"] as const) {
      checkText(ACTION, `${owner}.${name}`, row?.[name]);
    }
    checkBetween(ACTION, `${owner}.auroc`, row.auroc, 0, 1);
    checkArray(ACTION, `${owner}.aurocInterval`, row.aurocInterval as unknown as number[]);
    checkBetween(ACTION, `${owner}.aurocInterval[0]`, row.aurocInterval[0], 0, 1);
    checkBetween(ACTION, `${owner}.aurocInterval[1]`, row.aurocInterval[1], row.aurocInterval[0], 1);
  });
}
