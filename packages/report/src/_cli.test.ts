import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const cli = fileURLToPath(new URL("_cli.ts", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "cli-"));
afterAll(() => rmSync(root, { recursive: true }));
for (const name of ["a", "b"]) {
  mkdirSync(join(root, name));
  writeFileSync(join(root, name, "results.json"), '{"accuracy":0.9}');
  writeFileSync(join(root, name, "config.json"), '{"seed":0}');
  writeFileSync(join(root, name, "metrics.jsonl"), '{"iteration":0,"loss":1}\n');
}

/** Runs the command line in the folder of the runs; tsx is found from here. */
function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const flags = ["--import", import.meta.resolve("tsx"), "--conditions=@jem-js/source", cli, ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, flags, { cwd: root }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
}

test("jem-report writes reports and comparisons, and says where", async () => {
  const [one, two] = await Promise.all([run("a", "--title", "One run"), run("a", "b", "--out", "both.html")]);
  expect(one).toEqual({ code: 0, out: `${join("a", "report.html")}\n`, err: "" });
  expect(readFileSync(join(root, "a", "report.html"), "utf8")).toContain("<h1>One run</h1>");
  expect(two).toEqual({ code: 0, out: "both.html\n", err: "" });
  expect(readFileSync(join(root, "both.html"), "utf8")).toContain("<h1>Comparison of 2 runs</h1>");
});

test("jem-report says what is wrong, without a stack, and fails", async () => {
  writeFileSync(join(root, "b", "results.json"), "{");
  const [none, missing, unknown, damaged, help] = await Promise.all([
    run(),
    run("c"),
    run("a", "--outt", "x"),
    run("b"),
    run("--help"),
  ]);
  expect(none!.code).toBe(1);
  expect(none!.err).toMatch(/^Cannot report run: no folder is given\n\n.*\n\nUsage: npx @jem-js\/report FOLDER/);
  expect(missing).toEqual({
    code: 1,
    out: "",
    err: "Cannot report run: c must be the folder of a run but found nothing\n",
  });
  expect(unknown!.code).toBe(1);
  expect(unknown!.err).toMatch(/^Unknown option '--outt'/);
  expect(damaged!.code).toBe(0);
  expect(damaged!.err).toMatch(/^results\.json is damaged: /);
  expect(existsSync(join(root, "b", "report.html"))).toBe(true);
  expect(help).toEqual({ code: 0, out: expect.stringContaining("--title TEXT"), err: "" });
});
