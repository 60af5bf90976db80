import { flatten } from "./json_tables.ts";

/** Runs whose options are equal but for the seed. */
export interface Group<T> {
  readonly runs: readonly T[];
  /** Their seeds; undefined when there is none or two are equal, so that runs cannot be averaged. */
  readonly seeds: readonly string[] | undefined;
}

/** Groups runs whose options are equal but for the seed and the folder that they went to, in the order of the runs. */
export function groupBySeed<T extends { readonly config: unknown }>(runs: readonly T[]): Group<T>[] {
  const groups = new Map<string, T[]>();
  for (const [i, run] of runs.entries()) {
    const options = flatten(run.config).filter(([path]) => !isSeed(path) && !isPlace(path));
    // Of a run without options it is not known what they were.
    const key = run.config === undefined ? `run ${i}` : JSON.stringify(options.sort());
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].map((members) => {
    const seeds = members.map(({ config }) =>
      flatten(config)
        .filter(([path]) => isSeed(path))
        .map(([, value]) => String(value))
        .join(", "),
    );
    const areSeeds = seeds.every((seed) => seed !== "") && new Set(seeds).size === seeds.length;
    return { runs: members, seeds: areSeeds ? seeds : undefined };
  });
}

/** Whether a path of an option names a seed. */
export function isSeed(path: string): boolean {
  return /(^|\.)seeds?$/i.test(path);
}

/** Whether a path of an option says where the run went. */
export function isPlace(path: string): boolean {
  return path === "out";
}

/** `mean ± standard deviation`, the latter of a sample with two significant digits and the former to the same decimals. */
export function meanAndDeviation(values: readonly number[]): string {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value / n, 0);
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2 / (n - 1), 0));
  if (!(deviation > Math.abs(mean) * 1e-12) || !Number.isFinite(deviation)) return `${Number(mean.toPrecision(4))} ± 0`;
  const decimals = Math.min(20, Math.max(0, 1 - Math.floor(Math.log10(deviation))));
  return `${mean.toFixed(decimals)} ± ${deviation.toFixed(decimals)}`;
}
