// Runs before `npm start` and `npm test`, so that each works as the first command in a fresh clone: installs the
// dependencies when they are missing or older than package-lock.json. Plain Node, since nothing may be installed yet.

import { execSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MINIMUM = [20, 19];
const root = fileURLToPath(new URL("..", import.meta.url));

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < MINIMUM[0] || (major === MINIMUM[0] && minor < MINIMUM[1])) {
  console.error(`Cannot run jem-js: Node ${MINIMUM.join(".")} or newer is needed but found ${process.versions.node}`);
  process.exit(1);
}

// npm writes the hidden lockfile at the end of an install: an interrupted one has none.
const installed = modified("node_modules/.package-lock.json");
if (installed < modified("package-lock.json")) {
  console.log(`setup: ${installed ? "package-lock.json has changed" : "first run"}, installing with npm ci`);
  try {
    execSync("npm ci --no-audit --no-fund --loglevel=error", { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  } catch {
    console.error("Cannot set up jem-js: npm ci failed, see above");
    process.exit(1);
  }
}

/** When a file was last written, in milliseconds; 0 when it does not exist. */
function modified(path) {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
