import { existsSync } from "node:fs";
import { join } from "node:path";
import { isTest, ROOT, readSource, readWorkspaces, type SourceFile } from "./_workspace.ts";

/** A TypeScript example of the documentation. */
export interface Snippet {
  readonly file: string;
  /** The line of its opening fence. */
  readonly line: number;
  readonly code: string;
  /** Whether its fence is marked `ts ignore`: neither run nor type-checked. */
  readonly ignored: boolean;
}

/** Extracts the ```` ```ts ```` fences of a Markdown file, or of the doc comments of a TypeScript file. */
export function snippetsOf(file: SourceFile): Snippet[] {
  const snippets: Snippet[] = [];
  let fence: { ticks: string; info: string; line: number; code: string[] } | undefined;
  for (const { line, text } of file.path.endsWith(".md") ? numbered(file.text) : docLines(file.text)) {
    const [, ticks, info] = text.match(/^\s*(`{3,})([^`]*)$/) ?? [];
    if (!fence) {
      if (ticks !== undefined) fence = { ticks, info: info!.trim(), line, code: [] };
    } else if (ticks?.startsWith(fence.ticks) && info!.trim() === "") {
      if (/^ts( ignore)?$/.test(fence.info)) {
        snippets.push({ file: file.path, line: fence.line, code: fence.code.join("\n"), ignored: fence.info !== "ts" });
      }
      fence = undefined;
    } else {
      fence.code.push(text);
    }
  }
  if (fence) throw new SyntaxError(`${file.path}:${fence.line} opens a code fence that nothing closes`);
  return snippets;
}

/** Reads the snippets of the packages' sources and of every README of the root, packages and examples. */
export function readSnippets(): Snippet[] {
  const packages = readWorkspaces("packages");
  const readmes = ["", ...[...packages, ...readWorkspaces("examples")].map(({ folder }) => `${folder}/`)]
    .map((prefix) => `${prefix}README.md`)
    .filter((path) => existsSync(join(ROOT, path)));
  const sources = packages.flatMap(({ sources }) => sources).filter(({ path }) => !isTest(path));
  return [...readmes.map(readSource), ...sources].flatMap(snippetsOf);
}

/** Where the module of a snippet stands, relative to the root. The folder is ignored by git. */
export function modulePath({ file, line }: Snippet): string {
  return `.doctest/${file.replace(/\.\w+$/, "")}.${line}.ts`;
}

interface Line {
  readonly line: number;
  readonly text: string;
}

function numbered(text: string): Line[] {
  return text.split("\n").map((text, i) => ({ line: i + 1, text }));
}

/** The lines of the doc comments of a TypeScript source, without their leading `*`. */
function docLines(source: string): Line[] {
  let inside = false;
  return numbered(source).flatMap(({ line, text }) => {
    if (/^\s*\/\*\*/.test(text)) inside = true;
    if (!inside) return [];
    if (text.includes("*/")) inside = false;
    return [{ line, text: text.replace(/^\s*(\/\*\*|\*\/|\*) ?/, "") }];
  });
}
