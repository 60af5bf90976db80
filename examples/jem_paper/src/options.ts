import { isAbsolute, join } from "node:path";
import { parseArgs } from "node:util";
import { backendNames } from "./backend.ts";
import { flags, integer, oneOf } from "./flags.ts";
import { presets } from "./presets.ts";
import type { Effort, Settings } from "./settings.ts";

/** What a script says of itself. */
export interface Script {
  /** Its name, which is that of its npm script, its bounds and its folder. */
  readonly name: string;
  /** The claim of the paper that it looks into, one sentence. */
  readonly claim: string;
}

/** What the command line says. */
export interface Options {
  readonly seeds: readonly number[];
  readonly scale: "small" | "paper" | "smoke";
  readonly settings: Settings;
  /** Where a network that is there is fine-tuned. */
  readonly tuning: Settings;
  readonly effort: Effort;
  /** The flags that were given, by name: what differs from the scale. */
  readonly changed: Readonly<Record<string, string>>;
  readonly backend: string | undefined;
  /** The folder of the shared networks. */
  readonly run: string;
  /** The folder of what comes out. */
  readonly out: string;
  /** Where the files of published datasets are kept. */
  readonly data: string;
}

/** The text of `--help`. */
export function usage({ name, claim }: Script): string {
  const rows = Object.entries(flags).map(([flag, { help }]) => `  --${flag.padEnd(20)} ${help}`);
  return `${claim}

Usage: npm run ${name} --workspace @jem-js-examples/jem_paper -- [options]

  --seeds LIST           one run of everything for each (default 0,1,2; at the paper's scale 0)
  --scale NAME           small, for minutes on two cores, or paper (default small)
  --smoke                in seconds, to see that everything works
  --synthetic            noise in the place of the data, to see that the paper's scale starts
  --backend NAME         ${backendNames.join(", ")} (default: the first that is installed)
  --run FOLDER           the networks, which are trained when they are not there (default runs/jem_paper/<scale>)
  --out FOLDER           what comes out; a seed that is there is not run again (default <run>/${name})
  --data FOLDER          the files of published datasets (default data)
  --help                 this text

Settings, by the names of the paper's code; defaults are those of the scale:

${rows.join("\n")}`;
}

/** Reads the command line; undefined when help is asked for. Throws on what it does not know. */
export function readOptions({ name }: Script, args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: "string" },
      scale: { type: "string", default: "small" },
      smoke: { type: "boolean", default: false },
      synthetic: { type: "boolean", default: false },
      backend: { type: "string" },
      run: { type: "string" },
      out: { type: "string" },
      data: { type: "string", default: "data" },
      help: { type: "boolean", default: false },
      ...Object.fromEntries(Object.keys(flags).map((flag) => [flag, { type: "string" as const }])),
    },
  });
  if (values.help) return undefined;
  const scale = values.smoke ? "smoke" : oneOf("small", "paper")("scale", values.scale);
  if (values.backend !== undefined) oneOf(...backendNames)("backend", values.backend);
  const text = values as Readonly<Record<string, unknown>>;
  const given = Object.keys(flags).filter((flag) => text[flag] !== undefined);
  const changed = Object.fromEntries(given.map((flag) => [flag, String(text[flag])]));
  const settings: Record<string, unknown> = { ...presets[scale].settings };
  const tuning: Record<string, unknown> = { ...settings, ...presets[scale].tuning };
  const effort: Record<string, unknown> = { ...presets[scale].effort };
  for (const [flag, value] of Object.entries(changed)) {
    const { setting, read } = flags[flag]!;
    for (const part of setting in effort ? [effort] : [settings, tuning]) part[setting] = read(flag, value);
  }
  // There is less noise than there are images, so as not to wait for it.
  if (values.synthetic) {
    for (const part of [settings, tuning]) Object.assign(part, { dataset: "synthetic", validation: 200 });
  }
  const seeds = values.seeds ?? (scale === "small" ? "0,1,2" : "0");
  const run = fromCaller(values.run ?? join("runs", "jem_paper", values.synthetic ? "synthetic" : scale));
  return {
    seeds: seeds.split(",").map((seed) => integer(0)("seeds", seed)),
    scale,
    settings: settings as unknown as Settings,
    tuning: tuning as unknown as Settings,
    effort: effort as unknown as Effort,
    changed: { ...changed, ...(values.synthetic && { synthetic: "" }) },
    backend: values.backend,
    run,
    out: values.out === undefined ? join(run, name) : fromCaller(values.out),
    data: fromCaller(values.data),
  };
}

/** npm runs the scripts of a workspace in its folder, but paths are meant from where npm was called. */
function fromCaller(path: string): string {
  return isAbsolute(path) ? path : join(process.env.INIT_CWD ?? ".", path);
}
