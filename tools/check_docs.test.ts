import { describe, expect, test } from "vitest";
import { checkDocs, checkReadme } from "./check_docs.ts";

function messages(text: string, name: string = "a.ts"): string[] {
  return checkDocs({ path: `packages/x/src/${name}`, text }, name === "mod.ts").map(
    ({ line, message }) => `${line} ${message}`,
  );
}

/** A documented function, in good order but for what `change` does to its text. */
function documented(change: (text: string) => string = (text) => text): string {
  const doc = [
    "/**",
    " * Scales a tensor.",
    " *",
    " * @example Usage",
    " * ```ts",
    ' * import { scale } from "@jem-js/x";',
    " * scale(x, [2]);",
    " * ```",
    " *",
    " * @param x The tensor, `[batch, classes]`.",
    " * @param factor The factor.",
    " * @returns The product.",
    " */",
    "export function scale(x: Tensor2D, factor: number): Tensor2D {",
    "  return mul(x, factor);",
    "}",
  ];
  return change(doc.join("\n"));
}

describe("checkDocs() on a function", () => {
  test("passes a full doc comment", () => expect(messages(documented())).toEqual([]));

  test.each<[string, string | RegExp, string, string[]]>([
    ["a doc comment", /\/\*\*[\s\S]*?\*\//, "", ["2 scale() lacks a doc comment"]],
    ["a sentence", "Scales a tensor.", "scales", ["14 the doc comment of scale() must begin with a sentence"]],
    ["each @param", " * @param factor The factor.\n", "", ["13 scale() lacks @param factor"]],
    ["text in each @param", "factor The factor.", "factor", ["14 scale() lacks @param factor"]],
    [
      "no foreign @param",
      "@param factor",
      "@param scale",
      ["14 scale() lacks @param factor", "11 scale() has no parameter scale"],
    ],
    ["@returns", " * @returns The product.\n", "", ["13 scale() lacks @returns"]],
    ["@example", / \* @example[\s\S]*?```\n \*\n/, "", ["8 scale() lacks @example"]],
    ["a fence in @example", /```ts/, "```", ["4 an @example of scale() lacks a ts fence"]],
    ["a title of @example", "@example Usage", "@example", ["4 an @example of scale() lacks a title"]],
    [
      "a shape outside the example",
      ", `[batch, classes]`",
      "",
      ["14 scale() takes or returns tensors but its doc comment states no shape"],
    ],
  ])("wants %s", (_, found, replacement, expected) => {
    const relevant = messages(documented((text) => text.replace(found, replacement)));
    expect(relevant).toEqual(expect.arrayContaining(expected));
    if (expected[0] !== "2 scale() lacks a doc comment") expect(relevant).toHaveLength(expected.length);
  });

  test("wants no @returns of nothing and no shape without tensors", () => {
    const change = (type: string) => (text: string) =>
      text
        .replace(/ \* @returns.*\n/, "")
        .replace(", `[batch, classes]`", "")
        .replace(/Tensor2D,/, "number,")
        .replace("): Tensor2D", `): ${type}`);
    for (const type of ["void", "Promise<void>"]) expect(messages(documented(change(type)))).toEqual([]);
    expect(messages(documented(change("Promise<number>")))).toEqual(["13 scale() lacks @returns"]);
  });

  test("looks at overloads and not at their implementation", () => {
    const implementation = "\nexport function scale(x: unknown): unknown {\n  return x;\n}";
    const overload = (text: string): string => text.replace(/ \{\n.*\n\}/, ";");
    expect(messages(documented(overload) + implementation)).toEqual([]);
    expect(messages(`${documented(overload)}\nexport function scale(x: Tensor): Tensor;${implementation}`)).toEqual([
      "15 scale() lacks a doc comment",
      "15 scale() lacks @param x",
      "15 scale() lacks @returns",
    ]);
  });

  test("asks of a private file only a summary, and of what is not exported nothing", () => {
    const text = "/** Adds. */\nexport function add(a: number): number {\n  return a;\n}\nfunction other(): void {}";
    expect(messages(text, "_private.ts")).toEqual([]);
    expect(messages(text).length).toBeGreaterThan(0);
    expect(messages("export const x = 1;", "_private.ts")).toEqual(["1 x lacks a doc comment"]);
  });
});

describe("checkDocs() on types", () => {
  test("wants a doc line of every member and a default of every optional option", () => {
    const members = "{\n  /** Size. */\n  a?: number;\n  b(): void;\n  /** Size. @default {1} */\n  c?: number;\n}";
    const expected = ["4 XOptions.b lacks a doc line", "3 XOptions.a is optional but lacks @default {value}"];
    expect(messages(`/** Options. */ export interface XOptions ${members}`).sort()).toEqual([...expected].sort());
    expect(messages(`/** Options. */ export type XOptions = Y & (${members} | Z);`).sort()).toEqual(
      [...expected].sort(),
    );
    expect(messages(`/** A result. */ export interface X ${members}`)).toEqual(["4 X.b lacks a doc line"]);
  });

  test("looks at the public members of a class", () => {
    const text = [
      "/** Thrown. */",
      "export class E extends Error {",
      "  override name: string = 'E';",
      "  #hidden = 1;",
      "  step: number;",
      "  constructor(step: number) {}",
      "}",
    ].join("\n");
    expect(messages(text)).toEqual(["5 E.step lacks a doc line", "6 new E() lacks @param step"]);
  });

  test("wants a doc comment of aliases and constants", () => {
    expect(messages("export type A = 1;\nexport const b: number = 1;")).toEqual([
      "1 A lacks a doc comment",
      "2 b lacks a doc comment",
    ]);
  });
});

test("checkDocs() wants a summary, an example and @module of an entry point", () => {
  expect(
    messages('/**\n * Adds.\n *\n * ```ts\n * add();\n * ```\n *\n * @module\n */\nexport * from "./a.ts";', "mod.ts"),
  ).toEqual([]);
  expect(messages('export * from "./a.ts";', "mod.ts")).toEqual([
    "1 the module lacks a doc comment",
    "1 the module lacks @module",
    "1 the module lacks a ts example",
  ]);
});

test("checkReadme() wants a README with an example that runs", () => {
  const readme = (text: string) => checkReadme("README.md", { path: "README.md", text }).map(({ message }) => message);
  expect(readme("```ts\nrun();\n```")).toEqual([]);
  expect(readme("```ts ignore\nrun();\n```")).toEqual(["must show a ts example that runs"]);
  expect(checkReadme("README.md", undefined)).toEqual([{ file: "README.md", line: 1, message: "is missing" }]);
});
