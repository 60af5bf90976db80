import { builtinModules } from "node:module";
import { posix } from "node:path";
import ts from "typescript";
import {
  isTest,
  lineAt,
  main,
  type Problem,
  readSource,
  readWorkspaces,
  type SourceFile,
  type Workspace,
} from "./_workspace.ts";

const SCOPE = "@jem-js/";
const TABLE_FILE = "ARCHITECTURE.md";

/** The backend is for Node whatever its layer. */
const NODE_ONLY = "@jem-js/native";

/** The highest layer whose packages run everywhere: no `node:` module, no DOM. */
const LAST_PORTABLE_LAYER = 3;

/** A row of the package table of ARCHITECTURE.md. */
export interface Row {
  readonly line: number;
  readonly layer: number;
  readonly name: string;
  /** The full names of the packages that it may import. */
  readonly mayImport: readonly string[];
}

/** An import, export or reference of another module. */
export interface Import {
  readonly line: number;
  readonly specifier: string;
}

/** Reads the rows `| layer | package | holds | may import |` of a Markdown text. */
export function parseTable(markdown: string): Row[] {
  return markdown.split("\n").flatMap((text, i) => {
    const cells = text.split("|").map((cell) => cell.trim());
    const name = cells[2]?.match(/^`(@jem-js\/[\w-]+)`$/)?.[1];
    if (name === undefined || cells.length !== 6) return [];
    const siblings = cells[4]!.split(",").map((sibling) => sibling.replaceAll("`", "").trim());
    const mayImport = siblings.filter((sibling) => !["–", "-", ""].includes(sibling)).map((s) => SCOPE + s);
    return [{ line: i + 1, layer: Number(cells[1] || Number.NaN), name, mayImport }];
  });
}

/** Lists what a source imports, statically, dynamically or by type. */
export function importsOf(text: string): Import[] {
  return ts.preProcessFile(text).importedFiles.map(({ fileName, pos }) => ({
    line: lineAt(text, pos),
    specifier: fileName,
  }));
}

/** Compares the table with the manifests and imports of the packages, and looks at what may import what. */
export function checkGraph(
  table: SourceFile,
  packages: readonly Workspace[],
  examples: readonly Workspace[],
): Problem[] {
  const rows = parseTable(table.text);
  return [
    ...checkTable(table.path, rows, packages),
    ...packages.flatMap((workspace) => {
      const row = rows.find(({ name }) => name === workspace.manifest.name);
      return row ? [...checkSiblings(row, workspace), ...checkPortable(row, workspace)] : [];
    }),
    ...examples.flatMap(checkExample),
    ...[...packages, ...examples].flatMap(checkImports),
  ];
}

function checkTable(file: string, rows: readonly Row[], packages: readonly Workspace[]): Problem[] {
  const problems: Problem[] = [];
  for (const { folder, manifest } of packages) {
    if (!rows.some(({ name }) => name === manifest.name)) {
      problems.push(inManifest(folder, `${manifest.name} is not in the table of ${file}`));
    }
    if (folder !== `packages/${manifest.name.replace(SCOPE, "")}`) {
      problems.push(inManifest(folder, `${manifest.name} does not have the name of its folder`));
    }
  }
  for (const { line, name, layer, mayImport } of rows) {
    if (!packages.some(({ manifest }) => manifest.name === name)) {
      problems.push({ file, line, message: `there is no package ${name}` });
    }
    if (!Number.isInteger(layer)) problems.push({ file, line, message: `the layer of ${name} is not an integer` });
    for (const sibling of mayImport) {
      const below = rows.find((row) => row.name === sibling);
      if (!below) problems.push({ file, line, message: `${name} may import ${sibling}, which is not in the table` });
      else if (!(below.layer < layer)) {
        problems.push({
          file,
          line,
          message: `${name} (layer ${layer}) may not import ${sibling} (layer ${below.layer})`,
        });
      }
    }
  }
  return problems;
}

