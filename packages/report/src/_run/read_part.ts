import type { RunFiles } from "./files.ts";
import { type ImageOptions, type RunImage, readFigures, readSamples } from "./images.ts";
import { isRecord, type JsonRow, readJsonLines } from "./json_lines.ts";
import { type Thinned, thinned } from "./thinned.ts";

/** What the folder of one model tells, or the folder of a run of one. */
export interface Part {
  /** The name of its folder in that of the run; empty for the run itself. */
  readonly name: string;
  /** What the page calls it; empty for the run itself. */
  readonly title: string;
  /** The numbers of each iteration. */
  readonly metrics: Thinned;
  /** The numbers of each evaluation during training. */
  readonly evaluations: Thinned;
  /** The iteration at which training diverged for good, and why. */
  readonly divergence: { readonly iteration: number; readonly divergence: string } | undefined;
  /** The milliseconds of each iteration, in ascending order. */
  readonly milliseconds: Float64Array;
  readonly incidents: readonly JsonRow[];
  readonly samples: readonly RunImage[];
  readonly figures: readonly RunImage[];
}

const MOST_INCIDENTS = 100;

/** Reads the files of a model, or of the run itself; nothing in them makes it throw. */
export async function readPart(
  files: RunFiles,
  name: string,
  images: ImageOptions,
  { title, isExpected }: { readonly title: string; readonly isExpected: boolean },
): Promise<Part> {
  const at = (file: string): string => (name === "" ? file : `${name}/${file}`);
  const metrics = thinned();
  const evaluations = thinned();
  const timing: number[] = [];
  let divergence: Part["divergence"];
  let strange = 0;
  const visit = (row: JsonRow): void => {
    const { iteration, evaluation, incident } = row;
    if (typeof iteration !== "number" || !Number.isFinite(iteration)) strange++;
    else if (isRecord(evaluation)) evaluations.add({ ...evaluation, iteration });
    else if (typeof row.divergence === "string" && incident === undefined) {
      divergence = { iteration, divergence: row.divergence };
    } else if (incident === undefined) metrics.add(row);
  };
  const { files: present } = await files.list(name === "" ? "." : name);
  if (isExpected || present.includes("metrics.jsonl")) await readLines(files, at("metrics.jsonl"), visit);
  if (strange > 0) files.report(at("metrics.jsonl"), `lines without an iteration are left out: ${strange}`);
  if (present.includes("timing.jsonl")) {
    await readLines(files, at("timing.jsonl"), ({ milliseconds }) => {
      if (typeof milliseconds === "number" && Number.isFinite(milliseconds)) timing.push(milliseconds);
    });
  }
  return {
    name,
    title,
    metrics: metrics.end(),
    evaluations: evaluations.end(),
    divergence,
    milliseconds: Float64Array.from(timing).sort(),
    incidents: await readIncidents(files, at("incidents")),
    samples: await readSamples(files, at("samples"), images),
    figures: await readFigures(files, at("figures"), images),
  };
}

async function readLines(files: RunFiles, file: string, visit: (row: JsonRow) => void): Promise<void> {
  const condition = await files.use(file, (path) => readJsonLines(path, visit));
  if (!condition) return;
  if (condition.damaged > 0) files.report(file, `damaged lines are left out: ${condition.damaged}`);
  if (condition.isTorn) {
    files.report(file, "the last line is not whole and is left out: the run goes on, or it was killed");
  }
}

async function readIncidents(files: RunFiles, folder: string): Promise<JsonRow[]> {
  const incidents: JsonRow[] = [];
  const names = (await files.list(folder)).files.filter((name) => name.endsWith(".json"));
  if (names.length > MOST_INCIDENTS) {
    files.report(folder, `holds ${names.length} reports, of which ${MOST_INCIDENTS} are shown`);
  }
  for (const name of names.slice(0, MOST_INCIDENTS)) {
    const incident = await files.readJson(`${folder}/${name}`);
    if (isRecord(incident)) incidents.push(incident);
    else if (incident !== undefined) files.report(`${folder}/${name}`, "is no report of an incident");
  }
  return incidents;
}
