import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** The root of the repository, as an absolute path that ends with a separator. */
export const ROOT: string = fileURLToPath(new URL("..", import.meta.url));

/** A text file; `path` is relative to the root of the repository and uses `/`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** The part of a `package.json` that the checks read. */
interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: unknown;
  readonly sideEffects?: boolean | string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** A package, example or internal package. */
export interface Workspace {
  /** Its folder, relative to the root: `packages/random`. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** Its `tsconfig.json`, or `{}`. */
  readonly tsconfig: { readonly compilerOptions?: { readonly lib?: string[]; readonly types?: string[] } };
  /** Every `.ts` file at its top and anywhere under `src`, tests included. */
  readonly sources: readonly SourceFile[];
}

/** Something that a check found wrong. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** Reads a file of the repository by its path relative to the root. */
export function readSource(path: string): SourceFile {
  return { path, text: readFileSync(join(ROOT, path), "utf8") };
}

/** Reads the workspaces under `group`, in the order of their names. */
export function readWorkspaces(group: "packages" | "examples"): Workspace[] {
  return readdirSync(join(ROOT, group))
    .map((name) => `${group}/${name}`)
    .filter((folder) => existsSync(join(ROOT, folder, "package.json")))
    .sort()
    .map((folder) => ({
      folder,
      manifest: readJson(`${folder}/package.json`) as Manifest,
      tsconfig: existsSync(join(ROOT, folder, "tsconfig.json")) ? readJson(`${folder}/tsconfig.json`) : {},
      sources: [...listSources(folder, false), ...listSources(`${folder}/src`, true)],
    }));
}

function readJson(path: string): Workspace["tsconfig"] {
  return JSON.parse(readSource(path).text);
}

function listSources(folder: string, recursive: boolean): SourceFile[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return (readdirSync(join(ROOT, folder), { recursive }) as string[])
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .map((name) => readSource(posix.join(folder, name.replaceAll("\\", "/"))));
}

export function isTest(path: string): boolean {
  return path.endsWith(".test.ts");
}

/** Whether a file is private to its folder, `_name.ts`, or lies in a private folder, `_name/`. */
export function isPrivate(path: string): boolean {
  return path.split("/").some((part) => part.startsWith("_"));
}

/** The paths of the sources that a package exports: its entry points. */
export function entriesOf({ folder, manifest }: Pick<Workspace, "folder" | "manifest">): string[] {
  return Object.values(Object(manifest.exports) as Record<string, { "@jem-js/source"?: string }>).flatMap(
    ({ "@jem-js/source": source }) => (source === undefined ? [] : [posix.join(folder, source)]),
  );
}

export function parse(file: SourceFile): ts.SourceFile {
  return ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true);
}

/** The number, from 1, of the line that holds the character at `position`. */
export function lineAt(text: string, position: number): number {
  return text.slice(0, position).split("\n").length;
}

/**
 * Runs `check` when `url` is the module that Node was started with: prints what it found, one `file:line message` a
 * line, and makes the process fail when there is anything.
 */
export function main(url: string, check: () => { problems: readonly Problem[]; checked: string }): void {
  if (process.argv[1] === undefined || basename(fileURLToPath(url)) !== basename(process.argv[1])) return;
  const name = basename(fileURLToPath(url), ".ts");
  const { problems, checked } = check();
  for (const { file, line, message } of problems) console.error(`${file}:${line} ${message}`);
  if (problems.length > 0) {
    console.error(`${name}: ${problems.length} problem${problems.length === 1 ? "" : "s"} in ${checked}`);
    process.exitCode = 1;
  } else {
    console.log(`${name}: ${checked}, no problem`);
  }
}
