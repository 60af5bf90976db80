import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { RunProblem } from "../report.ts";
import { type RunFiles, runFiles } from "./files.ts";
import type { ImageOptions } from "./images.ts";
import { shown } from "./json_tables.ts";
import { type Part, readPart } from "./read_part.ts";

/** What the folder of a run tells. */
export interface Run {
  readonly folder: string;
  /** The name of the folder. */
  readonly name: string;
  /** Every option, as JSON; undefined when it is not there. */
  readonly config: unknown;
  /** The figures that came out, as JSON; undefined when they are not there yet. */
  readonly results: unknown;
  /** The run itself, or its models, each with files of its own; the run itself comes first. */
  readonly parts: readonly Part[];
  readonly problems: readonly RunProblem[];
}

const MOST_PARTS = 32;

/** How {@linkcode readRun} reads. */
export interface ReadOptions extends ImageOptions {
  /** What models are called, by their folders, in the order in which they are shown; then come the others. */
  readonly models: Readonly<Record<string, string>>;
}

/** Reads the folder of a run. Throws only when it is no folder, or nothing of a run is in it. */
export async function readRun(action: string, folder: string, options: ReadOptions): Promise<Run> {
  const kind = await stat(folder).then(
    (found) => (found.isDirectory() ? "folder" : "a file"),
    () => "nothing",
  );
  if (kind !== "folder") {
    throw new RangeError(`Cannot ${action}: ${folder} must be the folder of a run but found ${kind}`);
  }
  const files = runFiles(folder);
  const { files: own, folders } = await files.list(".");
  const models = await modelsIn(files, folders, options.models);
  if (models.length === 0 && !["config.json", "metrics.jsonl", "results.json"].some((name) => own.includes(name))) {
    throw new RangeError(
      `Cannot ${action}: ${folder} must hold config.json, metrics.jsonl or results.json but found none of them`,
    );
  }
  const config = await files.readJson("config.json");
  // There are none until the end, which is no fault.
  const results = own.includes("results.json") ? await files.readJson("results.json") : undefined;
  const parts: Part[] = [await readPart(files, "", options, { title: "", isExpected: models.length === 0 })];
  for (const model of models) {
    const title = Object.hasOwn(options.models, model) ? options.models[model]! : shown(model);
    parts.push(await readPart(files, model, options, { title, isExpected: true }));
  }
  return { folder, name: shown(basename(resolve(folder))), config, results, parts, problems: files.problems };
}

/** The folders of models: those with metrics. */
async function modelsIn(
  files: RunFiles,
  folders: readonly string[],
  names: Readonly<Record<string, string>>,
): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    const inside = await files.list(folder);
    // A folder with options of its own is a run of its own.
    if (inside.files.includes("metrics.jsonl") && !inside.files.includes("config.json")) found.push(folder);
  }
  const named = Object.keys(names).filter((folder) => found.includes(folder));
  const models = [...named, ...found.filter((folder) => !named.includes(folder))];
  if (models.length > MOST_PARTS) {
    files.report(".", `holds ${models.length} folders with metrics, of which ${MOST_PARTS} are shown`);
  }
  return models.slice(0, MOST_PARTS);
}
