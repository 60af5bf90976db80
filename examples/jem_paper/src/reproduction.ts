import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { asText, markdownTable, type Summary, summarize } from "./summary.ts";

/** A script that is run, and where its results are then. */
export interface Step {
  readonly name: string;
  /** Its file, and what it is told. */
  readonly command: readonly string[];
  readonly out: string;
}

/** What came of a step. */
export interface Outcome {
  readonly name: string;
  /** 0, or 1 when a figure was not as expected or the script failed. */
  readonly code: number;
  readonly minutes: number;
  readonly figures: Readonly<Record<string, Summary>>;
}

/** Runs a script in a process of its own, and reads its results. */
export async function runStep({ name, command, out }: Step): Promise<Outcome> {
  const start = performance.now();
  const args = ["--import", "tsx", "--conditions=@jem-js/source", ...command];
  const child = spawn(process.execPath, args, { stdio: "inherit" });
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
  const minutes = Number(((performance.now() - start) / 60_000).toFixed(1));
  return { name, code, minutes, figures: readFigures(join(out, "results.json")) };
}

/** The figures of a `results.json`: those of the scripts here, or the rows of `four_gaussians`. */
export function readFigures(path: string): Readonly<Record<string, Summary>> {
  if (!existsSync(path)) return {};
  const { figures, rows } = JSON.parse(readFileSync(path, "utf8"));
  if (figures) return figures;
  const byFigure = new Map<string, number[]>();
  for (const { figure, got } of rows) byFigure.set(figure, [...(byFigure.get(figure) ?? []), got]);
  return Object.fromEntries([...byFigure].map(([figure, values]) => [figure, summarize(values)]));
}

/** The summary of all scripts as Markdown: each figure with its mean and the margin of its interval of 95 %. */
export function summaryTable(outcomes: readonly Outcome[]): string {
  const rows = outcomes.flatMap(({ name, code, figures }) =>
    Object.entries(figures).map(([figure, summary]) => [
      name,
      figure,
      asText(summary),
      String(summary.values.length),
      code === 0 ? "" : `exit code ${code}`,
    ]),
  );
  return markdownTable(["script", "figure", "mean ± 95 %", "seeds", ""], rows);
}
