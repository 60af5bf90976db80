import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { key, split, uniformValues } from "@jem-js/random";
import { build } from "tsup";
import { expect, test } from "vitest";
import { contents } from "../testing/contents.ts";

const ITERATIONS = 1000;
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

/** When to kill a run: after so many iterations, or since its start when there are none, and then so many milliseconds. */
interface Kill {
  readonly iterations: number | undefined;
  readonly milliseconds: number;
}

/** How a run ended. */
interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly errors: string;
  /** The iteration that it went on from, unless it was killed before. */
  readonly start: number | undefined;
}

function run(script: string, folder: string, kill?: Kill): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, folder, String(ITERATIONS)]);
    let [errors, output, struck] = ["", "", false];
    const strike = (): void => {
      struck = true;
      setTimeout(() => child.kill("SIGKILL"), kill!.milliseconds);
    };
    child.stderr.on("data", (text) => {
      errors += text;
    });
    child.stdout.on("data", (text) => {
      output += text;
      if (kill?.iterations !== undefined && !struck && output.split("\n").length > kill.iterations + 1) strike();
    });
    if (kill && kill.iterations === undefined) strike();
    child.on("error", reject);
    child.on("close", (code, signal) => {
      resolve({ code, signal, errors, start: output === "" ? undefined : Number(output.split("\n")[0]) });
    });
  });
}

test(`a run killed ${KILLS} times ends with the bytes of one that was not`, { timeout: 180_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "kill-"));
  const script = await bundle(join(folder, "script"));
  const [whole, killed] = [join(folder, "whole"), join(folder, "killed")];
  const { code, errors } = await run(script, whole);
  expect(errors).toBe("");
  expect(code).toBe(0);

  const starts: number[] = [];
  const [counts, moments] = split(key(0)).map((half) => uniformValues(half, KILLS)) as [Float32Array, Float32Array];
  for (let i = 0; i < KILLS; i++) {
    // One in five is struck while it starts and restores; the others in an iteration or while a checkpoint is written.
    const inTraining = { iterations: Math.floor(counts[i]! * 25), milliseconds: moments[i]! * 10 };
    const kill = i % 5 === 0 ? { iterations: undefined, milliseconds: moments[i]! * 250 } : inTraining;
    const ended = await run(script, killed, kill);
    expect(ended.errors).toBe("");
    expect(ended.signal, `run ${i} must not end before it is killed`).toBe("SIGKILL");
    if (ended.start !== undefined) starts.push(ended.start);
  }
  // It got on, and from many places.
  expect(starts).toEqual([...starts].sort((a, b) => a - b));
  expect(new Set(starts).size).toBeGreaterThan(KILLS / 3);
  const last = await run(script, killed);
  expect(last.errors).toBe("");
  expect(last.code).toBe(0);
  expect(contents(killed)).toEqual(contents(whole));
});
