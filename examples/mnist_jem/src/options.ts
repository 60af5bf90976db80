import { parseArgs } from "node:util";
import { convNetPresets } from "@jem-js/models";
import { sgld } from "@jem-js/samplers";
import { backendNames } from "./backend.ts";

/** Everything that determines a run; written to `config.json`. */
export interface Config {
  readonly preset: keyof typeof convNetPresets;
  readonly iterations: number;
  readonly seed: number;
  readonly out: string;
  readonly backend: string;
  /** Direct convolutions only, on the native backend. */
  readonly exact: boolean;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly inputNoise: number;
  readonly energyL2: number;
  readonly sgld: { readonly steps: number; readonly stepSize: number; readonly noiseScale: number };
  /** The temperature at which the chains sample, which follows from `sgld`. */
  readonly temperature: number;
  /** The bounds that samples are clipped to. */
  readonly clamp: readonly [number, number];
  readonly buffer: { readonly size: number; readonly reinitProbability: number };
  readonly evaluation: {
    /** How many images of each of the two test sets are scored. */
    readonly images: number;
    /** How many test images are attacked. */
    readonly attacked: number;
    readonly attackSteps: number;
    /** Radii in units of pixels in [0, 1]. */
    readonly epsilons: { readonly linf: readonly number[]; readonly l2: readonly number[] };
    readonly bins: number;
  };
}

/** What the command line says; the rest depends on the backend. */
export type Options = Omit<Config, "preset" | "iterations" | "backend" | "temperature"> & {
  readonly preset: Config["preset"] | undefined;
  readonly iterations: number | undefined;
  readonly backend: string | undefined;
};

export const usage: string = `Trains a joint energy-based model on MNIST beside a cross-entropy control and compares them.

Usage: npm start -- [options]

  --preset NAME    network: ${Object.keys(convNetPresets).join(" or ")} (default: base on a native backend, small on wasm and cpu)
  --iterations N   training iterations (default: 1000 on a native backend, 2000 on wasm and cpu)
  --seed N         seed of everything random (default 0)
  --out FOLDER     where the run goes; must not exist (default runs/mnist_jem-<time>)
  --backend NAME   ${backendNames.join(", ")} (default: the first that is installed)
  --exact          direct convolutions only, without Winograd's algorithm (native backend)
  --resume [FOLDER]  goes on with an interrupted run, the newest in runs/ by default, and takes all options from it
  --smoke          a run of under a minute, to see that everything works
  --help           this text

The recipe:

  --learning-rate X   Adam's, at the start of its cosine decay (default 0.004)
  --energy-l2 X       weight of the energy penalty (default 0.1)
  --sgld-steps N      Langevin steps an iteration (default 10)
  --step-size X       their step size (default 10)`;

/** The folder that is to be gone on with, `""` for the newest; undefined when a run is to be made anew. */
export function readResume(args: readonly string[]): string | undefined {
  const words = args.flatMap((arg) => (arg.startsWith("--resume=") ? ["--resume", arg.slice(9)] : [arg]));
  if (!words.includes("--resume")) return undefined;
  const [flag, folder = "", ...others] = words;
  if (flag !== "--resume" || folder.startsWith("-") || others.length > 0) {
    throw new Error(`--resume takes all other options from the run but they are given: ${args.join(" ")}`);
  }
  return folder;
}

/** The preset and the length of a run that a backend can do in some minutes, and what follows from the options. */
export function configFor(options: Options, backend: string): Config {
  const isCompiled = backend !== "wasm" && backend !== "cpu";
  const iterations = options.iterations ?? (isCompiled ? 1000 : 2000);
  const preset = options.preset ?? (isCompiled ? "base" : "small");
  const { temperature } = sgld({ score: (x) => x }, options.sgld); // the same for every model
  return { ...options, backend, preset, iterations, temperature };
}

/** Reads the command line; undefined when help is asked for. Throws on what it does not know. */
export function readOptions(args: readonly string[], now: Date = new Date()): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      iterations: { type: "string" },
      preset: { type: "string" },
      seed: { type: "string", default: "0" },
      out: { type: "string" },
      backend: { type: "string" },
      exact: { type: "boolean", default: false },
      smoke: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
      "learning-rate": { type: "string", default: "0.004" },
      "energy-l2": { type: "string", default: "0.1" },
      "sgld-steps": { type: "string", default: "10" },
      "step-size": { type: "string", default: "10" },
    },
  });
  if (values.help) return undefined;
  const { preset, smoke, iterations = smoke ? "20" : undefined } = values;
  if (preset !== undefined && !isPreset(preset))
    throw new RangeError(`--preset must be ${Object.keys(convNetPresets).join(" or ")} but is ${preset}`);
  if (values.backend !== undefined && !backendNames.includes(values.backend)) {
    throw new RangeError(`--backend must be one of ${backendNames.join(", ")} but is ${values.backend}`);
  }
  return {
    preset,
    iterations: iterations === undefined ? undefined : readInteger("--iterations", iterations, 1),
    seed: readInteger("--seed", values.seed, 0),
    out: values.out ?? `runs/mnist_jem-${now.toISOString().slice(0, 19).replaceAll(":", "-")}`,
    backend: values.backend,
    exact: values.exact,
    batchSize: 64,
    learningRate: readNumber("--learning-rate", values["learning-rate"], Number.MIN_VALUE),
    inputNoise: 0.03,
    energyL2: readNumber("--energy-l2", values["energy-l2"], 0),
    sgld: {
      steps: readInteger("--sgld-steps", values["sgld-steps"], 1),
      stepSize: readNumber("--step-size", values["step-size"], Number.MIN_VALUE),
      noiseScale: 0.01,
    },
    clamp: [-1, 1],
    buffer: { size: 10_000, reinitProbability: 0.05 },
    evaluation: {
      images: smoke ? 500 : 10_000,
      attacked: smoke ? 16 : 256,
      attackSteps: smoke ? 5 : 20,
      epsilons: smoke
        ? { linf: [0, 0.1], l2: [0, 1] }
        : { linf: [0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3], l2: [0, 0.5, 1, 1.5, 2, 3, 4] },
      bins: 15,
    },
  };
}

function isPreset(name: string): name is Config["preset"] {
  return Object.hasOwn(convNetPresets, name);
}

function readInteger(flag: string, text: string, minimum: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < minimum) {
    throw new RangeError(`${flag} must be an integer of at least ${minimum} but is ${text}`);
  }
  return value;
}

function readNumber(flag: string, text: string, minimum: number): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < minimum) {
    throw new RangeError(`${flag} must be a number ${minimum > 0 ? "above" : "of at least"} 0 but is ${text}`);
  }
  return value;
}
