import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { key, uniformValues } from "@jem-js/random";
import { build } from "tsup";
import { expect, test } from "vitest";

const ITERATIONS = 300;
const KILLS = 50;

/** Bundles the small training run: a process then starts in a tenth of a second, which is most of what this test takes. */
async function bundle(folder: string): Promise<string> {
  await build({
    config: false,
    silent: true,
    entry: { run: new URL("../testing/killed_run.ts", import.meta.url).pathname },
    outDir: folder,
    format: "esm",
    platform: "node",
    target: "node20",
    noExternal: [/./],
    // TensorFlow.js says of modules that register backends and gradients that they have no side effects.
    treeshake: false,
    esbuildOptions: (options) => {
      options.ignoreAnnotations = true;
      options.conditions = ["@jem-js/source"];
      options.banner = {
        js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
      };
    },
  });
  return join(folder, readdirSync(folder).find((name) => /^run\.m?js$/.test(name))!);
}

/** Runs the training; kills it some milliseconds after it began, or after it was started. Returns how it ended. */
function run(script: string, folder: string, kill?: { after: "start" | "begin"; milliseconds: number }) {
  return new Promise<{ code: number | null; signal: string | null; errors: string; start: number }>((resolve, reject) => {
    const child = spawn(process.execPath, [script, folder, String(ITERATIONS)]);
    const strike = (): void => void setTimeout(() => child.kill("SIGKILL"), kill!.milliseconds);
    let errors = "";
    let start = -1;
    child.stderr.on("data", (text) => {
      errors += text;
    });
    child.stdout.on("data", (text) => {
      start = Number(String(text).split(" ")[1]);
      if (kill?.after === "begin") strike();
    });
    if (kill?.after === "start") strike();
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, errors, start }));
  });
}

function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => [path.slice(folder.length), readFileSync(path, "latin1")]),
  );
}

test(`a run killed ${KILLS} times ends with the bytes of one that was not`, { timeout: 180_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "kill-"));
  const script = await bundle(join(folder, "script"));
  const [whole, killed] = [join(folder, "whole"), join(folder, "killed")];
  const { code, errors } = await run(script, whole);
  expect(errors).toBe("");
  expect(code).toBe(0);

  const starts: number[] = [];
  for (const [i, u] of uniformValues(key(0), KILLS).entries()) {
    // One in five is struck while it starts and restores; the others in training or while a checkpoint is written.
    const kill = i % 5 === 0 ? { after: "start" as const, milliseconds: u * 250 } : { after: "begin" as const, milliseconds: u * 60 };
    const ended = await run(script, killed, kill);
    expect(ended.errors).toBe("");
    expect(ended.signal, `kill ${i}: it must be running still, after ${starts.at(-1)}`).toBe("SIGKILL");
    if (ended.start >= 0) starts.push(ended.start);
  }
  expect(starts).toEqual([...starts].sort((a, b) => a - b));
  const last = await run(script, killed);
  expect(last.errors).toBe("");
  expect(last.start).toBeGreaterThan(0);
  expect(existsSync(join(killed, "checkpoints", String(ITERATIONS)))).toBe(true);
  expect(contents(killed)).toEqual(contents(whole));
});
