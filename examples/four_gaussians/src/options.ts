import { parseArgs } from "node:util";
import { backendNames } from "./backend.ts";

/** What the command line says. */
export interface Options {
  readonly seeds: readonly number[];
  readonly iterations: number;
  readonly backend: string | undefined;
  readonly out: string;
  /** Whether figures that are not as expected are no failure. */
  readonly smoke: boolean;
}

export const usage: string = `Trains a JEM on four Gaussians, whose density is known, and holds it against that.

Usage: npm start --workspace @jem-js-examples/four_gaussians -- [options]

  --seeds LIST     seeds, one model for each (default 0,1,2)
  --iterations N   training iterations (default 6000)
  --smoke          one seed and 20 iterations, to see that everything works
  --backend NAME   ${backendNames.join(", ")} (default: native where it is installed, else wasm)
  --out FOLDER     where results.json and densities.png go (default runs/four_gaussians-<time>)
  --help           this text`;

/** Reads the command line; undefined when help is asked for. Throws on what it does not know. */
export function readOptions(args: readonly string[], now: Date = new Date()): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: "string" },
      iterations: { type: "string" },
      smoke: { type: "boolean", default: false },
      backend: { type: "string" },
      out: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  if (values.backend !== undefined && !backendNames.includes(values.backend)) {
    throw new RangeError(`--backend must be one of ${backendNames.join(", ")} but is ${values.backend}`);
  }
  const { smoke, seeds = smoke ? "0" : "0,1,2", iterations = smoke ? "20" : "6000" } = values;
  return {
    seeds: seeds.split(",").map((seed) => readInteger("--seeds", seed, 0)),
    iterations: readInteger("--iterations", iterations, 1),
    smoke,
    backend: values.backend,
    out: values.out ?? `runs/four_gaussians-${now.toISOString().slice(0, 19).replaceAll(":", "-")}`,
  };
}

function readInteger(flag: string, text: string, minimum: number): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < minimum) {
    throw new RangeError(`${flag} must be integers of at least ${minimum} but is ${text}`);
  }
  return value;
}
