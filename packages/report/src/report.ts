import { writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { checkArray, checkText } from "./_check.ts";
import { shown } from "./_run/json_tables.ts";
import { pageOfRun } from "./_run/one_run.ts";
import { type Run, readRun } from "./_run/read_run.ts";
import { pageOfRuns } from "./_run/several_runs.ts";
import { htmlReport, type ReportFigureText, type ReportSection } from "./html_report.ts";

/** Options of {@linkcode report}. */
export interface ReportOptions {
  /** The title of the page. @default {the name of the folder, or how many runs are compared} */
  readonly title?: string;
  /** One or several paragraphs of plain text below the title: what was done and what came out. @default {none} */
  readonly summary?: string | readonly string[];
  /** The command lines that repeat the run, shown as they are. @default {none} */
  readonly commands?: readonly string[];
  /**
   * The texts of figures and samples by their paths in the folder, such as `figures/reliability.svg`. Figures that are
   * named here come first, in this order. @default {the title of an SVG, or the name of the file}
   */
  readonly figures?: Readonly<Record<string, ReportFigureText>>;
  /**
   * What the models of a run of several are called, by their folders, in the order in which they are shown.
   * @default {the names of the folders}
   */
  readonly models?: Readonly<Record<string, string>>;
  /**
   * Where the page goes.
   * @default {report.html in the folder of a run; comparison.html beside the folder of the first of several}
   */
  readonly out?: string;
}

/** Something in the folder of a run that is missing or damaged. */
export interface RunProblem {
  /** The file, relative to the folder of the run. */
  readonly file: string;
  /** What is wrong with it. */
  readonly problem: string;
}

/** What {@linkcode report} wrote. */
export interface WrittenReport {
  /** The path of the page. */
  readonly path: string;
  /** What is missing or damaged in the folders, as the page says too. */
  readonly problems: readonly RunProblem[];
}

const ACTION = "report run";
/** How many bytes of images a page has room for. */
const ROOM = 64 << 20;

/**
 * Writes the page of a run from what its folder holds: `results.json`, `figures/`, `samples/`, `metrics.jsonl`,
 * `timing.jsonl`, `incidents/` and `config.json`, all of them optional, and the same files of each model in a folder of its
 * own. The page is one file that needs nothing else; see {@linkcode htmlReport}.
 *
 * Of several runs it makes a page that compares them: the options that differ, the results side by side, training curves
 * over one another, figures and last samples one after another. Runs whose options are equal but for the seed (and `out`)
 * also get a table of means and standard deviations, those of a sample: `sqrt(sum (x - mean)^2 / (n - 1))`.
 *
 * A run may still be going on. What is missing, damaged or too large (a line that is not whole, an image above 8 MB, a JSON
 * file above 16 MB) is left out and said on the page. Long metrics are thinned evenly.
 *
 * @example Usage
 * ```ts
 * import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { report } from "@jem-js/report/node";
 * import { expect } from "vitest";
 *
 * const folder = mkdtempSync(join(tmpdir(), "run-"));
 * writeFileSync(join(folder, "config.json"), '{"seed":0,"iterations":2}');
 * writeFileSync(join(folder, "metrics.jsonl"), '{"iteration":0,"loss":2.3}\n{"iteration":1,"loss":1.9}\n');
 * const { path, problems } = await report(folder, { title: "A run" });
 * expect(readFileSync(path, "utf8")).toContain("There are no results");
 * expect(problems).toEqual([]);
 * ```
 *
 * @param folders The folder of a run, or those of several.
 * @param options Texts, and where the page goes.
 * @returns The path of the page, and what is missing or damaged.
 * @throws {TypeError} When folders or options are of another kind.
 * @throws {RangeError} When no folder is given, one is given twice, one is no folder, or nothing of a run is in it.
 */
export async function report(folders: string | readonly string[], options: ReportOptions = {}): Promise<WrittenReport> {
  const { summary = [], commands = [], figures = {}, models = {} } = options;
  const paths = typeof folders === "string" ? [folders] : folders;
  checkFolders(paths);
  checkArray(ACTION, "commands", commands);
  for (const [folder, name] of Object.entries(models)) checkText(ACTION, `models.${folder}`, name);
  for (const [file, text] of Object.entries(figures)) checkText(ACTION, `figures["${file}"].alt`, text.alt);
  const reading = { texts: figures, models, room: { bytes: ROOM } };
  const runs: Run[] = [];
  for (const path of paths) runs.push(await readRun(ACTION, path, reading));
  const isOne = runs.length === 1;
  const page = isOne ? pageOfRun(runs[0]!) : pageOfRuns(withNames(runs));
  const { title = isOne ? runs[0]!.name : `Comparison of ${runs.length} runs` } = options;
  const sections: ReportSection[] = [
    ...(page.problems.length > 0 ? [problemsSection(page.problems)] : []),
    ...page.sections,
    ...(commands.length > 0 ? [{ heading: "How to repeat it", commands }] : []),
  ];
  const own = typeof summary === "string" ? [summary] : summary;
  checkArray(ACTION, "summary", own);
  const html = htmlReport({ title, summary: [...own, ...page.summary], sections });
  const { out = isOne ? join(paths[0]!, "report.html") : join(dirname(resolve(paths[0]!)), "comparison.html") } =
    options;
  await writeFile(out, html);
  return { path: out, problems: page.problems };
}

function checkFolders(folders: readonly string[]): void {
  checkArray(ACTION, "folders", folders);
  if (folders.length === 0) throw new RangeError(`Cannot ${ACTION}: folders must not be empty`);
  const seen = new Set<string>();
  for (const [i, folder] of folders.entries()) {
    checkText(ACTION, `folders[${i}]`, folder);
    if (seen.has(resolve(folder)))
      throw new RangeError(`Cannot ${ACTION}: folders must differ but found ${folder} twice`);
    seen.add(resolve(folder));
  }
}

/** Gives runs names that differ: folders of the same name are told apart by the folders that they are in. */
function withNames(runs: readonly Run[]): Run[] {
  const depths = runs.map(({ folder }) => resolve(folder).split(/[/\\]/).reverse());
  const deepest = Math.max(...depths.map((parts) => parts.length));
  const namesAt = (depth: number): string[] =>
    depths.map((parts) => shown(parts.slice(0, depth).reverse().join("/")).slice(-80));
  for (let depth = 1; depth <= deepest; depth++) {
    const names = namesAt(depth);
    if (new Set(names).size === runs.length) return runs.map((run, i) => ({ ...run, name: names[i]! }));
  }
  return runs.map((run, i) => ({ ...run, name: `run ${i + 1}` }));
}

function problemsSection(problems: readonly RunProblem[]): ReportSection {
  return {
    heading: "Missing or damaged",
    text: "What could not be read is not on this page.",
    tables: [{ caption: "Files", columns: ["file", "problem"], rows: problems.map((one) => [one.file, one.problem]) }],
  };
}
