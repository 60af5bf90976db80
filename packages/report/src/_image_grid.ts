import { image, type Markish, text } from "@observablehq/plot";
import { oneLine } from "./_escape.ts";
import type { Panel } from "./_figure.ts";
import { dataUri, type Raster } from "./_raster.ts";
import { FONT_SIZE, INK, MUTED } from "./_style.ts";
import { textWidth } from "./_text.ts";

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

/** The scale at which an image of these sides is about `size` CSS pixels large. */
export function scaleFor(height: number, width: number, size: number): number {
  return Math.max(1, Math.round(size / Math.max(height, width)));
}

/** Draws images as a table, pixels as squares, each image with its caption. */
export function imagePanel({ columns, rows, scale }: ImageGrid): Panel {
  const cells = rows.flatMap((row) => row.cells);
  const widest = (lines: readonly string[]): number =>
    Math.max(0, ...lines.map((line) => textWidth(line, FONT_SIZE.text)));
  const captions = cells.flatMap(({ caption = [] }) => caption);
  const cellWidth = Math.max(
    widest([...captions, ...(columns ?? [])]),
    ...cells.map(({ raster }) => scale * raster.width),
  );
  const imageHeight = scale * Math.max(...cells.map(({ raster }) => raster.height));
  const captionHeight = LINE * Math.max(...cells.map(({ caption = [] }) => caption.length));
  const rowHeight = imageHeight + captionHeight + (captionHeight > 0 ? GAP + 2 : GAP);
  const heads = widest(rows.map(({ head = "" }) => head));
  const left = EDGE + (heads > 0 ? heads + GAP : 0);
  const top = columns ? LINE + 9 : 6;

  const images: { x: number; y: number; width: number; height: number; src: string }[] = [];
  const texts: { line: string; x: number; y: number; fill: string; anchor: "start" | "middle" }[] = [];
  const middle = (column: number): number => left + column * (cellWidth + GAP) + cellWidth / 2;
  columns?.forEach((line, i) => {
    texts.push({ line, x: middle(i), y: top - 10, fill: INK, anchor: "middle" });
  });
  for (const [i, { head, cells: inRow }] of rows.entries()) {
    const y = top + i * rowHeight;
    if (head) texts.push({ line: head, x: EDGE, y: y + imageHeight / 2, fill: INK, anchor: "start" });
    for (const [j, { raster, caption = [] }] of inRow.entries()) {
      const [width, height] = [scale * raster.width, scale * raster.height];
      images.push({ x: middle(j), y: y + imageHeight / 2, width, height, src: dataUri(raster) });
      for (const [k, line] of caption.entries()) {
        texts.push({ line, x: middle(j), y: y + imageHeight + LINE * k + 8, fill: MUTED, anchor: "middle" });
      }
    }
  }
  const most = Math.max(...rows.map((row) => row.cells.length));
  const width = Math.ceil(Math.max(LEAST_WIDTH, left + most * (cellWidth + GAP) - GAP + EDGE));
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
    width,
    height: Math.ceil(top + rows.length * rowHeight + EDGE - GAP),
    options: { margin: 0, axis: null, x: identity, y: identity, color: identity, marks },
  };
}
