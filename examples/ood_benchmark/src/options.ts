import { isAbsolute, join } from "node:path";
import { parseArgs } from "node:util";
import { backendNames } from "./backend.ts";

/** What the command line says. */
export interface Options {
  /** The run of the main job whose networks are measured; undefined for the newest. */
  readonly run: string | undefined;
  /** How many images of each set are scored. */
  readonly images: number;
  /** How many training images detectors are fitted on. */
  readonly fitted: number;
  /** For how many iterations networks are trained whose detectors need a head of their own. */
  readonly iterations: number;
  readonly seed: number;
  readonly backend: string | undefined;
  readonly out: string;
  /** Networks of a few iterations in the place of a run, and few images. */
  readonly smoke: boolean;
}

/** The text of `--help`. */
export const usage: string = `Compares all detectors of out-of-distribution inputs on a JEM and a cross-entropy control.

Usage: npm start --workspace @jem-js-examples/ood_benchmark -- [options]

  --run FOLDER     a finished run of the main job, npm start (default: the newest in runs/)
  --images N       how many images of each set are scored (default 1000)
  --fitted N       how many training images detectors are fitted on (default 2000)
  --iterations N   how long networks are trained that need a head of their own (default 1000)
  --seed N         seed of everything random (default 0)
  --backend NAME   ${backendNames.join(", ")} (default: native where it is installed, else wasm)
  --out FOLDER     where results.json, tables.md and the figures go (default runs/ood_benchmark-<time>)
  --smoke          in seconds and without a run, to see that everything works
  --help           this text`;

/** Reads the command line; undefined when help is asked for. Throws on what it does not know. */
export function readOptions(args: readonly string[], now: Date = new Date()): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      run: { type: "string" },
      images: { type: "string" },
      fitted: { type: "string" },
      iterations: { type: "string", default: "1000" },
      seed: { type: "string", default: "0" },
      backend: { type: "string" },
      out: { type: "string" },
      smoke: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { smoke } = values;
  if (values.backend !== undefined && !backendNames.includes(values.backend)) {
    throw new RangeError(`--backend must be one of ${backendNames.join(", ")} but is ${values.backend}`);
  }
  if (smoke && values.run !== undefined) throw new RangeError("--smoke needs no run but --run is given");
  const time = now.toISOString().slice(0, 19).replaceAll(":", "-");
  return {
    run: values.run === undefined ? undefined : fromCaller(values.run),
    images: readInteger("--images", values.images ?? (smoke ? "20" : "1000"), 2, 10_000),
    fitted: readInteger("--fitted", values.fitted ?? (smoke ? "200" : "2000"), 200, 50_000),
    iterations: readInteger("--iterations", values.iterations, 1, 100_000),
    seed: readInteger("--seed", values.seed, 0, Number.MAX_SAFE_INTEGER),
    backend: values.backend,
    out: fromCaller(values.out ?? join("runs", `ood_benchmark-${time}`)),
    smoke,
  };
}

/** npm runs the scripts of a workspace in its folder, but paths are meant from where npm was called. */
function fromCaller(path: string): string {
  return isAbsolute(path) ? path : join(process.env.INIT_CWD ?? ".", path);
}

function readInteger(flag: string, text: string, minimum: number, maximum: number): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < minimum || value > maximum) {
    throw new RangeError(`${flag} must be an integer from ${minimum} to ${maximum} but is ${text}`);
  }
  return value;
}
