// Makes the prebuilt binary of this platform: `prebuilds/<platform>-<arch>[-musl]/native.node`, stripped.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const libc = process.platform === "linux" && !process.report?.getReport().header.glibcVersionRuntime ? "-musl" : "";
const folder = join(root, "prebuilds", `${process.platform}-${process.arch}${libc}`);
rmSync(folder, { recursive: true, force: true });
rmSync(join(root, "build"), { recursive: true, force: true });
// A prebuilt binary must not depend on the C++ library of the machine it was made on.
const env = { ...process.env, LDFLAGS: process.platform === "linux" ? "-static-libstdc++ -static-libgcc" : "" };
const run = spawnSync(process.execPath, [join(root, "scripts/install.mjs")], { env, stdio: "inherit" });
mkdirSync(folder, { recursive: true });
copyFileSync(join(root, "build/Release/native.node"), join(folder, "native.node"));
if (process.platform !== "win32")
  spawnSync("strip", [process.platform === "darwin" ? "-x" : "-s", join(folder, "native.node")]);
process.exitCode = run.status ?? 1;
