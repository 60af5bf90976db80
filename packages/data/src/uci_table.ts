/// <reference types="node" />
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { cachedFile } from "./cached_file.ts";
import { readCsv } from "./read_csv.ts";
import { type RegressionTable, regressionTable } from "./regression_table.ts";

/** A regression of the UCI repository, or, for `kin8nm`, of DELVE. */
export type UciName = "boston" | "concrete" | "energy" | "kin8nm" | "powerPlant" | "protein" | "wineRed" | "yacht";

/** Options of {@linkcode uciTable}. */
export interface UciTableOptions {
  /** The folder that keeps the files; made when it is not there. @default {"data"} */
  readonly folder?: string;
  /** A file of your own, which is read instead. @default {the file in the folder, downloaded when it is not there} */
  readonly path?: string;
  /** Where the file is downloaded from. @default {the code of the MCBN paper on GitHub, at a fixed commit} */
  readonly url?: string;
  /** The SHA-256 of the file. @default {that of the file there} */
  readonly sha256?: string;
  /** Ends the download. @default {never} */
  readonly signal?: AbortSignal;
}

/** What is known of a file: how many features come before the target. */
interface UciFile {
  readonly path: string;
  readonly sha256: string;
  readonly features: number;
}

const ROOT =
  "https://raw.githubusercontent.com/icml-mcbn/mcbn/7c3338272eff0096c27dd139278037ea57c90cf7/code/mcbn/data/";

const FILES: Readonly<Record<UciName, UciFile>> = {
  boston: {
    path: "bostonHousing/housing.data",
    sha256: "baadf72995725d76efe787b664e1f083388c79ba21ef9a7990d87f774184735a",
    features: 13,
  },
  concrete: {
    path: "concrete/concrete.data",
    sha256: "b887fde51dd2e32e8b3fb19de349993cf1d068570e6e1d968c1fd20264241643",
    features: 8,
  },
  energy: {
    path: "energy/ENB2012.data",
    sha256: "e903f9b29f23c285feeebfdb7f76195572b5365b6bb5ea9c05b17b21ceb07ec9",
    features: 8,
  },
  kin8nm: {
    path: "kin8nm/Dataset.data",
    sha256: "a694ce0c7a21390f2bd2a205c36f2482cd974637a207038696716e22f3bbe810",
    features: 8,
  },
  powerPlant: {
    path: "power-plant/pp.data",
    sha256: "366a98c492339475b6a494678d24b97baef240534620a1e4e45590fc446bf963",
    features: 4,
  },
  protein: {
    path: "protein-tertiary-structure/CASP.data",
    sha256: "d35f332707e8a73f21e021039250a1e7b26e14f7dd826a0337ffa8e8e48b9727",
    features: 9,
  },
  wineRed: {
    path: "wine-quality-red/winequality-red-1.data",
    sha256: "9109f7c5793d18e6afea979a2ab1843409ad6ea2150a50fea29d34aa41d3f2b7",
    features: 11,
  },
  yacht: {
    path: "yacht/yacht_hydrodynamics.data",
    sha256: "00dfecc0fc01ddd4c90b558a3ac11b246df8ebcfea130724223475a9a67f0ea1",
    features: 6,
  },
};

/**
 * Reads one of the eight regressions that uncertainty of networks is compared on, in the form of the code of the MCBN paper: columns
 * separated by spaces, without names, the target after the features (of `energy`, the heating load).
 *
 * The file comes from a path of yours, or from the folder, which it is downloaded to once. Either way its checksum must be right.
 * Without a network, the error says which file belongs where.
 *
 * @example Usage
 * ```ts
 * import { writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { uciTable } from "@jem-js/data/node";
 * import { expect } from "vitest";
 *
 * const path = join(tmpdir(), "two_yachts.data");
 * await writeFile(path, "-2.3 0.568 4.78 3.99 3.17 0.125 0.11\n-2.3 0.568 4.78 3.99 3.17 0.150 0.27\n");
 * const sha256 = "fbd3b644e1ad44b0124b1ecb6c7fdd40693daa497d00ee2f3d073c15b265a82d";
 * const { shape, y } = await uciTable("yacht", { path, sha256 });
 * expect([shape, [...y]]).toEqual([[2, 6], [0.11, 0.27]]);
 * ```
 *
 * @see {@link https://archive.ics.uci.edu | UC Irvine Machine Learning Repository}
 *
 * @param name Which table.
 * @param options Where its file is.
 * @returns The table; features are called `"x0"`, `"x1"`, ..., the target `"y"`.
 * @throws {TypeError} When `name` is unknown or the file holds something else.
 * @throws {Error} When the file cannot be had (the message says what to put where), or its checksum is another.
 */
export async function uciTable(name: UciName, options: UciTableOptions = {}): Promise<RegressionTable> {
  const action = "read a UCI table";
  const file = FILES[name];
  if (file === undefined) {
    throw new TypeError(`Cannot ${action}: name must be one of ${Object.keys(FILES).join(", ")} but found ${name}`);
  }
  const { folder = "data", url = ROOT + file.path, sha256 = file.sha256, signal } = options;
  const path =
    options.path ?? (await cachedFile(url, { folder, sha256, name: `${name}.data`, ...(signal && { signal }) }));
  const bytes = await readFile(path);
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== sha256.toLowerCase()) {
    throw new Error(
      `Cannot ${action}: ${path} must have the SHA-256 ${sha256} but found ${found}; to read it all the same, pass that as sha256`,
    );
  }
  // Spaces and tabs at the ends of lines and between columns, however many.
  const lines = bytes
    .toString("utf8")
    .split("\n")
    .map((line) => line.trim().replace(/[ \t]+/g, ","));
  const { columns, ...table } = readCsv(lines.join("\n"), { header: false });
  const names = columns.map((_, i) => (i === file.features ? "y" : `x${i}`));
  return regressionTable({ columns: names, ...table }, { target: "y", features: names.slice(0, file.features) });
}
