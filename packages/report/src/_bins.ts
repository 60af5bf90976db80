import { checkArray, checkBetween, checkFinite, checkInteger, checkSeries } from "./_check.ts";
import type { Panel } from "./_figure.ts";
import { percent, thousands } from "./_style.ts";
import type { ReliabilityBin, ReliabilitySeries } from "./reliability_diagram.ts";

/** The bar of a bin, with a thin gap to the next. */
export const BAR = { x1: "lower", x2: "upper", insetLeft: 0.5, insetRight: 0.5 } as const;

/** What the bins of a model say of all its predictions. */
export interface BinSummary {
  readonly n: number;
  readonly accuracy: number;
  readonly confidence: number;
  /** The expected calibration error. */
  readonly error: number;
}

/** Throws unless each model has bins with at least one prediction. */
export function checkBins(action: string, series: readonly ReliabilitySeries[]): void {
  checkSeries(action, series);
  for (const [i, { bins }] of series.entries()) {
    checkArray(action, `series[${i}].bins`, bins);
    for (const [j, bin] of bins.entries()) checkBin(action, `series[${i}].bins[${j}]`, bin);
    if (!bins.some((bin) => bin.count > 0)) {
      throw new RangeError(`Cannot ${action}: series[${i}].bins must hold at least one prediction but found none`);
    }
  }
}

function checkBin(action: string, name: string, bin: ReliabilityBin): void {
  checkBetween(action, `${name}.lower`, bin.lower, 0, 1);
  checkFinite(action, `${name}.upper`, bin.upper);
  if (bin.upper <= bin.lower || bin.upper > 1) {
    throw new RangeError(
      `Cannot ${action}: ${name}.upper must be above lower ${bin.lower} and at most 1 but found ${bin.upper}`,
    );
  }
  checkInteger(action, `${name}.count`, bin.count, 0);
  if (bin.count === 0) return;
  checkBetween(action, `${name}.meanConfidence`, bin.meanConfidence, 0, 1);
  checkBetween(action, `${name}.accuracy`, bin.accuracy, 0, 1);
}

/** The bins that hold predictions. */
export function filledBins(bins: readonly ReliabilityBin[]): ReliabilityBin[] {
  return bins.filter((bin) => bin.count > 0);
}

/** Accuracy, mean confidence and expected calibration error, from the bins. */
export function summariseBins(bins: readonly ReliabilityBin[]): BinSummary {
  const filled = filledBins(bins);
  const n = filled.reduce((sum, bin) => sum + bin.count, 0);
  const mean = (of: (bin: ReliabilityBin) => number): number =>
    filled.reduce((sum, bin) => sum + (bin.count / n) * of(bin), 0);
  return {
    n,
    accuracy: mean((bin) => bin.accuracy),
    confidence: mean((bin) => bin.meanConfidence),
    error: mean((bin) => Math.abs(bin.accuracy - bin.meanConfidence)),
  };
}

/** The figures of a model above its panel. */
export function describeBins(parts: Readonly<Record<string, number>>, n: number): string {
  const figures = Object.entries(parts).map(([name, value]) => `${name} ${percent(value)}`);
  return [...figures, `n = ${thousands(n)}`].join(" · ");
}

/** How many models stand side by side, and how wide their panels are. */
export function binColumns(count: number, width: number | undefined): { columns: number; panelWidth: number } {
  const columns = count === 4 ? 2 : Math.min(count, 3);
  return { columns, panelWidth: Math.floor((width ?? (columns === 1 ? 400 : 320 * columns)) / columns) };
}

/** The panels of the models, each a column of one or more, in rows of `columns` models. */
export function arrange(models: readonly (readonly Panel[])[], columns: number): Panel[][] {
  const rows: Panel[][] = [];
  for (let start = 0; start < models.length; start += columns) {
    const beside = models.slice(start, start + columns);
    rows.push(...beside[0]!.map((_, i) => beside.map((panels) => panels[i]!)));
  }
  return rows;
}
