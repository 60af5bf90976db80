import { describe, expect, test } from "vitest";
import type { Workspace } from "./_workspace.ts";
import { checkGraph, importsOf, parseTable } from "./check_graph.ts";

const TABLE = [
  "| layer | package | holds | may import |",
  "| --- | --- | --- | --- |",
  "| 0 | `@jem-js/low` | keys | – |",
  "| 4 | `@jem-js/high` | loops | low |",
].join("\n");

interface Change {
  readonly table?: string;
  readonly low?: Partial<Fixture>;
  readonly high?: Partial<Fixture>;
  readonly example?: Partial<Fixture>;
}

interface Fixture {
  readonly manifest: Workspace["manifest"];
  readonly tsconfig: Workspace["tsconfig"];
  readonly sources: Readonly<Record<string, string>>;
}

/** The messages of the check on two packages and an example in good order, but for what is changed. */
function messages({ table = TABLE, low = {}, high = {}, example = {} }: Change): string[] {
  const workspace = (folder: string, fixture: Partial<Fixture>, good: Fixture): Workspace => {
    const { manifest, tsconfig, sources } = { ...good, ...fixture };
    return {
      folder,
      manifest,
      tsconfig,
      sources: Object.entries(sources).map(([path, text]) => ({ path: `${folder}/${path}`, text })),
    };
  };
  const packages = [
    workspace("packages/low", low, {
      manifest: { name: "@jem-js/low", peerDependencies: { "@tensorflow/tfjs-core": "^4" } },
      tsconfig: {},
      sources: { "src/mod.ts": 'export * from "./a.ts";', "src/a.ts": 'import { add } from "@tensorflow/tfjs-core";' },
    }),
    workspace("packages/high", high, {
      manifest: { name: "@jem-js/high", dependencies: { "@jem-js/low": "^0.1.0" } },
      tsconfig: { compilerOptions: { types: ["node"] } },
      sources: {
        "src/mod.ts": 'export * from "./b.ts";',
        "src/b.ts": 'import "node:fs"; import type { A } from "@jem-js/low";',
      },
    }),
  ];
  const examples = [
    workspace("examples/show", example, {
      manifest: { name: "@jem-js-examples/show", private: true, dependencies: { "@jem-js/high": "^0.1.0" } },
      tsconfig: {},
      sources: { "main.ts": 'import "@jem-js/high/node";' },
    }),
  ];
  return checkGraph({ path: "ARCHITECTURE.md", text: table }, packages, examples).map(
    ({ file, line, message }) => `${file}:${line} ${message}`,
  );
}

test("parseTable() reads the package rows and no others", () => {
  expect(parseTable(`text\n${TABLE}\n| – | \`examples/*\` | private | – |`)).toEqual([
    { line: 4, layer: 0, name: "@jem-js/low", mayImport: [] },
    { line: 5, layer: 4, name: "@jem-js/high", mayImport: ["@jem-js/low"] },
  ]);
});

test("importsOf() finds every kind of import, and none in comments and strings", () => {
  const text = [
    'import "a";',
    'import type { B } from "b";',
    'export * from "c";',
    'const d = await import("d");',
    'type E = import("e").E;',
    '/** import "f"; */ const g = \'import "g";\';',
    'import { h,\n} from "h";',
  ].join("\n");
  expect(importsOf(text).map(({ specifier, line }) => `${specifier} ${line}`)).toEqual([
    "a 1",
    "b 2",
    "c 3",
    "d 4",
    "e 5",
    "h 8",
  ]);
});

