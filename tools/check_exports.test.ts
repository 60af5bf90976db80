import { expect, test } from "vitest";
import { checkExports } from "./check_exports.ts";

const STAR = "/** Doc. @module */\nexport * from ";

function messages(
  sources: Record<string, string>,
  entries: readonly string[] = ["mod"],
  sideEffects = false,
): string[] {
  const exports = Object.fromEntries(
    entries.map((name) => [`./${name}`, { "@jem-js/source": `./src/${name}.ts`, default: `./dist/${name}.js` }]),
  );
  return checkExports({
    folder: "packages/x",
    manifest: {
      name: "@jem-js/x",
      exports: { ...exports, "./package.json": "./package.json" },
      sideEffects,
    },
    tsconfig: {},
    sources: Object.entries(sources).map(([name, text]) => ({ path: `packages/x/src/${name}`, text })),
  }).map(({ file, line, message }) => `${file}:${line} ${message}`);
}

test("checkExports() passes public files in one of the entry points, and leaves private files and tests alone", () => {
  const shared = { "a.ts": "", "_p.ts": "", "a.test.ts": "" };
  expect(messages({ ...shared, "mod.ts": `${STAR}"./a.ts";` })).toEqual([]);
  const split = { ...shared, "b.ts": "", "mod.ts": `${STAR}"./a.ts";`, "node.ts": `${STAR}"./b.ts";` };
  expect(messages(split, ["mod", "node"])).toEqual([]);
  const part = {
    ...shared,
    "b.ts": "",
    "mod.ts": `${STAR}"./a.ts";\nexport * from "./part.ts";`,
    "part.ts": `${STAR}"./b.ts";`,
  };
  expect(messages(part, ["mod", "part"])).toEqual([]);
});

test("checkExports() wants a mod.ts, and every file that package.json exports", () => {
  expect(messages({ "a.ts": "" }, [])).toEqual([
    "packages/x/package.json:1 does not export src/mod.ts",
    "packages/x/src/a.ts:1 is exported by no entry point",
  ]);
  expect(messages({ "mod.ts": "" }, ["mod", "node"])).toEqual(["packages/x/src/node.ts:1 is missing"]);
  expect(messages({ "mod.ts": "", "node.ts": "" })).toEqual(["packages/x/src/node.ts:1 is exported by no entry point"]);
});

test("checkExports() wants every public file exported once and no private one", () => {
  expect(
    messages({ "a.ts": "", "b.ts": "", "_p.ts": "", "mod.ts": `${STAR}"./a.ts";\nexport * from "./_p.ts";` }),
  ).toEqual([
    "packages/x/src/mod.ts:3 must not export the private ./_p.ts",
    "packages/x/src/b.ts:1 is exported by no entry point",
  ]);
  expect(messages({ "a.ts": "", "mod.ts": `${STAR}"./a.ts";\nexport * from "./a.ts";` })).toEqual([
    "packages/x/src/mod.ts:3 exports ./a.ts, which mod.ts exports too",
  ]);
});

test("checkExports() wants nothing else in mod.ts", () => {
  for (const other of ["const x = 1;", 'import "./a.ts";', 'export { a } from "./a.ts";', 'export * from "pkg";']) {
    expect(messages({ "a.ts": "", "mod.ts": `${STAR}"./a.ts";\n${other}` })).toEqual([
      'packages/x/src/mod.ts:3 must hold only a doc comment and lines of the form export * from "./name.ts"',
    ]);
  }
});

test("checkExports() lets mod.ts import for an effect where package.json declares one", () => {
  const sources = { "_start.ts": "", "mod.ts": '/** Doc. @module */\nimport "./_start.ts";' };
  expect(messages(sources, ["mod"], true)).toEqual([]);
  expect(messages(sources)).toHaveLength(1);
});
