import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { detectionChart, scoreHistogram, toPng } from "@jem-js/report";
import type { Options } from "./options.ts";
import type { Results } from "./tables.ts";

/** The scores of the JEM paper's table 2, and what they are called here. */
const histograms = {
  log_p: "−log p(x) (energy)",
  max_p: "−max p(y|x) (MSP)",
  mass: "approximate mass",
};

/** Draws the AUROCs of all detectors, and histograms as in table 2 of the JEM paper: of its three scores on each set. */
export function drawFigures({ out, seed, images }: Options, results: Results): void {
  const series = Object.entries(results).map(([name, { rows }]) => ({ name, rows }));
  write(join(out, "detection"), detectionChart(series, { seed, n: images }));
  for (const [file, detector] of Object.entries(histograms)) {
    // Two panels a row: a network beside the other.
    const sets = [...new Set(Object.values(results).flatMap(({ rows }) => rows.map(({ outSet }) => outSet)))].slice(
      0,
      3,
    );
    const panels = sets.flatMap((set) =>
      Object.entries(results).map(([name, { scores }]) => {
        // Scores of detectors are larger for more anomalous inputs, and figures are of what is typical.
        const typical = (of: string): Float64Array => scores[detector]![of]!.map((score) => -score);
        return { name: `${name}, ${set}`, inScores: typical("MNIST"), outScores: typical(set) };
      }),
    );
    const title = `MNIST and other images by ${detector.replace("−", "")}`;
    write(join(out, `scores_${file}`), scoreHistogram(panels, { seed, title, inLabel: "MNIST", outLabel: "other" }));
  }
}

function write(path: string, svg: string): void {
  writeFileSync(`${path}.svg`, svg);
  writeFileSync(`${path}.png`, toPng(svg, { scale: 1 }));
}
