import { axisX, axisY, frame, gridY, type Markish, text } from "@observablehq/plot";
import { oneLine } from "./_escape.ts";
import { FONT_SIZE, MUTED, RULE, thousands } from "./_style.ts";
import { wrap } from "./_text.ts";

/** Ticks of an axis: their values, or about how many. */
type Ticks = number | readonly number[];

/** How {@linkcode axes} sets its ticks: numbers unless a format is given. */
export interface AxesOptions {
  readonly xTicks?: Ticks;
  readonly yTicks?: Ticks;
  readonly xFormat?: (value: number) => string;
  readonly yFormat?: (value: number) => string;
}

/** The room that axes and their labels need around a panel. */
export const MARGINS = { marginTop: 8, marginRight: 16, marginBottom: 44, marginLeft: 56 } as const;

const LINE_HEIGHT = 18;

/** Both axes, labelled in the middle, and the horizontal grid, to be drawn first. Without `x` there are ticks only. */
export function axes(labels: { readonly x?: string; readonly y: string }, options: AxesOptions = {}): Markish[] {
  // Labels of the vertical axis have less room.
  const { xTicks = 6, yTicks = 5, xFormat = (x) => numberTick(x, 1e6), yFormat = (y) => numberTick(y, 1e5) } = options;
  const middle = { labelAnchor: "center", labelArrow: "none", tickSize: 4, color: MUTED } as const;
  const ticks = (value: Ticks): { ticks: number | number[] } => ({
    ticks: typeof value === "number" ? value : [...value],
  });
  const x =
    labels.x === undefined
      ? { label: null, tickFormat: () => "" }
      : { label: oneLine(labels.x), labelOffset: 36, tickFormat: xFormat };
  return [
    gridY({ ...ticks(yTicks), stroke: RULE, strokeOpacity: 1 }),
    axisY({
      ...middle,
      ...ticks(yTicks),
      label: oneLine(labels.y),
      labelOffset: 44,
      tickFormat: yFormat,
    }),
    axisX({ ...middle, ...ticks(xTicks), ...x }),
    frame({ anchor: "bottom", stroke: MUTED }),
  ];
}

/**
 * For each panel of `width`, its name in bold and a line about it, to be drawn above the frame; and the height that all
 * of them need there.
 */
export function panelHeadings(
  panels: readonly { readonly name: string; readonly summary: string }[],
  width: number,
): { height: number; marks: Markish[][] } {
  const room = width - MARGINS.marginLeft;
  const blocks = panels.map(({ name, summary }) => [
    ...wrap(oneLine(name), room, FONT_SIZE.heading, true).map((line) => ({ line, isName: true })),
    ...wrap(summary, room, FONT_SIZE.text).map((line) => ({ line, isName: false })),
  ]);
  const marks = blocks.map((lines) =>
    lines.map(({ line, isName }, i) =>
      text([line], {
        frameAnchor: "top-left",
        textAnchor: "start",
        dy: -LINE_HEIGHT * (lines.length - i) - 6,
        ...(isName ? { fontSize: FONT_SIZE.heading, fontWeight: 600 } : { fill: MUTED }),
      }),
    ),
  );
  return { height: LINE_HEIGHT * Math.max(...blocks.map((lines) => lines.length)) + 16, marks };
}

/** A tick at a fraction, in percent without the sign. */
export function percentTick(fraction: number): string {
  return String(Number((100 * fraction).toPrecision(6)));
}

/** A tick at a number: `−1,500`, or `1.5e6` from `limit` on and `1e-4` below 0.001. */
function numberTick(value: number, limit: number): string {
  const size = Number(Math.abs(value).toPrecision(6));
  const sign = value < 0 && size > 0 ? "−" : "";
  if (size >= limit || (size > 0 && size < 0.001)) return `${sign}${size.toExponential().replace("e+", "e")}`;
  return `${sign}${size >= 1000 ? thousands(size) : size}`;
}
