import { readFile } from "node:fs/promises";
import { parse } from "node:path";
import { renderFigure } from "../_html_figure.ts";
import { altText } from "../alt_text.ts";
import type { ReportFigure, ReportFigureText } from "../html_report.ts";
import { megabytes, type RunFiles } from "./files.ts";
import { shown } from "./json_tables.ts";

/** An image of a run, to be put on the page. */
export interface RunImage {
  /** Its path in the folder of the run, with `/`. */
  readonly file: string;
  readonly figure: ReportFigure;
}

/** What images get, and how much they may take. */
export interface ImageOptions {
  /** The texts of images by their paths. */
  readonly texts: Readonly<Record<string, ReportFigureText>>;
  /** How many bytes of images the page has room for; it counts down. */
  readonly room: { bytes: number };
}

const LARGEST_IMAGE = 8 << 20;
const MOST_PIXELS = 1 << 26;
const MOST_FIGURES = 40;
const MOST_SAMPLES = 6;

/** The figures in a folder, an SVG rather than the PNG of the same name; those that `texts` names come first, in its order. */
export async function readFigures(files: RunFiles, folder: string, options: ImageOptions): Promise<RunImage[]> {
  const names = await imageNames(files, folder);
  const isCopy = (name: string): boolean => name.endsWith(".png") && names.includes(`${name.slice(0, -4)}.svg`);
  const paths = names.filter((name) => !isCopy(name)).map((name) => `${folder}/${name}`);
  const named = Object.keys(options.texts).filter((path) => paths.includes(path));
  const ordered = [...named, ...paths.filter((path) => !named.includes(path))];
  if (ordered.length > MOST_FIGURES) {
    files.report(folder, `holds ${ordered.length} figures, of which ${MOST_FIGURES} are shown`);
  }
  return readImages(files, ordered.slice(0, MOST_FIGURES), options);
}

/** The first sample, the last, and up to four evenly between. */
export async function readSamples(files: RunFiles, folder: string, options: ImageOptions): Promise<RunImage[]> {
  const names = (await imageNames(files, folder)).filter((name) => name.endsWith(".png"));
  const count = Math.min(names.length, MOST_SAMPLES);
  const chosen = Array.from({ length: count }, (_, i) =>
    count === 1 ? names[0]! : names[Math.round((i * (names.length - 1)) / (count - 1))]!,
  );
  return readImages(
    files,
    chosen.map((name) => `${folder}/${name}`),
    options,
  );
}

async function imageNames(files: RunFiles, folder: string): Promise<string[]> {
  return (await files.list(folder)).files.filter((name) => /\.(svg|png)$/.test(name));
}

async function readImages(
  files: RunFiles,
  paths: readonly string[],
  { texts, room }: ImageOptions,
): Promise<RunImage[]> {
  const images: RunImage[] = [];
  for (const file of paths) {
    const figure = await files.use(file, async (path, size) => {
      if (size > LARGEST_IMAGE) throw new Error(`is left out: it has ${megabytes(size)}`);
      if (size > room.bytes) throw new Error("is left out: the page is full");
      const read = readFigure(file, await readFile(path), Object.hasOwn(texts, file) ? texts[file] : undefined);
      room.bytes -= size;
      return read;
    });
    if (figure) images.push({ file, figure });
  }
  return images;
}

function readFigure(file: string, bytes: Buffer, text?: ReportFigureText): ReportFigure {
  const isSvg = file.endsWith(".svg");
  const svg = isSvg ? bytes.toString("utf8") : "";
  // Width and height of a PNG stand at a fixed place; a small file may claim to be enormous.
  if (!isSvg && bytes.length > 24 && bytes.readUInt32BE(16) * bytes.readUInt32BE(20) > MOST_PIXELS) {
    throw new Error(`is left out: it has more than ${MOST_PIXELS} pixels`);
  }
  const texts = { caption: shown(file), ...text, alt: text?.alt ?? altOf(file, svg) };
  const figure = isSvg ? { svg, ...texts } : { png: new Uint8Array(bytes), ...texts };
  try {
    renderFigure("read figure", "it", figure);
  } catch {
    throw new Error(`is damaged: it is no ${isSvg ? "SVG" : "PNG"}`);
  }
  return figure;
}

/** What an SVG says of itself, or what the name of the file says. */
function altOf(file: string, svg: string): string {
  const { dir, name } = parse(file);
  const words = shown(name.replaceAll(/[_-]+/g, " ").trim());
  if (/<title>[^<]*\S[^<]*<\/title>/.test(svg)) return altText(svg);
  if (!dir.endsWith("samples")) return `Figure: ${words}`;
  return /^\d+$/.test(words) ? `Samples after ${Number(words)} iterations` : `Samples: ${words}`;
}
