import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { encode } from "fast-png";
import { parseHTML } from "linkedom";
import { afterAll, describe, expect, test } from "vitest";
import { type ReportOptions, report } from "./node.ts";

const root = mkdtempSync(join(tmpdir(), "report-"));
afterAll(() => rmSync(root, { recursive: true }));

type Content = string | Uint8Array | object;
let count = 0;

/** Makes a folder with these files; what is no text or bytes is written as JSON. */
function folderOf(files: Readonly<Record<string, Content>>, name = `run${count++}`): string {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    const isRaw = typeof content === "string" || content instanceof Uint8Array;
    writeFileSync(join(folder, file), isRaw ? content : JSON.stringify(content));
  }
  return folder;
}

const lines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const PNG = encode({ width: 2, height: 3, data: new Uint8Array(6), channels: 1, depth: 8 });
const svg = (title: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><title>${title}</title></svg>`;
const metrics = lines([0, 1, 2].map((iteration) => ({ iteration, loss: 3 - iteration, energyGap: 1, px: null })));

/** A run of two models with everything in its folder. */
const FULL: Readonly<Record<string, Content>> = {
  "config.json": { seed: 20240117, iterations: 3, sgld: { steps: 10, stepSize: 0.5 }, clamp: [-1, 1], exact: false },
  "results.json": [
    { figure: "accuracy", jem: 0.9123456789, control: 0.95 },
    { figure: "ECE", jem: 0.02, control: null },
  ],
  "figures/b.svg": svg("Reliability &amp; more"),
  "figures/b.png": PNG,
  "figures/a_b.png": PNG,
  ...Object.fromEntries([..."123456789"].map((i) => [`samples/${i}00.png`, PNG])),
  "samples/1000.png": PNG,
  "jem/metrics.jsonl": `${metrics}{"iteration":2,"evaluation":{"accuracy":0.5}}\n`,
  "jem/timing.jsonl": lines([5, 1, 3].map((milliseconds, iteration) => ({ iteration, milliseconds }))),
  "jem/incidents/incident-1.json": {
    number: 1,
    retriesLeft: 7,
    divergence: { iteration: 2, reason: "loss is NaN", terms: { loss: "NaN" } },
    resumedFrom: 1,
    adjustments: { learningRate: 0.5, steps: 2, energyL2: 0.1 },
  },
  "control/metrics.jsonl": `${metrics}{"iteration":3,"divergence":"loss is Infinity"}\n`,
};

/** The page of a report, whose structure is checked, and what was found wrong. */
async function pageOf(folders: string | string[], options?: ReportOptions) {
  const { path, problems } = await report(folders, options);
  const html = readFileSync(path, "utf8");
  const { document } = parseHTML(html);
  checkStructure(document);
  const tables = [...document.querySelectorAll("table")].map((table) => ({
    caption: table.querySelector("caption")!.textContent,
    rows: [...table.querySelectorAll("tr")].map((row) => [...row.children].map((cell) => cell.textContent)),
  }));
  const rowsOf = (caption: string) => tables.find((table) => table.caption === caption)?.rows;
  return { path, problems, html, document, rowsOf };
}

/** What assistive technology needs, as far as a page can be judged without a browser. */
function checkStructure(document: ReturnType<typeof parseHTML>["document"]): void {
  expect(document.documentElement.getAttribute("lang")).toMatch(/\S/);
  expect(document.title).toMatch(/\S/);
  const levels = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].map(({ tagName }) => Number(tagName[1]));
  expect(levels.filter((level) => level === 1)).toHaveLength(1);
  levels.forEach((level, i) => {
    expect(level).toBeLessThanOrEqual((levels[i - 1] ?? 0) + 1);
  });
  for (const element of document.querySelectorAll("h1, h2, caption, th, a, button, figcaption")) {
    expect(element.textContent).toMatch(/\S/);
  }
  for (const image of document.querySelectorAll("img")) expect(image.getAttribute("alt")).toMatch(/\S/);
  for (const table of document.querySelectorAll("table")) {
    expect(table.firstElementChild!.tagName).toBe("CAPTION");
    for (const head of table.querySelectorAll("th")) expect(head.getAttribute("scope")).toMatch(/^(row|col)$/);
    expect(table.querySelectorAll("thead th").length).toBeGreaterThan(0);
  }
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const section of document.querySelectorAll("section")) {
    expect(ids).toContain(section.getAttribute("aria-labelledby"));
  }
  expect(document.querySelectorAll("main")).toHaveLength(1);
  expect(document.querySelectorAll("script, style")).toHaveLength(2);
}

describe("report() of one run", () => {
  test("shows what the folder holds, each model from its own", async () => {
    const { document, rowsOf, problems, path } = await pageOf(folderOf(FULL, "full"));
    expect(path).toBe(join(root, "full", "report.html"));
    expect(problems).toEqual([]);
    expect(document.title).toBe("full");
    expect([...document.querySelectorAll("h2")].map((h) => h.textContent)).toEqual([
      "Results",
      "Figures",
      "Samples",
      "Training",
      "Options",
    ]);
    expect(rowsOf("results.json")).toEqual([
      ["figure", "jem", "control"],
      ["accuracy", "0.912346", "0.95"],
      ["ECE", "0.02", ""],
    ]);
    expect(rowsOf("Training")).toEqual([
      ["model", "iterations", "of", "minutes", "ms an iteration, median", "95th percentile", "incidents", "end"],
      ["control", "3", "3", "", "", "", "0", "diverged at iteration 3: loss is Infinity"],
      ["jem", "3", "3", "0.00015", "3", "5", "1", "complete"],
    ]);
    expect(rowsOf("Incidents: divergences that training recovered from")![1]).toEqual([
      "jem",
      "1",
      "2",
      "loss is NaN",
      "1",
      "0.5",
      "2",
      "0.1",
      "7",
    ]);
    expect(rowsOf("config.json")).toEqual([
      ["name", "value"],
      ["seed", "20240117"],
      ["iterations", "3"],
      ["sgld.steps", "10"],
      ["sgld.stepSize", "0.5"],
      ["clamp", "-1, 1"],
      ["exact", "false"],
    ]);
    expect(document.body.textContent).toContain("Of jem numbers that are not finite are left out: 3.");
  });

  test("takes an SVG rather than its PNG, and the first, the last and four samples between, by their iterations", async () => {
    const { document } = await pageOf(folderOf(FULL));
    const alts = [...document.querySelectorAll("img")].map((image) => image.getAttribute("alt"));
    expect(alts.slice(0, 2)).toEqual(["Figure: a b", "Reliability & more"]);
    const samples = [100, 300, 500, 600, 800, 1000].map((n) => `Samples after ${n} iterations`);
    expect(alts.slice(2, 8)).toEqual(samples);
    expect(alts[8]).toBe("Training. At the end: control: loss 1, energy gap 1. jem: loss 1, energy gap 1.");
    expect(alts[9]).toBe("Evaluations during training. At the end: jem: accuracy 0.5.");
    expect(alts).toHaveLength(10);
    const training = document.querySelectorAll("img")[8]!.getAttribute("src")!.split(",")[1]!;
    expect(Buffer.from(training, "base64").toString()).toContain(">incident<");
  });

  test("takes texts, names and order from its options", async () => {
    const { document, path } = await pageOf(folderOf(FULL), {
      title: "A <title>",
      summary: "What was done.",
      commands: ["npm start -- --seed 7"],
      models: { jem: "JEM", none: "none" },
      figures: { "figures/b.svg": { alt: "The alt.", caption: "The caption." }, "figures/c.svg": { alt: "None" } },
      out: join(root, "elsewhere.html"),
    });
    expect(path).toBe(join(root, "elsewhere.html"));
    expect(document.querySelector("h1")!.textContent).toBe("A <title>");
    expect(document.querySelector("p.summary")!.textContent).toBe("What was done.");
    expect(document.querySelector("pre")!.textContent).toBe("npm start -- --seed 7");
    expect(document.querySelector("img")!.getAttribute("alt")).toBe("The alt.");
    expect(document.querySelector("figcaption")!.textContent).toBe("The caption.");
    expect([...document.querySelectorAll("tbody th")].map((th) => th.textContent)).toContain("JEM");
    const alts = [...document.querySelectorAll("img")].map((image) => image.getAttribute("alt"));
    expect(alts.find((alt) => alt!.startsWith("Training"))).toContain("At the end: JEM: loss 1");
  });

  test("gives equal bytes for equal folders, and again when it was there", async () => {
    const folder = folderOf(FULL);
    const first = readFileSync((await report(folder)).path);
    expect(readFileSync((await report(folder)).path).equals(first)).toBe(true);
  });

  test("reports a run that goes on: a line that is not whole, no results yet", async () => {
    const folder = folderOf({ "config.json": { iterations: 10 }, "metrics.jsonl": `${metrics}{"iteration":3,"lo` });
    const { document, rowsOf, problems } = await pageOf(folder);
    expect(problems).toEqual([
      {
        file: "metrics.jsonl",
        problem: "the last line is not whole and is left out: the run goes on, or it was killed",
      },
    ]);
    expect(rowsOf("Files")![1]).toEqual([problems[0]!.file, problems[0]!.problem]);
    expect(document.querySelector("p.summary")!.textContent).toMatch(/^There are no results: the run is going on/);
    expect(rowsOf("Training")![1]!.slice(0, 3)).toEqual([document.title, "3", "10"]);
  });

  test("leaves out what is missing, damaged or too large, and says so", async () => {
    const long = `{"iteration":5,"loss":1,"text":"${"x".repeat(1 << 20)}"}`;
    const folder = folderOf({
      "results.json": '{"accuracy": 0.9',
      "metrics.jsonl": `${metrics}[1]\nnonsense\n\n\0\0\0\n${long}\n{"loss":1}\n{"iteration":9,"loss":1e999}\n`,
      "timing.jsonl": '{"iteration":0,"milliseconds":"fast"}\n',
      "incidents/incident-1.json": "7",
      "figures/cut.png": PNG.subarray(0, 20),
      "figures/no.svg": "<p>no</p>",
      "figures/large.svg": "",
      "figures/folder.svg/x": "",
      "samples/bomb.png": Uint8Array.from(PNG, (byte, i) => (i >= 16 && i < 24 ? 0x7f : byte)),
    });
    truncateSync(join(folder, "figures/large.svg"), 9e6);
    const { rowsOf, html } = await pageOf(folder);
    expect(rowsOf("Files")!.slice(1)).toEqual([
      ["config.json", "is missing"],
      ["results.json", expect.stringMatching(/^is damaged: .*JSON/)],
      ["metrics.jsonl", "damaged lines are left out: 4"],
      ["metrics.jsonl", "lines without an iteration are left out: 1"],
      ["incidents/incident-1.json", "is no report of an incident"],
      ["samples/bomb.png", "is left out: it has more than 67108864 pixels"],
      ["figures/cut.png", "is damaged: it is no PNG"],
      ["figures/large.svg", "is left out: it has 9.0 MB"],
      ["figures/no.svg", "is damaged: it is no SVG"],
    ]);
    expect(html).toContain("numbers that are not finite are left out: 4");
  });

  test("thins a long file evenly and says so", async () => {
    const rows = Array.from({ length: 10_001 }, (_, iteration) => ({ iteration, loss: 1 / (1 + iteration) }));
    const { html, rowsOf } = await pageOf(
      folderOf({ "config.json": { iterations: 20_000 }, "metrics.jsonl": lines(rows) }),
    );
    expect(html).toContain("one of 8 of its 10,001 rows is drawn");
    expect(rowsOf("Training")![1]!.slice(1, 3)).toEqual(["10001", "20000"]);
    expect(html.length).toBeLessThan(300_000);
  });

  test("shows any names as text", async () => {
    const evil = '<img src=x onerror="alert(1)">';
    const nested = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
    const names = ["__proto__", "constructor", "toString", "", " ", evil, "a\u0000b\ud800"];
    const hostile = `{${names.map((name, i) => `${JSON.stringify(name)}:${i}`).join(",")},"iteration":1,"loss":1}`;
    const folder = folderOf({
      "config.json": `{"nested":${nested},"long":"${"x".repeat(10_000)}","big":1e999,"options":${hostile}}`,
      "results.json": `[${hostile},{}]`,
      [`${evil.replaceAll("/", "")}/metrics.jsonl`]: `${hostile}\n{"iteration":2}\n`,
      [`figures/${evil}.svg`]: svg("&lt;b&gt;"),
    });
    const { document, rowsOf } = await pageOf(folder);
    expect(document.querySelectorAll("img:not([alt]), [onerror], b")).toHaveLength(0);
    expect(rowsOf("results.json")![0]).toEqual([
      "__proto__",
      "constructor",
      "toString",
      "(empty)",
      "(empty)",
      evil,
      "a\ufffdb\ufffd",
      "iteration",
      "loss",
    ]);
    expect(rowsOf("config.json")!.find(([name]) => name === "big")).toEqual(["big", "Infinity"]);
    expect(rowsOf("config.json")!.find(([name]) => name === "long")![1]).toHaveLength(401);
  });

  test("writes a page whatever is in the files", async () => {
    const content = fc.oneof(
      fc.json(),
      fc.string(),
      fc.uint8Array(),
      fc.array(fc.json(), { maxLength: 5 }).map((rows) => rows.join("\n")),
      fc
        .array(fc.dictionary(fc.string(), fc.double()), { maxLength: 5 })
        .map((rows) => lines(rows.map((row, iteration) => ({ ...row, iteration })))),
    );
    const files = ["config.json", "results.json", "metrics.jsonl", "m/metrics.jsonl", "m/timing.jsonl"];
    files.push("incidents/incident-1.json", "figures/f.svg", "samples/s.png");
    await fc.assert(
      fc.asyncProperty(fc.tuple(...files.map(() => fc.option(content, { nil: undefined }))), async (contents) => {
        const present = files.flatMap((file, i) => (contents[i] === undefined ? [] : [[file, contents[i]] as const]));
        const folder = folderOf({ "config.json": "{}", ...Object.fromEntries(present) });
        await pageOf(folder);
        await pageOf([folder, join(root, "full")], { out: join(root, "any.html") });
        rmSync(folder, { recursive: true });
      }),
      { numRuns: 60, seed: 0 },
    );
  });
});

