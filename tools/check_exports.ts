import { posix } from "node:path";
import ts from "typescript";
import {
  entriesOf,
  isPrivate,
  isTest,
  lineAt,
  main,
  type Problem,
  parse,
  readWorkspaces,
  type Workspace,
} from "./_workspace.ts";

/** Looks whether the entry points of a package export each of its public files once and do nothing else. */
export function checkExports(workspace: Workspace): Problem[] {
  const { folder, manifest, sources } = workspace;
  const problems: Problem[] = [];
  const exported = new Map<string, string>();
  const entries = entriesOf(workspace);
  if (!entries.includes(`${folder}/src/mod.ts`)) {
    problems.push({ file: `${folder}/package.json`, line: 1, message: "does not export src/mod.ts" });
  }
  for (const path of entries) {
    const entry = sources.find((source) => source.path === path);
    if (!entry) {
      problems.push({ file: path, line: 1, message: "is missing" });
      continue;
    }
    const problem = (node: ts.Node, message: string): void => {
      problems.push({ file: entry.path, line: lineAt(entry.text, node.getStart()), message });
    };
    for (const statement of parse(entry).statements) {
      if (isSideEffect(statement) && manifest.sideEffects === true) continue;
      const target = starTarget(statement);
      if (target === undefined) {
        problem(statement, 'must hold only a doc comment and lines of the form export * from "./name.ts"');
        continue;
      }
      const path = posix.join(posix.dirname(entry.path), target);
      if (isPrivate(path)) problem(statement, `must not export the private ${target}`);
      const other = exported.get(path);
      if (other !== undefined) problem(statement, `exports ${target}, which ${other} exports too`);
      exported.set(path, posix.basename(entry.path));
    }
  }
  for (const { path } of sources) {
    if (!path.startsWith(`${folder}/src/`) || entries.includes(path) || isPrivate(path) || isTest(path)) continue;
    if (!exported.has(path)) problems.push({ file: path, line: 1, message: "is exported by no entry point" });
  }
  return problems;
}

/** An import for its effect alone, `import "./_name.ts"`: allowed where package.json says that there are effects. */
function isSideEffect(statement: ts.Statement): boolean {
  return ts.isImportDeclaration(statement) && statement.importClause === undefined;
}

/** The file of `export * from "./file.ts"`. */
function starTarget(statement: ts.Statement): string | undefined {
  if (!ts.isExportDeclaration(statement) || statement.exportClause || statement.isTypeOnly) return undefined;
  const specifier = statement.moduleSpecifier;
  return specifier && ts.isStringLiteral(specifier) && specifier.text.startsWith("./") ? specifier.text : undefined;
}

main(import.meta.url, () => {
  const packages = readWorkspaces("packages");
  return { problems: packages.flatMap(checkExports), checked: `the entry points of ${packages.length} packages` };
});
