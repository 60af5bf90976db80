import { createHash } from "node:crypto";
import { checkArray, checkText } from "./_check.ts";
import { escapeXml } from "./_escape.ts";
import { renderFigure } from "./_html_figure.ts";
import { SCRIPT, STYLE } from "./_html_style.ts";
import { renderTable } from "./_html_table.ts";

/** A table of a report. */
export interface ReportTable {
  /** What the table shows, written above it. */
  readonly caption: string;
  /** The heads of the columns. */
  readonly columns: readonly string[];
  /**
   * The rows, a cell for each column. Numbers are shown with up to six significant digits, whole ones with all, and copied
   * with all; `null` is an empty cell. A text in the first column is the head of its row.
   */
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** What all figures of a report have. */
export interface ReportFigureText {
  /** What the figure shows, for those who do not see it. */
  readonly alt: string;
  /** A line below the figure. @default {none} */
  readonly caption?: string;
}

/** A figure given as SVG. */
export interface SvgFigure extends ReportFigureText {
  /** A standalone SVG, with its namespace. */
  readonly svg: string;
}

/** A figure given as PNG. */
export interface PngFigure extends ReportFigureText {
  /** The bytes of a PNG. */
  readonly png: Uint8Array;
}

/** A figure of a report. */
export type ReportFigure = SvgFigure | PngFigure;

/** A section of a report. Its parts stand in this order: text, commands, tables, figures. */
export interface ReportSection {
  /** The heading. */
  readonly heading: string;
  /** One or several paragraphs of plain text. @default {none} */
  readonly text?: string | readonly string[];
  /** Command lines to be repeated, shown as they are. @default {none} */
  readonly commands?: readonly string[];
  /** Tables. @default {none} */
  readonly tables?: readonly ReportTable[];
  /** Figures. @default {none} */
  readonly figures?: readonly ReportFigure[];
}

/** What a report says. */
export interface Report {
  /** The title of the page. */
  readonly title: string;
  /** One or several paragraphs of plain text below the title: what was done and what came out. @default {none} */
  readonly summary?: string | readonly string[];
  /** The sections; with three or more there is a table of contents. */
  readonly sections: readonly ReportSection[];
}

/** Options of {@linkcode htmlReport}. */
export interface HtmlReportOptions {
  /** The language of the texts, a BCP 47 tag. @default {"en"} */
  readonly language?: string;
}

const ACTION = "build report";

/**
 * Builds the report of a run as one HTML page that needs nothing else: style, script and figures are in it, and a content
 * security policy keeps it from loading anything. It follows the light or dark mode of the system (figures keep their
 * white ground), prints well, and works without its script, which only adds the buttons that copy a table as CSV.
 *
 * All text is plain text, and escaped. Figures are embedded as images, so that a script in an SVG does not run.
 *
 * @example Usage
 * ```ts
 * import { htmlReport } from "@jem-js/report";
 * import { expect } from "vitest";
 *
 * const html = htmlReport({
 *   title: "JEM on MNIST",
 *   summary: "Accuracy stays, calibration improves.",
 *   sections: [
 *     {
 *       heading: "Calibration",
 *       commands: ["npm start -- --seed 0"],
 *       tables: [{ caption: "Test set, n = 10,000", columns: ["model", "ECE"], rows: [["JEM", 0.021], ["control", 0.043]] }],
 *     },
 *   ],
 * });
 * expect(html).toContain('<th scope="row">JEM</th><td class="number">0.021</td>');
 * ```
 *
 * @param report Title, summary and sections.
 * @param options The language.
 * @returns The page; equal arguments give equal strings.
 * @throws {TypeError} When a part is of another kind, a row has not as many cells as there are columns, or a figure is no
 * SVG with its namespace or no PNG.
 * @throws {RangeError} When a text that is needed is empty, or a number is not finite.
 */
export function htmlReport(report: Report, options: HtmlReportOptions = {}): string {
  const { title, summary, sections } = report;
  const { language = "en" } = options;
  checkText(ACTION, "title", title);
  checkArray(ACTION, "sections", sections);
  if (!/^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$/.test(language)) {
    throw new RangeError(`Cannot ${ACTION}: language must be a BCP 47 tag but found "${language}"`);
  }
  const opening = paragraphs("summary", summary, ' class="summary"');
  const body = sections.map(renderSection);
  const policy = `default-src 'none'; img-src data:; style-src '${digest(STYLE)}'; script-src '${digest(SCRIPT)}'`;
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeXml(title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeXml(title)}</h1>
${[...opening, ...contents(sections), ...body].join("\n")}
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function renderSection(section: ReportSection, i: number): string {
  const owner = `sections[${i}]`;
  const { heading, text, commands = [], tables = [], figures = [] } = section;
  checkText(ACTION, `${owner}.heading`, heading);
  checkArray(ACTION, `${owner}.commands`, commands);
  checkArray(ACTION, `${owner}.tables`, tables);
  checkArray(ACTION, `${owner}.figures`, figures);
  for (const [j, command] of commands.entries()) checkText(ACTION, `${owner}.commands[${j}]`, command);
  const parts = [
    `<section aria-labelledby="section-${i + 1}">`,
    `<h2 id="section-${i + 1}">${escapeXml(heading)}</h2>`,
    ...paragraphs(`${owner}.text`, text),
    ...(commands.length > 0 ? [`<pre tabindex="0"><code>${commands.map(escapeXml).join("\n")}</code></pre>`] : []),
    ...tables.map((table, j) => renderTable(ACTION, `${owner}.tables[${j}]`, table, `${i + 1}.${j + 1}`)),
    ...(figures.length > 0 ? ['<div class="figures">'] : []),
    ...figures.map((figure, j) => renderFigure(ACTION, `${owner}.figures[${j}]`, figure)),
    ...(figures.length > 0 ? ["</div>"] : []),
    "</section>",
  ];
  return parts.join("\n");
}

function paragraphs(name: string, value: string | readonly string[] | undefined, attributes = ""): string[] {
  if (value === undefined) return [];
  const texts = typeof value === "string" ? [value] : value;
  checkArray(ACTION, name, texts);
  return texts.map((text, i) => {
    checkText(ACTION, typeof value === "string" ? name : `${name}[${i}]`, text);
    return `<p${attributes}>${escapeXml(text)}</p>`;
  });
}

function contents(sections: readonly ReportSection[]): string[] {
  if (sections.length < 3) return [];
  const items = sections.map(({ heading }, i) => `<li><a href="#section-${i + 1}">${escapeXml(heading)}</a></li>`);
  return [`<nav aria-label="Contents"><ol>${items.join("")}</ol></nav>`];
}

/** What names an inline style or script in a content security policy. */
function digest(content: string): string {
  return `sha256-${createHash("sha256").update(content).digest("base64")}`;
}
