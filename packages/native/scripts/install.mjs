// Runs when the package is installed: makes sure that there is a binary, and never fails the install. A prebuilt binary
// that loads is taken; else one is compiled; else a sentence says so and the package reports itself as unavailable.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);

/** Whether a binary is there, is not older than the sources, and loads. */
function works(file) {
  if (!existsSync(file)) return false;
  const sources = existsSync(join(root, "cpp"))
    ? readdirSync(join(root, "cpp")).map((name) => join(root, "cpp", name))
    : [];
  const newest = Math.max(0, ...sources.map((source) => statSync(source).mtimeMs));
  if (file.includes("Release") && statSync(file).mtimeMs < newest) return false;
  try {
    require(file);
    return true;
  } catch {
    return false;
  }
}

/** The command of node-gyp: the one that npm brings. */
function nodeGyp() {
  const npm = process.env.npm_execpath ? dirname(dirname(process.env.npm_execpath)) : null;
  const found = [
    process.env.npm_config_node_gyp,
    npm && join(npm, "node_modules/node-gyp/bin/node-gyp.js"),
    join(dirname(process.execPath), "../lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js"),
  ].find((file) => file && existsSync(file));
  return found ? [process.execPath, [found]] : ["node-gyp", []];
}

/** Compiles the addon; returns the compiler's last lines when that fails. */
function build() {
  const [command, first] = nodeGyp();
  const prefix = resolve(dirname(process.execPath), "..");
  // Headers that came with Node need no download.
  const headers = existsSync(join(prefix, "include/node/node_api.h")) ? [`--nodedir=${prefix}`] : [];
  const args = [...first, "rebuild", "--silent", "-j", "2", ...headers];
  const run = spawnSync(command, args, { cwd: root, encoding: "utf8", env: process.env });
  if (run.status === 0) return null;
  return (
    run.error?.message ?? (`${run.stdout ?? ""}${run.stderr ?? ""}`.trim().split("\n").at(-1) || `exit ${run.status}`)
  );
}

const platform = `${process.platform}-${process.arch}`;
const binaries = [`prebuilds/${platform}`, `prebuilds/${platform}-musl`, "build/Release"];

if (!binaries.some((folder) => works(join(root, folder, "native.node")))) {
  const failure = build();
  if (failure !== null) {
    console.warn(
      `@jem-js/native was installed without its native code (${failure}); it will report itself as unavailable.`,
    );
  }
}
