import { join } from "node:path";
import ts from "typescript";
import { modulePath, readSnippets, type Snippet } from "./_snippets.ts";
import { main, type Problem, ROOT } from "./_workspace.ts";

/** Type-checks snippets with the settings of the repository, without writing them to disk. */
export function checkDocTypes(snippets: readonly Snippet[]): Problem[] {
  const modules = new Map(snippets.map((snippet) => [join(ROOT, modulePath(snippet)), snippet]));
  const host = ts.createCompilerHost(compilerOptions());
  const { fileExists, readFile } = host;
  host.fileExists = (path) => modules.has(path) || fileExists(path);
  host.readFile = (path) => modules.get(path)?.code ?? readFile(path);
  const program = ts.createProgram([...modules.keys()], compilerOptions(), host);
  return [...modules].flatMap(([path, snippet]) => {
    const source = program.getSourceFile(path)!;
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      (diagnostic) => ({
        file: snippet.file,
        line: snippet.line + 1 + source.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line,
        message: ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n  "),
      }),
    );
  });
}

function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(ROOT, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(
    { ...config, include: [], files: ["vitest.setup.ts"] },
    ts.sys,
    ROOT,
  );
  return {
    ...options,
    moduleDetection: ts.ModuleDetectionKind.Force,
    // An example may name a result only to show it, and is no library.
    noUnusedLocals: false,
    noUnusedParameters: false,
    isolatedDeclarations: false,
    declaration: false,
  };
}

main(import.meta.url, () => {
  const snippets = readSnippets().filter(({ ignored }) => !ignored);
  return { problems: checkDocTypes(snippets), checked: `the types of ${snippets.length} examples` };
});