describe("report() of several runs", () => {
  const run = (seed: number, accuracy: number, more: object = {}): Record<string, Content> => ({
    "config.json": { seed, out: `runs/${seed}`, learningRate: 0.1, ...more },
    "results.json": [
      { figure: "accuracy", jem: accuracy, control: 0.5, verdict: accuracy > 0.5 ? "better" : "worse" },
      { figure: "ECE", jem: 0.1, control: 0.25 },
    ],
    "jem/metrics.jsonl": metrics,
    "samples/1.png": PNG,
    "samples/final.png": PNG,
    "figures/f.svg": svg("F"),
  });

  test("states means and standard deviations over seeds of runs that differ in nothing else", async () => {
    const folders = [0.4, 0.6, 0.8].map((accuracy, seed) => folderOf(run(seed, accuracy), `a/s${seed}`));
    folders.push(folderOf(run(0, 0.9, { learningRate: 0.2 }), "a/other"));
    const { path, document, rowsOf } = await pageOf(folders);
    expect(path).toBe(join(root, "a", "comparison.html"));
    expect(rowsOf("Options that differ")).toEqual([
      ["option", "s0", "s1", "s2", "other"],
      ["seed", "0", "1", "2", "0"],
      ["out", "runs/0", "runs/1", "runs/2", "runs/0"],
      ["learningRate", "0.1", "0.1", "0.1", "0.2"],
    ]);
    // The deviation of a sample: sqrt((0.04 + 0 + 0.04) / 2) = 0.2.
    expect(rowsOf("results.json: mean ± standard deviation over seeds (learningRate 0.1: 0, 1, 2)")).toEqual([
      ["figure", "learningRate 0.1: jem", "learningRate 0.1: control"],
      ["accuracy", "0.60 ± 0.20", "0.5 ± 0"],
      ["ECE", "0.1 ± 0", "0.25 ± 0"],
    ]);
    expect(rowsOf("results.json of each run")!.slice(0, 2)).toEqual([
      ["figure", ...["s0", "s1", "s2", "other"].flatMap((name) => [`${name}: jem`, `${name}: control`])],
      ["accuracy", "0.4", "0.5", "0.6", "0.5", "0.8", "0.5", "0.9", "0.5"],
    ]);
    const alts = [...document.querySelectorAll("img")].map((image) => image.getAttribute("alt"));
    expect(alts[0]).toMatch(/^Training: jem\. At the end: s0: loss 1, /);
    expect(alts.slice(1)).toEqual([
      ...["s0", "s1", "s2", "other"].map((name) => `${name}: F`),
      ...["s0", "s1", "s2", "other"].map((name) => `${name}: Samples: final`),
    ]);
  });

  test("leaves a run without results out of the means and says of how many they are", async () => {
    const folders = [0.4, 0.6, 0.8].map((accuracy, seed) => folderOf(run(seed, accuracy), `b/s${seed}`));
    rmSync(join(folders[2]!, "results.json"));
    const { rowsOf, document } = await pageOf(folders);
    expect(rowsOf("results.json: mean ± standard deviation over seeds (0, 1, 2)")![1]).toEqual([
      "accuracy",
      "0.50 ± 0.14 (n = 2)",
      "0.5 ± 0 (n = 2)",
    ]);
    expect(document.body.textContent).toContain("Of s2 there are no results");
  });

  test("averages no runs of equal seeds, without seeds or without options", async () => {
    const same = await pageOf([folderOf(run(0, 0.4)), folderOf(run(0, 0.6))]);
    expect(same.html).toContain("Not averaged, since seeds are missing or the same while all options are equal: run");
    const none = [0.4, 0.6].map((accuracy) => {
      const { "config.json": _, ...files } = run(0, accuracy);
      return folderOf(files);
    });
    const { html } = await pageOf(none);
    expect(html).toContain("No two runs differ in the seed alone");
    expect(html).not.toContain("±");
  });

  test("tells options apart that differ far from their beginning", async () => {
    const long = (end: string): object => ({ list: `${"x".repeat(1000)}${end}` });
    const { rowsOf, html } = await pageOf([folderOf(run(0, 0.4, long("a"))), folderOf(run(1, 0.6, long("b")))]);
    expect(rowsOf("Options that differ")!.map(([option]) => option)).toEqual(["option", "seed", "out", "list"]);
    expect(html).toContain("No two runs differ in the seed alone");
  });

  test("tells folders of the same name apart, and draws more runs than a figure has colours", async () => {
    const folders = Array.from({ length: 9 }, (_, i) => folderOf(run(i, 0.5), `c/${i}/run`));
    const { rowsOf, document } = await pageOf(folders);
    expect(rowsOf("Options that differ")![0]).toEqual(["option", ...folders.map((_, i) => `${i}/run`)]);
    expect(document.querySelectorAll('img[alt^="Training: jem"]')).toHaveLength(2);
  });
});

