import { axisX, axisY, frame, gridY, type Markish, text } from "@observablehq/plot";
import { oneLine } from "./_escape.ts";
import type { Panel } from "./_figure.ts";
import { FONT_SIZE, MUTED, numberText, RULE } from "./_style.ts";
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
export const MARGINS = { marginTop: 8, marginRight: 16, marginBottom: 44, marginLeft: 64 } as const;

/** Ticks of a share. */
export const FIFTHS: readonly number[] = [0, 0.2, 0.4, 0.6, 0.8, 1];

const LINE_HEIGHT = 18;

/** Both axes, labelled in the middle, and the horizontal grid, to be drawn first. Without `x` there are ticks only. */
export function axes(labels: { readonly x?: string; readonly y: string }, options: AxesOptions = {}): Markish[] {
  // Labels of the vertical axis have less room.
  const { xTicks = 6, yTicks = 5, xFormat = (x) => numberText(x), yFormat = (y) => numberText(y, 1e5) } = options;
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
      labelOffset: 52,
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

/** A square panel of one share against another. */
export function unitPanel(width: number, labels: { readonly x: string; readonly y: string }, marks: Markish[]): Panel {
  const ticks = { xTicks: FIFTHS, yTicks: FIFTHS, xFormat: percentTick, yFormat: percentTick };
  const marginTop = 12;
  return {
    width,
    height: width - MARGINS.marginLeft - MARGINS.marginRight + marginTop + MARGINS.marginBottom,
    options: {
      ...MARGINS,
      marginTop,
      x: { domain: [0, 1] },
      y: { domain: [0, 1] },
      symbol: { type: "identity" },
      marks: [...axes(labels, ticks), ...marks],
    },
  };
}

/** How many ticks to ask for along a panel of `width`: Plot may draw 1.6 times as many, none within 55 pixels of the next. */
export function tickCount(width: number): number {
  return Math.max(2, Math.floor((width - MARGINS.marginLeft - MARGINS.marginRight) / 88));
}

/** A tick at a fraction, in percent without the sign. */
export function percentTick(fraction: number): string {
  return String(Number((100 * fraction).toPrecision(6)));
}
