import { checkText, format } from "./_check.ts";

const ACTION = "read alternative text";
const CHARACTERS: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

/**
 * The text that stands for a figure where it is not seen: its title and its description, which says what it shows in words
 * and numbers. Every figure of this package carries both.
 *
 * @example Usage
 * ```ts
 * import { altText, energyHistogram } from "@jem-js/report";
 * import { expect } from "vitest";
 *
 * const svg = energyHistogram([{ name: "data", energies: [-3, -2, -1] }], { title: "Energies" });
 * expect(altText(svg)).toBe("Energies. Mean energy: data −2 (n = 3).");
 * ```
 *
 * @see {@link https://www.w3.org/TR/svg-aam-1.0/ | SVG accessibility API mappings}
 *
 * @param svg A figure of this package, or another SVG with a `<title>`.
 * @returns The text, such as for the `alt` of an image.
 * @throws {TypeError} When `svg` is not a string, or has no title.
 * @throws {RangeError} When `svg` is empty.
 */
export function altText(svg: string): string {
  checkText(ACTION, "svg", svg);
  const [title, description] = ["title", "desc"].map((name) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(svg)?.[1]);
  if (!title) throw new TypeError(`Cannot ${ACTION}: svg must have a title but found ${format(svg)}`);
  const text = description ? `${title}. ${description}` : title;
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => CHARACTERS[name]!);
}