test("report() refuses what is no run", async () => {
  const empty = folderOf({ "notes.txt": "x" }, "empty");
  const none = join(root, "none");
  await expect(report(none)).rejects.toThrow(
    new RangeError(`Cannot report run: ${none} must be the folder of a run but found nothing`),
  );
  await expect(report(join(empty, "notes.txt"))).rejects.toThrow("must be the folder of a run but found a file");
  await expect(report(empty)).rejects.toThrow(
    `${empty} must hold config.json, metrics.jsonl or results.json but found none of them`,
  );
  await expect(report([])).rejects.toThrow(new RangeError("Cannot report run: folders must not be empty"));
  await expect(report([empty, `${empty}/`])).rejects.toThrow("folders must differ but found");
  // @ts-expect-error: no path
  await expect(report(7)).rejects.toThrow(new TypeError("Cannot report run: folders must be an array but found 7"));
  const full = folderOf(FULL);
  // @ts-expect-error: not a list
  await expect(report(full, { commands: "ls" })).rejects.toThrow('commands must be an array but found "ls"');
  await expect(report(full, { models: { jem: "" } })).rejects.toThrow("models.jem must not be empty");
  await expect(report(full, { title: " " })).rejects.toThrow("title must not be empty");
  await expect(report(full, { figures: { "figures/b.svg": { alt: "" } } })).rejects.toThrow("alt must not be empty");
});
