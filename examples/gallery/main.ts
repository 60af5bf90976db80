/** Draws every figure of `@jem-js/report` from real runs into one page. See README.md. */
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { altText, htmlReport, type ReportFigure } from "@jem-js/report";
import { startBackend } from "./src/backend.ts";
import { measureDigits } from "./src/digits.ts";
import { entries, type Measured } from "./src/entries.ts";
import { measurePlane } from "./src/plane.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const GALLERY = join(ROOT, "gallery");

/** Runs the main job at small scale, anew. */
function runMainJob(out: string): void {
  rmSync(out, { recursive: true, force: true });
  const recipe = ["--smoke", "--preset", "small", "--iterations", "500", "--seed", "0", "--out", out];
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

const run = join(GALLERY, "run");
runMainJob(run);
await startBackend();
const measured = { digits: await measureDigits(run), plane: await measurePlane(1500) };
writeFileSync(join(GALLERY, "index.html"), drawPage(measured));
console.log(`${entries.length} figures are in ${join(GALLERY, "index.html")}`);