describe("checkGraph()", () => {
  test("finds nothing when the table, the manifests and the imports agree", () => {
    expect(messages({})).toEqual([]);
  });

  test("compares the packages with the rows", () => {
    expect(messages({ table: `${TABLE}\n| 1 | \`@jem-js/gone\` | – | – |` })).toEqual([
      "ARCHITECTURE.md:5 there is no package @jem-js/gone",
    ]);
    expect(messages({ table: TABLE.replace(/.*high.*/, "") })).toEqual([
      "packages/high/package.json:1 @jem-js/high is not in the table of ARCHITECTURE.md",
    ]);
  });

  test("wants arrows to point to a lower layer", () => {
    expect(messages({ table: TABLE.replace("| 4 |", "| 0 |"), high: { tsconfig: {} } })).toContain(
      "ARCHITECTURE.md:4 @jem-js/high (layer 0) may not import @jem-js/low (layer 0)",
    );
    expect(messages({ table: TABLE.replace("| 4 |", "| x |") })).toContain(
      "ARCHITECTURE.md:4 the layer of @jem-js/high is not an integer",
    );
  });

  test("wants every import in the table and every entry of the table imported", () => {
    expect(messages({ table: TABLE.replace("| low |", "| – |") })).toEqual([
      "packages/high/src/b.ts:1 imports @jem-js/low, which ARCHITECTURE.md:4 does not list",
      "packages/high/package.json:1 depends on @jem-js/low, which ARCHITECTURE.md:4 does not list",
    ]);
    expect(messages({ high: { sources: { "src/mod.ts": "" } } })).toEqual([
      "ARCHITECTURE.md:4 @jem-js/high lists @jem-js/low but no source imports it",
    ]);
    expect(
      messages({ high: { sources: { "src/mod.ts": "", "src/b.test.ts": 'import "@jem-js/low";' } } }),
    ).toHaveLength(1);
  });

  test("wants siblings as dependencies, not as peers", () => {
    expect(
      messages({ high: { manifest: { name: "@jem-js/high", peerDependencies: { "@jem-js/low": "^0.1.0" } } } }),
    ).toEqual([
      "packages/high/package.json:1 dependencies lack @jem-js/low, which ARCHITECTURE.md:4 lists",
      "packages/high/package.json:1 @jem-js/low must be a dependency, not a peer",
    ]);
  });

  test("wants external imports declared", () => {
    expect(messages({ low: { manifest: { name: "@jem-js/low" } } })).toEqual([
      "packages/low/src/a.ts:1 imports @tensorflow/tfjs-core, which package.json does not declare",
    ]);
  });

  test("keeps Node and the DOM out of what mod.ts reaches in low layers", () => {
    const sources = {
      "src/mod.ts": 'export * from "./a.ts";',
      "src/a.ts": 'import "./_b.ts";',
      "src/_b.ts": '\nimport "fs";',
    };
    expect(messages({ low: { sources } })).toEqual(["packages/low/src/_b.ts:2 layer 0 must not import fs"]);
    expect(messages({ low: { sources: { "src/mod.ts": "", "src/node.ts": 'import "node:fs";' } } })).toEqual([]);
    expect(messages({ low: { tsconfig: { compilerOptions: { lib: ["ES2022", "DOM"], types: ["node"] } } } })).toEqual([
      'packages/low/tsconfig.json:1 layer 0 must not use "node" types',
      'packages/low/tsconfig.json:1 layer 0 must not use "DOM" types',
    ]);
    expect(messages({ low: { sources: { "src/mod.ts": '/// <reference lib="dom" />' } } })).toEqual([
      'packages/low/src/mod.ts:1 layer 0 must not reference "dom" types',
    ]);
  });

  test("keeps sources out of the internal packages, other examples and other folders", () => {
    const importing = (specifier: string): Change => ({ low: { sources: { "src/mod.ts": `import "${specifier}";` } } });
    expect(messages(importing("@jem-js-internal/testing"))).toEqual([
      "packages/low/src/mod.ts:1 must not import @jem-js-internal/testing",
    ]);
    expect(messages(importing("@jem-js-examples/show"))).toEqual([
      "packages/low/src/mod.ts:1 must not import @jem-js-examples/show",
    ]);
    expect(messages(importing("../../high/src/b.ts"))).toEqual([
      "packages/low/src/mod.ts:1 imports ../../high/src/b.ts, outside packages/low",
    ]);
  });

  test("wants examples private, in their scope and with their imports declared", () => {
    expect(messages({ example: { manifest: { name: "@jem-js/show" } } })).toEqual([
      "examples/show/package.json:1 an example must be private",
      "examples/show/package.json:1 an example must be named @jem-js-examples/* but found @jem-js/show",
      "examples/show/main.ts:1 imports @jem-js/high, which package.json does not declare",
    ]);
  });
});
