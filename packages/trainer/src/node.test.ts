import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, expect, test } from "vitest";
import type { TrainingEvent } from "./events.ts";
import { imageFiles, jsonlMetrics, progressBar } from "./node.ts";

const folder = mkdtempSync(join(tmpdir(), "trainer-"));
afterAll(() => rmSync(folder, { recursive: true }));

const iteration = (i: number, loss: number): TrainingEvent => ({
  type: "iteration",
  iteration: i,
  terms: { loss },
  milliseconds: 12.34567,
});

test("jsonlMetrics() has each line on disk at once, timings apart", async () => {
  const [path, timing] = [join(folder, "metrics.jsonl"), join(folder, "timing.jsonl")];
  const listener = jsonlMetrics(path, { timing });
  await listener({ type: "begin", start: 0, refused: [], iterations: 2 });
  await listener(iteration(0, 2.5));
  expect(readFileSync(path, "utf8")).toBe('{"iteration":0,"loss":2.5}\n');
  await listener(iteration(1, 1.5));
  await listener({
    type: "divergence",
    divergence: { iteration: 2, reason: "loss is NaN", terms: { loss: Number.NaN } },
  });
  expect(readFileSync(path, "utf8").split("\n").at(-2)).toBe('{"iteration":2,"divergence":"loss is NaN"}');
  expect(readFileSync(timing, "utf8")).toBe(
    '{"iteration":0,"milliseconds":12.346}\n{"iteration":1,"milliseconds":12.346}\n',
  );
});

test("jsonlMetrics() cuts off what is about to be repeated, and a torn line", async () => {
  const [path, timing] = [join(folder, "runs", "cut.jsonl"), join(folder, "runs", "cut-timing.jsonl")];
  const begin = async (start: number): Promise<void> => {
    const listener = jsonlMetrics(path, { timing });
    await listener({ type: "begin", iterations: 5, start, refused: [] });
    for (let i = start; i < 3; i++) await listener(iteration(i, i));
    await listener({ type: "evaluation", iteration: 2, metrics: { accuracy: 0.5 } });
    await listener({ type: "end", reason: "aborted", iterations: 3 });
  };
  await begin(0);
  const whole = readFileSync(path, "utf8");
  expect(whole.split("\n").at(-2)).toBe('{"iteration":2,"evaluation":{"accuracy":0.5}}');
  appendFileSync(path, '{"iteration":3,"loss":3}\n{"iterat');
  for (const start of [2, 3, 1, 0]) {
    if (start === 3) appendFileSync(path, '{"iteration":');
    await begin(start);
    const expected = start === 3 ? `${whole}{"iteration":2,"evaluation":{"accuracy":0.5}}\n` : whole;
    expect(readFileSync(path, "utf8")).toBe(expected);
  }
  expect(readFileSync(timing, "utf8").trim().split("\n")).toHaveLength(3);
});

test("jsonlMetrics() fails at once when the file cannot be made", () => {
  writeFileSync(join(folder, "file"), "");
  expect(() => jsonlMetrics(join(folder, "file", "metrics.jsonl"))).toThrow(/ENOTDIR|EEXIST/);
});

test("imageFiles() waits for its images, and refuses a bad interval by value", async () => {
  const listener = imageFiles(join(folder, "images"), { every: 3, draw: async () => Uint8Array.of(1) });
  for (let i = 0; i < 7; i++) await listener(iteration(i, 0));
  expect(readdirSync(join(folder, "images"))).toEqual(["000003.png", "000006.png"]);
  expect(() => imageFiles(folder, { every: 0, draw: () => Uint8Array.of() })).toThrow(
    "every must be a positive integer but found 0",
  );
});

test("progressBar() shows the label, the count and the smoothed terms where there is no terminal", async () => {
  const stream = new PassThrough();
  const listener = progressBar({ label: "JEM", terms: { loss: "loss", absent: "absent" }, stream });
  await listener({ type: "begin", start: 0, refused: [], iterations: 2 });
  await listener(iteration(0, 2));
  await listener(iteration(1, 3));
  await listener({ type: "end", reason: "completed", iterations: 2 });
  const shown = String(stream.read());
  expect(shown).toContain("JEM");
  expect(shown).toContain("2/2");
  expect(shown).toContain("loss 2.050");
  expect(shown).not.toContain("absent");
});
