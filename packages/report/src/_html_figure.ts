import { Buffer } from "node:buffer";
import { decode } from "fast-png";
import { checkText, format } from "./_check.ts";
import { escapeXml } from "./_escape.ts";
import type { ReportFigure } from "./html_report.ts";

/** A figure with its caption, as an image in a data URI: an image runs no script and loads nothing. */
export function renderFigure(action: string, name: string, figure: ReportFigure): string {
  checkText(action, `${name}.alt`, figure.alt);
  if (figure.caption !== undefined) checkText(action, `${name}.caption`, figure.caption);
  const { type, bytes, size } = "svg" in figure ? readSvg(action, name, figure.svg) : readPng(action, name, figure.png);
  const source = `data:${type};base64,${Buffer.from(bytes).toString("base64")}`;
  const caption = figure.caption === undefined ? "" : `\n<figcaption>${escapeXml(figure.caption)}</figcaption>`;
  return `<figure>\n<div class="card"><img src="${source}" alt="${escapeXml(figure.alt)}"${size}></div>${caption}\n</figure>`;
}

interface Image {
  readonly type: string;
  readonly bytes: Uint8Array;
  /** The attributes that reserve the image's place before it is drawn. */
  readonly size: string;
}

function readSvg(action: string, name: string, svg: string): Image {
  checkText(action, `${name}.svg`, svg);
  const root = /<svg\b[^>]*>/.exec(svg)?.[0];
  if (!root?.includes('xmlns="http://www.w3.org/2000/svg"')) {
    throw new TypeError(`Cannot ${action}: ${name}.svg must be an SVG with its namespace but found ${format(svg)}`);
  }
  const [width, height] = ["width", "height"].map((side) => new RegExp(`\\s${side}="([0-9.]+)(px)?"`).exec(root)?.[1]);
  const size = width === undefined || height === undefined ? "" : ` width="${width}" height="${height}"`;
  return { type: "image/svg+xml", bytes: Buffer.from(svg, "utf8"), size };
}

function readPng(action: string, name: string, png: Uint8Array): Image {
  if (!(png instanceof Uint8Array)) {
    throw new TypeError(`Cannot ${action}: ${name} must have svg or png but found png ${format(png)}`);
  }
  try {
    const { width, height } = decode(png);
    return { type: "image/png", bytes: png, size: ` width="${width}" height="${height}"` };
  } catch (error) {
    throw new TypeError(`Cannot ${action}: ${name}.png must be a PNG but found ${String(error)}`, { cause: error });
  }
}
