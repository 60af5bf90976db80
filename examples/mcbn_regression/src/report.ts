import { significance } from "@jem-js/uncertainty";
import type { Run } from "./experiment.ts";

/** The tables of the paper: normalised CRPS and PLL, a row a table and a column a method; then what they are made of. */
export function resultTables(runs: readonly Run[], methods: readonly string[]): string {
  const tables = [...new Set(runs.map(({ table }) => table))];
  const normalized = (score: "crps" | "pll"): string =>
    markdown(
      ["table", ...methods, "constant", "optimal"],
      tables.map((table) => [
        table,
        ...methods.map((method) => {
          const { mean, standardError, stars } = significance(
            runs
              .filter((run) => run.table === table && run.method === method)
              .map((run) => run.scores[score].normalized),
          );
          return `${mean.toFixed(1)} ± ${standardError.toFixed(1)} ${stars}`.trim();
        }),
        "0",
        "100",
      ]),
    );
  const raw = markdown(
    ["table", "method", "RMSE", "CRPS", "constant", "optimal", "PLL", "constant", "optimal", "precision at a bound"],
    tables.flatMap((table) =>
      methods.map((method) => {
        const own = runs.filter((run) => run.table === table && run.method === method);
        const mean = (of: (run: Run) => number): string =>
          significant(own.reduce((sum, run) => sum + of(run), 0) / own.length);
        const parts = (score: "crps" | "pll"): string[] =>
          (["score", "constant", "optimal"] as const).map((part) => mean((run) => run.scores[score][part]));
        const bounded = own.filter(({ atBound }) => atBound !== undefined).length;
        return [
          table,
          method,
          mean((run) => run.scores.rmse),
          ...parts("crps"),
          ...parts("pll"),
          `${bounded} of ${own.length}`,
        ];
      }),
    ),
  );
  return [
    `CRPS, from constant (0) to optimal (100) uncertainty:\n\n${normalized("crps")}`,
    `PLL, from constant (0) to optimal (100) uncertainty:\n\n${normalized("pll")}`,
    `What they are made of:\n\n${raw}`,
    `PLL of the first samples:\n\n${byNumber(runs, tables, methods)}`,
  ].join("\n\n");
}

/** The log-likelihood against the number of samples, averaged over the runs. */
function byNumber(runs: readonly Run[], tables: readonly string[], methods: readonly string[]): string {
  const counts = runs[0]!.pllBySamples.map(({ samples }) => samples);
  return markdown(
    ["table", "method", ...counts.map(String)],
    tables.flatMap((table) =>
      methods.map((method) => {
        const own = runs.filter((run) => run.table === table && run.method === method);
        const mean = (i: number): number => own.reduce((sum, run) => sum + run.pllBySamples[i]!.score, 0) / own.length;
        return [table, method, ...counts.map((_, i) => significant(mean(i)))];
      }),
    ),
  );
}

function significant(value: number): string {
  return Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(4);
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
