/** Draws every figure of `@jem-js/report` from real runs into one page. See README.md. */
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { altText, htmlReport, type ReportFigure } from "@jem-js/report";
import { startBackend } from "./src/backend.ts";
import { measureDigits } from "./src/digits.ts";
import { entries, type Measured } from "./src/entries.ts";
import { measureLearning } from "./src/learning.ts";
import { measurePlane } from "./src/plane.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const usage = `Draws every figure of @jem-js/report from real runs into one page.

Usage: npm run gallery -- [options]

  --smoke         a few iterations of everything, to see that it works
  --out FOLDER    where the page goes (default gallery)`;

/** Runs the main job at small scale, anew. */
function runMainJob(out: string, iterations: number): void {
  rmSync(out, { recursive: true, force: true });
  const recipe = ["--smoke", "--preset", "small", "--iterations", String(iterations), "--seed", "0", "--out", out];
  const main = join(ROOT, "examples", "mnist_jem", "main.ts");
  const args = ["--import", "tsx", "--conditions=@jem-js/source", main, ...recipe];
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: "inherit" });
  if (status !== 0) throw new Error(`The main job ended with code ${status}`);
}

function drawPage(measured: Measured): string {
  const sections = [...new Set(entries.map(({ section }) => section))].map((heading) => ({
    heading,
    figures: entries
      .filter(({ section }) => section === heading)
      .map(({ name, draw }): ReportFigure => {
        const drawn = draw(measured);
        const caption = `${name}()`;
        return typeof drawn === "string" ? { svg: drawn, alt: altText(drawn), caption } : { ...drawn, caption };
      }),
  }));
  return htmlReport({
    title: "The figures of @jem-js/report",
    summary: "Each is drawn from a short run of the main job or of a JEM in the plane, by the function below it.",
    sections,
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      smoke: { type: "boolean", default: false },
      out: { type: "string", default: join(ROOT, "gallery") },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(usage);
  const { smoke } = values;
  // The main job runs in the root, but a path is meant from where npm was called.
  const out = resolve(process.env.INIT_CWD ?? ".", values.out);
  const run = join(out, "run");
  runMainJob(run, smoke ? 10 : 500);
  await startBackend();
  const measured = {
    digits: await measureDigits(run),
    plane: await measurePlane(smoke ? 20 : 1500),
    learning: await measureLearning(smoke ? 20 : 200),
  };
  writeFileSync(join(out, "index.html"), drawPage(measured));
  console.log(`${entries.length} figures are in ${join(out, "index.html")}`);
}

await main();
