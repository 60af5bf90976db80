import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, expect, test } from "vitest";
import type { TrainingEvent } from "./events.ts";
import { jsonlMetrics, progressBar } from "./node.ts";

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

test("jsonlMetrics() fails at once when the file cannot be made", () => {
  expect(() => jsonlMetrics(join(folder, "none", "metrics.jsonl"))).toThrow("ENOENT");
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
