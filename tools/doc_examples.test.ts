import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setBackend } from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, test } from "vitest";
import { modulePath, readSnippets, type Snippet, snippetsOf } from "./_snippets.ts";
import { ROOT } from "./_workspace.ts";

/** Writes the module of a snippet and imports it: it fails when one of its expectations does. */
async function run(snippet: Snippet): Promise<void> {
  const path = join(ROOT, modulePath(snippet));
  // `export {}` makes a module of a snippet without imports.
  const code = `${snippet.code}\nexport {};\n`;
  // A file that has not changed is left alone, or watch mode would never come to rest.
  if (!existsSync(path) || readFileSync(path, "utf8") !== code) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
  }
  await import(/* @vite-ignore */ path);
}

// A snippet may choose a backend.
afterEach(() => setBackend("cpu"));

describe("examples of the documentation", () => {
  for (const snippet of readSnippets()) {
    test.skipIf(snippet.ignored)(`${snippet.file}:${snippet.line}`, () => run(snippet));
  }
});

describe("snippetsOf()", () => {
  test("finds the fences of doc comments, with their lines", () => {
    const text = [
      "/**",
      " * Adds.",
      " *",
      " * @example Usage",
      " * ```ts",
      ' * import { add } from "x";',
      " *",
      " *   add(1);",
      " * ```",
      " */",
      "const text = `",
      "```ts",
      "not documentation",
      "```",
      "`;",
      "/** ",
      " * ```ts ignore",
      " * add(;",
      " * ```",
      " */",
    ].join("\n");
    expect(snippetsOf({ path: "packages/x/src/add.ts", text })).toEqual([
      { file: "packages/x/src/add.ts", line: 5, code: 'import { add } from "x";\n\n  add(1);', ignored: false },
      { file: "packages/x/src/add.ts", line: 17, code: "add(;", ignored: true },
    ]);
  });

  test("finds the ts fences of Markdown and no others", () => {
    const text = "```sh\nnpm i\n```\n````md\n```ts\nquoted\n```\n````\n```ts\nrun();\n```\n";
    expect(snippetsOf({ path: "README.md", text })).toEqual([
      { file: "README.md", line: 9, code: "run();", ignored: false },
    ]);
  });

  test("throws on a fence that is not closed", () => {
    expect(() => snippetsOf({ path: "README.md", text: "a\n```ts\nb" })).toThrow("README.md:2 opens a code fence");
  });
});

describe("run()", () => {
  const snippet = (line: number, code: string): Snippet => ({ file: "self_test.md", line, code, ignored: false });

  test("passes a right example", () => run(snippet(1, 'import { expect } from "vitest";\nexpect(1 + 1).toBe(2);')));

  test("fails a wrong example, synchronous or not, and one that throws", async () => {
    const wrong = 'import { expect } from "vitest";\nexpect(1 + 1).toBe(3);';
    await expect(run(snippet(2, wrong))).rejects.toThrow("expected 2 to be 3");
    const late = 'import { expect } from "vitest";\nawait expect(Promise.resolve(1)).resolves.toBe(2);';
    await expect(run(snippet(3, late))).rejects.toThrow("expected 1 to be 2");
    await expect(run(snippet(4, 'throw new RangeError("too far");'))).rejects.toThrow("too far");
    await expect(run(snippet(5, 'import { nothing } from "@jem-js/nowhere";\nnothing();'))).rejects.toThrow(
      "@jem-js/nowhere",
    );
  });
});
