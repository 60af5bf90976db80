// Packs every package, installs the tarballs in an empty project, and uses them there as a user would: imports each entry
// point in a plain Node process of its own, runs the examples of its README, and type-checks both. Does the same with the
// packages that have no peer, in a project without TensorFlow.js. Needs a build.

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import ts from "typescript";
import { snippetsOf } from "./_snippets.ts";
import { ROOT, readSource, readWorkspaces, type Workspace } from "./_workspace.ts";

/** A module of the project. */
interface Module {
  readonly path: string;
  /** What it stands for: an entry point, or the README of an example. */
  readonly name: string;
  /** The line of `name` before its first. */
  readonly line: number;
}

const run = promisify(execFile);
const temp = mkdtempSync(join(tmpdir(), "jem-js-pack-"));
process.on("exit", () => rmSync(temp, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const packages = readWorkspaces("packages");
const alone = packages.filter(({ manifest }) => !manifest.peerDependencies);
const tarballs = await pack();
const { devDependencies } = JSON.parse(readSource("package.json").text) as { devDependencies: Record<string, string> };
const peers = ["@tensorflow/tfjs", "@tensorflow/tfjs-backend-wasm"].map((name) => `${name}@${devDependencies[name]}`);
const problems = [
  ...(await use("all", packages, [...tarballs.values(), ...peers])),
  ...(await use(
    "alone",
    alone,
    [...siblingsOf(alone)].map((name) => tarballs.get(name)!),
  )),
];
if (existsSync(join(temp, "alone/node_modules/@tensorflow"))) {
  problems.push(`TensorFlow.js is installed with ${alone.map(({ manifest }) => manifest.name).join(", ")}`);
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log(`pack_smoke: ${packages.length} packages, ${alone.length} of them without a peer, no problem`);

/** Packs the packages; returns the paths of the tarballs by their names. */
async function pack(): Promise<Map<string, string>> {
  const workspaces = packages.flatMap(({ folder }) => ["--workspace", folder]);
  const flags = ["--json", "--ignore-scripts", "--pack-destination", temp];
  const { stdout } = await run("npm", ["pack", ...flags, ...workspaces], { cwd: ROOT });
  const packed = JSON.parse(stdout) as { name: string; filename: string; files: { path: string }[] }[];
  const tests = packed.flatMap(({ filename, files }) =>
    files.filter(({ path }) => path.includes(".test.")).map(({ path }) => `${filename} holds ${path}`),
  );
  if (tests.length > 0) throw new Error(`Cannot use the tarballs: expected no tests but ${tests.join(", ")}`);
  return new Map(packed.map(({ name, filename }) => [name, join(temp, filename)]));
}

/** The names of the packages and of the siblings that they depend on, which no registry has yet. */
function siblingsOf(workspaces: readonly Workspace[]): Set<string> {
  const found = new Set(workspaces.map(({ manifest }) => manifest.name));
  for (const name of found) {
    const { dependencies = {} } = packages.find(({ manifest }) => manifest.name === name)!.manifest;
    for (const sibling of Object.keys(dependencies)) if (tarballs.has(sibling)) found.add(sibling);
  }
  return found;
}

/** Makes a project with what `installed` names and uses the packages there; returns the problems. */
async function use(name: string, workspaces: readonly Workspace[], installed: readonly string[]): Promise<string[]> {
  const project = join(temp, name);
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const flags = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"];
  await run("npm", ["install", ...flags, ...installed], { cwd: project });
  // The examples assert with vitest's expect, which works without its runner: the one of this repository will do.
  symlinkSync(join(ROOT, "node_modules/vitest"), join(project, "node_modules/vitest"), "junction");
  const modules = workspaces.flatMap((workspace) => [
    ...entryModules(project, workspace),
    ...readmeModules(project, workspace),
  ]);
  return [...checkTypes(modules), ...(await runAll(project, modules))];
}

/** A module that imports one entry point, for each entry point of a package. */
function entryModules(project: string, { manifest }: Workspace): Module[] {
  const entries = Object.keys(manifest.exports as object).filter((entry) => entry !== "./package.json");
  return entries.map((entry) => {
    const name = manifest.name + entry.slice(1);
    return write(
      project,
      name,
      0,
      `import * as all from "${name}";\nif (Object.keys(all).length === 0) throw new Error("exports nothing");`,
    );
  });
}

function readmeModules(project: string, { folder }: Workspace): Module[] {
  return snippetsOf(readSource(`${folder}/README.md`))
    .filter(({ ignored }) => !ignored)
    .map(({ file, line, code }) => write(project, file, line, code));
}

/** Writes a module as TypeScript and as the JavaScript that it is without its types. */
function write(project: string, name: string, line: number, code: string): Module {
  const path = join(project, "src", `${name.replace(/\W+/g, "_")}_${line}.ts`);
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true },
  });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, code);
  writeFileSync(scriptOf(path), outputText);
  return { path, name, line };
}

function scriptOf(path: string): string {
  return path.replace(/\.ts$/, ".js");
}

/** Type-checks the modules against the packed declarations. */
function checkTypes(modules: readonly Module[]): string[] {
  const program = ts.createProgram(
    modules.map(({ path }) => path),
    {
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2022,
      moduleDetection: ts.ModuleDetectionKind.Force,
      strict: true,
      // The declarations of TensorFlow.js do not pass with those of TypeScript 6.
      skipLibCheck: true,
      noEmit: true,
      typeRoots: [join(ROOT, "node_modules/@types")],
      types: ["node"],
    },
  );
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, "\n  ");
    const module = modules.find(({ path }) => file && basename(path) === basename(file.fileName));
    if (!file || !module) return `${file?.fileName ?? "tsc"} ${message}`;
    return `${module.name}:${module.line + 1 + file.getLineAndCharacterOfPosition(start).line} ${message}`;
  });
}

/** Runs each module in a plain Node process of its own, as many at a time as there are cores. */
async function runAll(project: string, modules: readonly Module[]): Promise<string[]> {
  const failures: string[] = [];
  const queue = [...modules];
  const env = { ...process.env, NODE_OPTIONS: "" };
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { name, line, path } = next;
      await run(process.execPath, [scriptOf(path)], { cwd: project, env, timeout: 120_000 }).catch(
        ({ stdout, stderr }: { stdout: string; stderr: string }) =>
          failures.push(`${name}:${line} does not run\n${stdout}${stderr}`),
      );
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return failures;
}
