import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { foldIn, type Key, key } from "@jem-js/random";
import { toPng } from "@jem-js/report";
import { type Data, readData } from "./data.ts";
import { type Network, type NetworkSpec, networkOf } from "./networks.ts";
import type { Options } from "./options.ts";
import { presets } from "./presets.ts";
import type { Effort, Settings } from "./settings.ts";

/** What the measurements of one seed have at hand. */
export interface Context {
  readonly seed: number;
  /** For everything random that is measured; networks have streams of their own. */
  readonly key: Key;
  readonly scale: Options["scale"];
  readonly settings: Settings;
  /** Where a network that is there is fine-tuned. */
  readonly tuning: Settings;
  readonly effort: Effort;
  readonly data: Data;
  /** The folder of published datasets. */
  readonly dataFolder: string;
  /** The folder of what comes out for this seed. */
  readonly out: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Trains a network, or reads it from the run where it is there. It is freed when the seed is done. */
  network(spec: NetworkSpec): Promise<Network>;
  /** Writes a figure: an SVG and what it looks like as PNG, or a PNG. */
  figure(name: string, image: string | Uint8Array): void;
}

/** The context of a seed, and how to free it. */
export interface OpenContext {
  readonly context: Context;
  dispose(): void;
}

/** Reads the data of a seed and makes its folders. */
export async function openContext(options: Options, seed: number, signal: AbortSignal): Promise<OpenContext> {
  const { scale, settings, tuning, effort, run, data: dataFolder } = options;
  const out = join(options.out, `seed-${seed}`);
  mkdirSync(out, { recursive: true });
  const data = await readData(settings, seed, dataFolder);
  const networks = new Map<string, Network>();
  const folder = join(run, `seed-${seed}`);
  const plannedIterations = presets[scale].settings.iterations;

  async function network(spec: NetworkSpec): Promise<Network> {
    const known = networks.get(spec.name);
    if (known) return known;
    const place = spec.forAllSeeds ? { folder: join(run, "all-seeds"), seed: 0 } : { folder, seed };
    const made = await networkOf(spec, { ...place, data, settings, plannedIterations, signal });
    networks.set(spec.name, made);
    return made;
  }

  function figure(name: string, image: string | Uint8Array): void {
    writeFigure(out, name, image);
  }

  function dispose(): void {
    for (const { model, buffer } of networks.values()) {
      model.dispose();
      buffer?.dispose();
    }
  }

  const evaluation = foldIn(key(seed), 1000);
  const parts = { scale, settings, tuning, effort, data, dataFolder };
  const context = { ...parts, seed, key: evaluation, out, signal, network, figure };
  return { context, dispose };
}

/** Writes a figure into a folder: an SVG and what it looks like as PNG, or a PNG. */
export function writeFigure(folder: string, name: string, image: string | Uint8Array): void {
  if (typeof image === "string") writeFileSync(join(folder, `${name}.svg`), image);
  writeFileSync(join(folder, `${name}.png`), typeof image === "string" ? toPng(image, { scale: 1 }) : image);
}
