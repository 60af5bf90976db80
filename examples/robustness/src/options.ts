import { isAbsolute, join } from "node:path";
import { parseArgs } from "node:util";
import { backendNames } from "./backend.ts";

/** What the command line says. */
export interface Options {
  /** The run of the main job whose models are attacked; undefined for the newest. */
  readonly run: string | undefined;
  /** How many test images are attacked, the first ones. */
  readonly images: number;
  readonly seed: number;
  readonly backend: string | undefined;
  readonly out: string;
  /** Models of a few iterations in the place of a run, and attacks of a few steps. */
  readonly smoke: boolean;
}

/** The script, and what it does by default. */
export interface Script {
  readonly name: string;
  readonly summary: string;
  readonly images: number;
}

/** The text of `--help`. */
export function usage({ name, summary, images }: Script): string {
  return `${summary}

Usage: npm run ${name} --workspace @jem-js-examples/robustness -- [options]

  --run FOLDER     a finished run of the main job, npm start (default: the newest in runs/)
  --images N       how many images of the MNIST test set are attacked, the first N (default ${images})
  --seed N         seed of everything random (default 0)
  --backend NAME   ${backendNames.join(", ")} (default: native where it is installed, else wasm)
  --out FOLDER     where results.json and the figures go (default runs/${name}-<time>)
  --smoke          in seconds and without a run, to see that everything works
  --help           this text`;
}

/** Reads the command line; undefined when help is asked for. Throws on what it does not know. */
export function readOptions(script: Script, args: readonly string[], now: Date = new Date()): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      run: { type: "string" },
      images: { type: "string" },
      seed: { type: "string", default: "0" },
      backend: { type: "string" },
      out: { type: "string" },
      smoke: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  if (values.backend !== undefined && !backendNames.includes(values.backend)) {
    throw new RangeError(`--backend must be one of ${backendNames.join(", ")} but is ${values.backend}`);
  }
  if (values.smoke && values.run !== undefined) throw new RangeError("--smoke needs no run but --run is given");
  const time = now.toISOString().slice(0, 19).replaceAll(":", "-");
  return {
    run: values.run === undefined ? undefined : fromCaller(values.run),
    images: readInteger("--images", values.images ?? String(values.smoke ? 20 : script.images), 1, 10_000),
    seed: readInteger("--seed", values.seed, 0, Number.MAX_SAFE_INTEGER),
    backend: values.backend,
    out: fromCaller(values.out ?? join("runs", `${script.name}-${time}`)),
    smoke: values.smoke,
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
