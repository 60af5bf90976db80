// Runs TensorFlow.js's own tests, which its core package ships compiled, on the cpu backend and on this one. Every spec
// that passes on cpu must pass here: `npm run test:conformance --workspace @jem-js/native`.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);
const folder = join(root, "build_test/conformance");
mkdirSync(folder, { recursive: true });

/** The folder of an installed package. */
const packageFolder = (name) => dirname(require.resolve(`${name}/package.json`));
const core = packageFolder("@tensorflow/tfjs-core");
// In a folder of the package, so that the addon's place relative to the bundle is that relative to the sources.
const bundle = join(root, "build_test/conformance.cjs");
await build({
  entryPoints: [join(root, "conformance/entry.js")],
  outfile: bundle,
  bundle: true,
  platform: "node",
  format: "cjs",
  mainFields: ["module", "main"],
  conditions: ["@jem-js/source"],
  logLevel: "error",
  ignoreAnnotations: true, // the tests are not among the files that the core says have side effects
  // One copy of the core for the tests, the cpu backend and this one.
  alias: { "@tensorflow/tfjs-core": core, "@tensorflow/tfjs-core/dist": join(core, "dist") },
  define: { "import.meta.url": "bundleUrl" },
  banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
});

function run(backend) {
  const results = join(folder, `${backend}.json`);
  const env = { ...process.env, CONFORMANCE_BACKEND: backend };
  const { status } = spawnSync(process.execPath, [join(root, "conformance/run.cjs"), bundle, results], {
    env,
    stdio: ["ignore", process.env.CONFORMANCE_VERBOSE ? "inherit" : "ignore", "inherit"],
  });
  if (status !== 0) throw new Error(`The tests on ${backend} ended with status ${status}`);
  return JSON.parse(readFileSync(results, "utf8"));
}

const expected = run("cpu");
const found = run("native");
const passed = (results) => Object.keys(results).filter((name) => results[name].status === "passed");
// A few specs describe themselves for the backend named "cpu" only.
const shared = passed(expected).filter((name) => found[name] !== undefined);
const failures = shared.filter((name) => found[name].status !== "passed");
console.log(
  `cpu passes ${passed(expected).length} of ${Object.keys(expected).length} specs, native passes ${passed(found).length}`,
);
console.log(`${passed(expected).length - shared.length} specs are for the backend named cpu only`);
for (const name of failures) console.log(`FAILS ${name}\n      ${found[name].message}`);
console.log(`${failures.length} specs pass on cpu and fail on native`);
process.exitCode = failures.length === 0 ? 0 : 1;
