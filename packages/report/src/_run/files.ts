import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { RunProblem } from "../report.ts";
import { shown } from "./json_tables.ts";

const LARGEST_JSON = 16 << 20;

/** The files of one run. Nothing in them makes it throw: what cannot be used becomes a problem. */
export interface RunFiles {
  readonly problems: readonly RunProblem[];
  /** Notes what is wrong with a file. */
  report(file: string, problem: string): void;
  /** Does `work` with the path of a file; undefined, with a note, when it cannot be read. */
  use<T>(file: string, work: (path: string, size: number) => Promise<T>): Promise<T | undefined>;
  /** The content of a JSON file; undefined, with a note, when it is none. */
  readJson(file: string): Promise<unknown>;
  /** The names in a folder; none when it is not there. */
  list(folder: string): Promise<{ files: string[]; folders: string[] }>;
}

/** The files of the run in `folder`, whose paths are relative to it. */
export function runFiles(folder: string): RunFiles {
  const problems: RunProblem[] = [];
  const report: RunFiles["report"] = (file, problem) => {
    problems.push({ file: shown(file), problem: shown(problem) });
  };
  const use: RunFiles["use"] = async (file, work) => {
    const path = join(folder, file);
    try {
      const found = await stat(path);
      // A pipe would be waited for.
      if (found.isFile()) return await work(path, found.size);
      report(file, "is no file");
    } catch (error) {
      report(file, isMissing(error) ? "is missing" : messageOf(error));
    }
    return undefined;
  };
  const readJson: RunFiles["readJson"] = (file) =>
    use(file, async (path, size): Promise<unknown> => {
      if (size > LARGEST_JSON) throw new Error(`is left out: it has ${megabytes(size)}`);
      try {
        return JSON.parse(await readFile(path, "utf8"));
      } catch (error) {
        throw new Error(`is damaged: ${messageOf(error)}`);
      }
    });
  const list: RunFiles["list"] = async (name) => {
    const files: string[] = [];
    const folders: string[] = [];
    try {
      for (const entry of await readdir(join(folder, name), { withFileTypes: true })) {
        (entry.isDirectory() ? folders : files).push(entry.name);
      }
    } catch (error) {
      if (!isMissing(error)) report(name, messageOf(error));
    }
    // Numbers in names in the order of the numbers, for people and for the iterations in names of images.
    const { compare } = new Intl.Collator("en", { numeric: true });
    return { files: files.sort(compare), folders: folders.sort(compare) };
  };
  return { problems, report, use, readJson, list };
}

/** A size in MB, for people. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function isMissing(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
