import { image, type Markish, text } from "@observablehq/plot";
import { checkInteger, checkPair } from "./_check.ts";
import { oneLine } from "./_escape.ts";
import { checkFigureOptions, type Panel } from "./_figure.ts";
import { dataUri, type Raster } from "./_raster.ts";
import { FONT_SIZE, INK, MUTED } from "./_style.ts";
import { textWidth } from "./_text.ts";
import type { ImageFigureOptions } from "./figure_options.ts";

/** An image with the lines below it. */
export interface ImageCell {
  readonly raster: Raster;
  readonly caption?: readonly string[];
}

/** Images in rows, with the head of each row and column. */
export interface ImageGrid {
  readonly columns?: readonly string[];
  readonly rows: readonly { readonly head?: string; readonly cells: readonly ImageCell[] }[];
  /** The side of the square that shows one pixel, in CSS pixels. */
  readonly scale: number;
}

const EDGE = 12;
const GAP = 6;
const LINE = 15;
/** The least width of a figure, so that there is room for its title. */
const LEAST_WIDTH = 320;

/** The range and the scale of a figure of images, whose sides are about `size` CSS pixels unless told. */
export function imageOptions(
  action: string,
  options: ImageFigureOptions,
  [, height, width]: readonly number[],
  size: number,
): { range: readonly [number, number]; scale: number } {
  checkFigureOptions(action, options);
  const suitable = Math.round(size / Math.max(height!, width!));
  const { range = [-1, 1], scale = Math.min(64, Math.max(1, suitable)) } = options;
  checkPair(action, "range", "[black, white]", range);
  checkInteger(action, "scale", scale, 1, 64);
  return { range, scale };
}

/** Draws images as a table, pixels as squares, each image with its caption. */
export function imagePanel({ columns, rows, scale }: ImageGrid): Panel {
  const cells = rows.flatMap((row) => row.cells);
  const captions = cells.flatMap(({ caption = [] }) => caption);
  const cellWidth = Math.max(
    widest([...captions, ...(columns ?? [])]),
    ...cells.map(({ raster }) => scale * raster.width),
  );
  const heads = widest(rows.map(({ head = "" }) => head));
  const left = EDGE + (heads > 0 ? heads + GAP : 0);
  const middle = (column: number): number => left + column * (cellWidth + GAP) + cellWidth / 2;

  const images: { x: number; y: number; width: number; height: number; src: string }[] = [];
  const texts: { line: string; x: number; y: number; fill: string; anchor: "start" | "middle" }[] = [];
  let y = GAP;
  if (columns) {
    for (const [i, line] of columns.entries())
      texts.push({ line, x: middle(i), y: y + 8, fill: INK, anchor: "middle" });
    y += LINE + 3;
  }
  for (const { head, cells: inRow } of rows) {
    const height = scale * Math.max(...inRow.map(({ raster }) => raster.height));
    if (head) texts.push({ line: head, x: EDGE, y: y + height / 2, fill: INK, anchor: "start" });
    for (const [i, { raster, caption = [] }] of inRow.entries()) {
      const size = { width: scale * raster.width, height: scale * raster.height };
      images.push({ x: middle(i), y: y + height / 2, ...size, src: dataUri(raster) });
      for (const [j, line] of caption.entries()) {
        texts.push({ line, x: middle(i), y: y + height + LINE * j + 8, fill: MUTED, anchor: "middle" });
      }
    }
    const lines = Math.max(...inRow.map(({ caption = [] }) => caption.length));
    y += height + LINE * lines + (lines > 0 ? GAP + 2 : GAP);
  }
  const most = Math.max(...rows.map((row) => row.cells.length));
  const marks: Markish[] = [
    image(images, { x: "x", y: "y", width: "width", height: "height", src: "src", imageRendering: "pixelated" }),
    ...(["start", "middle"] as const).map((textAnchor) =>
      text(
        texts.filter(({ anchor }) => anchor === textAnchor),
        { x: "x", y: "y", text: ({ line }) => oneLine(line), fill: "fill", textAnchor },
      ),
    ),
  ];
  const identity = { type: "identity" } as const;
  return {
    width: Math.ceil(Math.max(LEAST_WIDTH, left + most * (cellWidth + GAP) - GAP + EDGE)),
    height: Math.ceil(y - GAP + EDGE),
    options: { margin: 0, axis: null, x: identity, y: identity, color: identity, marks },
  };
}

function widest(lines: readonly string[]): number {
  return Math.max(0, ...lines.map((line) => textWidth(line, FONT_SIZE.text)));
}
