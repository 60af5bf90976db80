import { dot, type Markish, type PlotOptions, plot, rect, ruleY, text } from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { checkBetween, checkFinite, checkInteger, checkText } from "./_check.ts";
import { escapeXml, oneLine } from "./_escape.ts";
import { FONT, FONT_SIZE, INK, MUTED, numberText, PAPER, thousands } from "./_style.ts";
import { textWidth, wrap } from "./_text.ts";
import type { FigureOptions } from "./figure_options.ts";

/** An item of the legend: a filled square, a symbol, or a line or a dashed line with or without a symbol on it. */
export interface LegendItem {
  readonly label: string;
  readonly kind: "square" | "symbol" | "line" | "dashes";
  readonly colour: string;
  readonly symbol?: string;
}

/** One plot of a figure, with its size in CSS pixels. */
export interface Panel {
  readonly width: number;
  readonly height: number;
  readonly options: PlotOptions;
}

/** A figure: a header over rows of panels. */
export interface Layout {
  readonly title: string;
  /** What the figure says, in words and numbers, for those who do not see it. */
  readonly description: string;
  readonly facts: readonly string[];
  readonly legend: readonly LegendItem[];
  readonly rows: readonly (readonly Panel[])[];
}

/** What this file needs of the elements that Plot makes; the DOM's own types are not loaded. */
interface PlotElement {
  readonly innerHTML: string;
  querySelector(selectors: string): { remove(): void } | null;
}

const EDGE = 12;

/** Throws unless the options that all figures share are in range. */
export function checkFigureOptions(action: string, { title, n, seed, temperature, width }: FigureOptions): void {
  if (title !== undefined) checkText(action, "title", title);
  if (n !== undefined) checkInteger(action, "n", n, 1);
  if (typeof seed === "number") checkInteger(action, "seed", seed, 0);
  else
    seed?.forEach((item, i) => {
      checkInteger(action, `seed[${i}]`, item, 0);
    });
  if (temperature !== undefined) {
    checkFinite(action, "temperature", temperature);
    if (temperature <= 0) {
      throw new RangeError(`Cannot ${action}: temperature must be greater than 0 but found ${temperature}`);
    }
  }
  if (width !== undefined) checkBetween(action, "width", width, 320, 4000);
}

/** How many examples, which seeds and temperature, as the line below the title states them. */
export function factsOf({ n, seed, temperature }: FigureOptions): string[] {
  const facts = n === undefined ? [] : [`n = ${thousands(n)}`];
  if (typeof seed === "number") facts.push(`seed ${seed}`);
  else if (seed !== undefined && seed.length > 0) facts.push(`seed${seed.length > 1 ? "s" : ""} ${seed.join(", ")}`);
  if (temperature !== undefined) facts.push(`T = ${numberText(temperature)}`);
  return facts;
}

/** The options, with the n of the data when none is given and all series have as many. */
export function withCount<T extends FigureOptions>(options: T, series: readonly ArrayLike<number>[]): T {
  const [{ length }] = series as [ArrayLike<number>];
  return series.every((item) => item.length === length) ? { n: length, ...options } : options;
}

/** What a figure says of each of its series, as one description. */
export function describeSeries(series: readonly { readonly name: string }[], summaries: readonly string[]): string {
  return series.map(({ name }, i) => `${name}: ${summaries[i]!.replaceAll(" · ", ", ")}.`).join(" ");
}

/**
 * Draws a figure as one standalone SVG. The only file that knows of a DOM: Plot draws each panel and the header into a
 * linkedom document, and the panels are placed in one `<svg>`. Its style sheet and class, made for web pages, are dropped
 * for attributes, which every renderer reads. No ids are used, so that figures can share a page.
 */
export function drawFigure({ title, description, facts, legend, rows }: Layout): string {
  const width = Math.max(...rows.map((row) => row.reduce((sum, panel) => sum + panel.width, 0)));
  const header = headerPanel(width, title, facts, legend);
  const groups: string[] = [];
  let y = 0;
  for (const row of [[header], ...rows]) {
    let x = 0;
    for (const panel of row) {
      groups.push(`<g transform="translate(${x},${y})">${drawPanel(panel)}</g>`);
      x += panel.width;
    }
    y += Math.max(...row.map((panel) => panel.height));
  }
  const name = escapeXml(oneLine(title));
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" role="img" ` +
    `aria-label="${name}" font-family="${FONT}" font-size="${FONT_SIZE.text}" fill="${INK}" color="${INK}" text-anchor="middle">` +
    `<title>${name}</title><desc>${escapeXml(oneLine(description))}</desc><rect width="${width}" height="${y}" fill="${PAPER}"/>${groups.join("")}</svg>\n`
  );
}

function drawPanel({ width, height, options }: Panel): string {
  const { document } = parseHTML("<!doctype html><html></html>");
  const svg = plot({ ...options, width, height, document }) as unknown as PlotElement;
  svg.querySelector("style")?.remove();
  return svg.innerHTML;
}

/** Title, facts and legend, drawn by Plot in pixel coordinates. */
function headerPanel(width: number, title: string, facts: readonly string[], legend: readonly LegendItem[]): Panel {
  const marks: Markish[] = [];
  let y = EDGE;
  const write = (
    line: string,
    x: number,
    baseline: number,
    fontSize: number,
    fill: string,
    fontWeight: number,
  ): void => {
    marks.push(text([oneLine(line)], { x: [x], y: [baseline], fontSize, fill, fontWeight, textAnchor: "start" }));
  };
  for (const line of wrap(title, width - 2 * EDGE, FONT_SIZE.title, true)) {
    write(line, EDGE, y + 9, FONT_SIZE.title, INK, 600);
    y += 20;
  }
  for (const line of wrap(facts.join(" · "), width - 2 * EDGE, FONT_SIZE.text)) {
    write(line, EDGE, y + 8, FONT_SIZE.text, MUTED, 400);
    y += 17;
  }
  let x = EDGE;
  if (legend.length > 0) y += 7;
  for (const { label, kind, colour: fill, symbol } of legend) {
    const item = 26 + textWidth(label, FONT_SIZE.text);
    if (x > EDGE && x + item > width - EDGE) {
      x = EDGE;
      y += 18;
    }
    const middle = y + 8;
    if (kind === "square") {
      marks.push(rect([0], { x1: [x + 3], x2: [x + 17], y1: [middle - 5], y2: [middle + 5], fill }));
    } else {
      const dashes = kind === "dashes" ? { strokeDasharray: "4,3" } : {};
      const strokeWidth = kind === "line" ? 2 : 1.25;
      if (kind !== "symbol") {
        marks.push(ruleY([middle], { x1: x, x2: x + 20, stroke: fill, strokeWidth, ...dashes }));
      }
      if (symbol !== undefined) marks.push(dot([0], { x: [x + 10], y: [middle], symbol: [symbol], r: 3.5, fill }));
    }
    write(label, x + 26, middle, FONT_SIZE.text, INK, 400);
    x += item + 16;
  }
  if (legend.length > 0) y += 20;
  const frame = { margin: 0, axis: null, x: { type: "identity" }, y: { type: "identity" } } as const;
  return { width, height: y, options: { ...frame, symbol: { type: "identity" }, marks } };
}