/** What a package imports, what it declares and what the table lists must be the same siblings. */
function checkSiblings(row: Row, { folder, manifest, sources }: Workspace): Problem[] {
  const problems: Problem[] = [];
  const imported = new Set<string>();
  for (const file of shipped(sources)) {
    for (const { specifier, line } of importsOf(file.text)) {
      const sibling = packageOf(specifier);
      if (!sibling?.startsWith(SCOPE)) continue;
      imported.add(sibling);
      if (!row.mayImport.includes(sibling)) {
        problems.push({
          file: file.path,
          line,
          message: `imports ${sibling}, which ${TABLE_FILE}:${row.line} does not list`,
        });
      }
    }
  }
  for (const sibling of row.mayImport) {
    if (!imported.has(sibling)) {
      problems.push({
        file: TABLE_FILE,
        line: row.line,
        message: `${row.name} lists ${sibling} but no source imports it`,
      });
    }
    if (!(sibling in (manifest.dependencies ?? {}))) {
      problems.push(inManifest(folder, `dependencies lack ${sibling}, which ${TABLE_FILE}:${row.line} lists`));
    }
  }
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  for (const sibling of declared.filter((name) => name.startsWith(SCOPE) && !row.mayImport.includes(name))) {
    problems.push(inManifest(folder, `depends on ${sibling}, which ${TABLE_FILE}:${row.line} does not list`));
  }
  for (const sibling of Object.keys(manifest.peerDependencies ?? {}).filter((name) => name.startsWith(SCOPE))) {
    problems.push(inManifest(folder, `${sibling} must be a dependency, not a peer`));
  }
  return problems;
}

/** A package of a low layer must not know of Node or of the DOM. */
function checkPortable(row: Row, { folder, sources, tsconfig }: Workspace): Problem[] {
  if (row.layer > LAST_PORTABLE_LAYER || row.name === NODE_ONLY) return [];
  const problems: Problem[] = [];
  const { lib = [], types = [] } = tsconfig.compilerOptions ?? {};
  for (const ambient of [...types, ...lib.filter((name) => !/^es/i.test(name))]) {
    problems.push({
      file: `${folder}/tsconfig.json`,
      line: 1,
      message: `layer ${row.layer} must not use "${ambient}" types`,
    });
  }
  for (const file of reachable(`${folder}/src/mod.ts`, sources)) {
    for (const { specifier, line } of importsOf(file.text).filter(({ specifier }) => isBuiltin(specifier))) {
      problems.push({ file: file.path, line, message: `layer ${row.layer} must not import ${specifier}` });
    }
    const { typeReferenceDirectives, libReferenceDirectives } = ts.preProcessFile(file.text);
    for (const { fileName, pos } of [...typeReferenceDirectives, ...libReferenceDirectives]) {
      const line = lineAt(file.text, pos);
      problems.push({ file: file.path, line, message: `layer ${row.layer} must not reference "${fileName}" types` });
    }
  }
  return problems;
}

function checkExample({ folder, manifest }: Workspace): Problem[] {
  const problems: Problem[] = [];
  if (manifest.private !== true) problems.push(inManifest(folder, "an example must be private"));
  if (!manifest.name.startsWith("@jem-js-examples/")) {
    problems.push(inManifest(folder, `an example must be named @jem-js-examples/* but found ${manifest.name}`));
  }
  return problems;
}

/** Imports must be declared, stay in their folder, and keep out of the internal packages and other examples. */
function checkImports({ folder, manifest, sources }: Workspace): Problem[] {
  const declared = { ...manifest.dependencies, ...manifest.peerDependencies };
  return shipped(sources).flatMap((file) =>
    importsOf(file.text).flatMap(({ specifier, line }) => {
      const problem = (message: string): Problem[] => [{ file: file.path, line, message }];
      if (specifier.startsWith(".")) {
        const target = posix.join(posix.dirname(file.path), specifier);
        return target.startsWith(`${folder}/`) ? [] : problem(`imports ${specifier}, outside ${folder}`);
      }
      const name = packageOf(specifier);
      if (name === undefined) return [];
      if (/^@jem-js-(internal|examples)\//.test(name)) return problem(`must not import ${name}`);
      return name in declared ? [] : problem(`imports ${name}, which package.json does not declare`);
    }),
  );
}

/** The files that `entry` reaches by relative imports, itself included. */
function reachable(entry: string, sources: readonly SourceFile[]): SourceFile[] {
  const found = new Map<string, SourceFile>();
  const visit = (path: string): void => {
    const file = sources.find((source) => source.path === path);
    if (!file || found.has(path)) return;
    found.set(path, file);
    for (const { specifier } of importsOf(file.text)) {
      if (specifier.startsWith(".")) visit(posix.join(posix.dirname(path), specifier));
    }
  };
  visit(entry);
  return [...found.values()];
}

function shipped(sources: readonly SourceFile[]): SourceFile[] {
  return sources.filter(({ path }) => !isTest(path));
}

/** The package that a specifier names; nothing for a file or a module of Node. */
function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith(".") || isBuiltin(specifier)) return undefined;
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith("node:") || builtinModules.includes(specifier);
}

function inManifest(folder: string, message: string): Problem {
  return { file: `${folder}/package.json`, line: 1, message };
}

main(import.meta.url, () => {
  const packages = readWorkspaces("packages");
  const problems = checkGraph(readSource(TABLE_FILE), packages, readWorkspaces("examples"));
  return { problems, checked: `the graph of ${packages.length} packages` };
});
