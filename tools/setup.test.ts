import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const clone = mkdtempSync(join(tmpdir(), "jem-js-setup-"));
afterAll(() => rmSync(clone, { recursive: true, force: true }));

mkdirSync(join(clone, "tools"));
mkdirSync(join(clone, "bin"));
mkdirSync(join(clone, "node_modules"));
copyFileSync(fileURLToPath(new URL("setup.mjs", import.meta.url)), join(clone, "tools/setup.mjs"));
writeFileSync(join(clone, "package-lock.json"), "{}");

/** Runs the set-up with an `npm` that writes its arguments and exits with `code`, and with flags of Node. */
function setup(code: number = 0, flags: string[] = []): { status: number | null; output: string } {
  writeFileSync(join(clone, "bin/npm"), `#!/bin/sh\necho "npm $*"\nexit ${code}\n`);
  chmodSync(join(clone, "bin/npm"), 0o755);
  const env = { ...process.env, PATH: `${join(clone, "bin")}${delimiter}${process.env.PATH}` };
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, "tools/setup.mjs"], {
    cwd: clone,
    env,
    encoding: "utf8",
  });
  return { status, output: stdout + stderr };
}

test("setup installs on the first run", () => {
  const { status, output } = setup();
  expect(output).toMatch(/^setup: first run, installing with npm ci\nnpm ci /);
  expect(status).toBe(0);
});

test("setup is silent when the install is newer than the lockfile, and installs when it is older", () => {
  const installed = join(clone, "node_modules/.package-lock.json");
  writeFileSync(installed, "{}");
  utimesSync(join(clone, "package-lock.json"), 1000, 1000);
  utimesSync(installed, 1001, 1001);
  expect(setup()).toEqual({ status: 0, output: "" });
  utimesSync(installed, 999, 999);
  expect(setup().output).toMatch(/^setup: package-lock.json has changed, installing with npm ci\n/);
});

test("setup fails when npm does", () => {
  rmSync(join(clone, "node_modules"), { recursive: true });
  const { status, output } = setup(3);
  expect(output).toContain("Cannot set up jem-js: npm ci failed");
  expect(status).toBe(1);
});

test("setup refuses an old Node", () => {
  const pretend = 'data:text/javascript,Object.defineProperty(process, "versions", { value: { node: "20.18.1" } })';
  expect(setup(0, ["--import", pretend])).toEqual({
    status: 1,
    output: "Cannot run jem-js: Node 20.19 or newer is needed but found 20.18.1\n",
  });
});
