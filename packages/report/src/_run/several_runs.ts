import type { ReportFigure, ReportSection, ReportTable } from "../html_report.ts";
import { type Aligned, align } from "./aligned.ts";
import type { RunImage } from "./images.ts";
import { type Cell, flatten, shown, shownCell, tablesOf } from "./json_tables.ts";
import { type Page, trainedOf, trainingSection, unfinished } from "./one_run.ts";
import type { Run } from "./read_run.ts";
import { type Group, groupBySeed, isPlace, isSeed, meanAndDeviation } from "./seeds.ts";

/** The page that compares several runs, whose names differ. */
export function pageOfRuns(runs: readonly Run[]): Page {
  const problems = runs.flatMap(({ name, problems }) =>
    problems.map(({ file, problem }) => ({ file: `${name}: ${file}`, problem })),
  );
  const groups = groupBySeed(runs);
  const sections: ReportSection[] = [
    differences(runs),
    ...resultsSections(runs, groups),
    ...trainingSections(runs, (problem) => problems.push({ file: "metrics.jsonl", problem })),
    ...imageSections(runs),
  ];
  const names = runs.map(({ name }) => name).join(", ");
  return { summary: [`Runs: ${names}.`, ...unfinished(runs)], sections, problems };
}

/** The options that are not the same in all runs. */
function differences(runs: readonly Run[]): ReportSection {
  const heading = "Options that differ";
  const rows = differingOptions(runs.map(({ config }) => config)).map(([path, cells]) => [
    shown(path),
    ...cells.map(shownCell),
  ]);
  if (rows.length === 0) return { heading, text: "All options are the same, as far as the runs have stated them." };
  return { heading, tables: [{ caption: heading, columns: ["option", ...runs.map(({ name }) => name)], rows }] };
}

function differingOptions(configs: readonly unknown[]): [path: string, cells: Cell[]][] {
  const options = configs.map((config) => new Map(config === undefined ? [] : flatten(config)));
  return [...new Set(options.flatMap((one) => [...one.keys()]))]
    .map((path): [string, Cell[]] => [path, options.map((one) => one.get(path) ?? null)])
    .filter(([, cells]) => cells.some((cell) => cell !== cells[0]));
}

function resultsSections(runs: readonly Run[], groups: readonly Group<Run>[]): ReportSection[] {
  const results = align(runs.map(({ results }) => (results === undefined ? [] : tablesOf("results.json", results))));
  if (results.length === 0) return [];
  const pooled = groups.filter((group) => group.runs.length > 1 && group.seeds);
  const unpooled = groups.filter((group) => group.runs.length > 1 && !group.seeds);
  const text = unpooled.map(
    (group) =>
      `Not averaged, since seeds are missing or the same while all options are equal: ${group.runs.map(({ name }) => name).join(", ")}.`,
  );
  if (pooled.length === 0) text.push("No two runs differ in the seed alone, so there are no means over seeds.");
  const names = namesOf(groups);
  const means = results.flatMap((table) => meansTable(table, runs, pooled, names));
  return [{ heading: "Results", text, tables: [...means, ...results.map((table) => eachTable(table, runs))] }];
}

/** What tells each group from the others: the options that differ, or the names of its runs when there are too many. */
function namesOf(groups: readonly Group<Run>[]): Map<Group<Run>, string> {
  const options = differingOptions(groups.map(({ runs }) => runs[0]!.config)).filter(
    ([path]) => !isSeed(path) && !isPlace(path),
  );
  const describe = (group: Group<Run>, i: number): string =>
    options.length > 0 && options.length <= 3
      ? shown(options.map(([path, cells]) => `${path} ${cells[i] ?? "none"}`).join(", "))
      : group.runs.map(({ name }) => name).join(", ");
  return new Map(groups.map((group, i) => [group, groups.length === 1 ? "" : describe(group, i)]));
}

function meansTable(
  { caption, columns, rows }: Aligned,
  runs: readonly Run[],
  groups: readonly Group<Run>[],
  names: ReadonlyMap<Group<Run>, string>,
): ReportTable[] {
  if (groups.length === 0) return [];
  const heads = groups.flatMap((group) => columns.map((column) => joined(names.get(group)!, column, columns)));
  const body = rows.map(({ label, at }) => [
    label,
    ...groups.flatMap((group) =>
      columns.map((column) => {
        const values = group.runs.map((run) => at(runs.indexOf(run), column)).filter((value) => value !== undefined);
        const count = values.length === group.runs.length ? "" : ` (n = ${values.length})`;
        return values.length < 2 ? null : `${meanAndDeviation(values)}${count}`;
      }),
    ),
  ]);
  const seeds = groups.map((group) => `${names.get(group) ? `${names.get(group)}: ` : ""}${group.seeds!.join(", ")}`);
  return [
    {
      caption: shown(`${caption}: mean ± standard deviation over seeds (${seeds.join("; ")})`),
      columns: ["figure", ...heads],
      rows: body,
    },
  ];
}

function eachTable({ caption, columns, rows }: Aligned, runs: readonly Run[]): ReportTable {
  return {
    caption: `${caption} of each run`,
    columns: ["figure", ...runs.flatMap(({ name }) => columns.map((column) => joined(name, column, columns)))],
    rows: rows.map(({ label, at }) => [
      label,
      ...runs.flatMap((_, i) => columns.map((column) => at(i, column) ?? null)),
    ]),
  };
}

/** The head of a column of a run: a single column needs no name of its own. */
function joined(owner: string, column: string, columns: readonly string[]): string {
  if (owner === "") return column;
  return shown(columns.length === 1 ? owner : `${owner}: ${column}`);
}

/** Runs over one another, a section for each model. */
function trainingSections(runs: readonly Run[], report: (problem: string) => void): ReportSection[] {
  const trained = runs.map((run) => ({ run, models: trainedOf(run) }));
  const models = [...new Set(trained.flatMap(({ models }) => models.map(({ name }) => name)))];
  return models.flatMap((model) => {
    const lines = trained.flatMap(({ run, models }) =>
      models.filter(({ name }) => name === model).map((one) => ({ ...one, name: run.name })),
    );
    return trainingSection(model === "" ? "Training" : `Training: ${shown(model)}`, lines, undefined, report);
  });
}

/** Figures of the same name one after another, and the last samples of each run. */
function imageSections(runs: readonly Run[]): ReportSection[] {
  const imagesOf = (of: (part: Run["parts"][number]) => readonly RunImage[]): [string, RunImage][] =>
    runs.flatMap(({ name, parts }) =>
      parts.flatMap((part) => of(part).map((image): [string, RunImage] => [name, image])),
    );
  const figures = imagesOf((part) => part.figures);
  const paths = [...new Set(figures.map(([, { file }]) => file))];
  const ordered = paths.flatMap((path) => figures.filter(([, { file }]) => file === path));
  const samples = imagesOf((part) => part.samples.slice(-1));
  const section = (heading: string, images: readonly [string, RunImage][]): ReportSection[] =>
    images.length === 0 ? [] : [{ heading, figures: images.map(([name, { figure }]) => named(name, figure)) }];
  return [...section("Figures", ordered), ...section("Samples", samples)];
}

function named(name: string, figure: ReportFigure): ReportFigure {
  return { ...figure, alt: `${name}: ${figure.alt}`, caption: `${name}: ${figure.caption ?? figure.alt}` };
}
