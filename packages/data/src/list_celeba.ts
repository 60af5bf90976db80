/// <reference types="node" />
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ImageFiles } from "./list_image_folder.ts";

/** Options of {@linkcode listCelebA}. */
export interface ListCelebAOptions {
  /** Which part of the official partition: 162,770, 19,867 and 19,962 faces. @default {"all"} */
  readonly part?: "train" | "validation" | "test" | "all";
  /** One of the 40 attributes, such as `"Male"`: the classes are `not <attribute>` and `<attribute>`. @default {one class of all} */
  readonly attribute?: string;
}

/**
 * Lists the faces of CelebA in a folder as it is unpacked: `img_align_celeba/*.jpg`, `list_eval_partition.txt` and, for an attribute,
 * `list_attr_celeba.txt`. The dataset cannot be downloaded by a program; it is for non-commercial research.
 *
 * For JEM's out-of-distribution test read them with `size: 32` and `channels: 3`.
 *
 * @example Usage
 * ```ts
 * import { mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { listCelebA } from "@jem-js/data/node";
 * import { expect } from "vitest";
 *
 * const folder = await mkdtemp(join(tmpdir(), "celeba-"));
 * await writeFile(join(folder, "list_eval_partition.txt"), "000001.jpg 0\n000002.jpg 2\n");
 * const files = await listCelebA(folder, { part: "test" });
 * expect(files.paths).toEqual([join(folder, "img_align_celeba", "000002.jpg")]);
 * ```
 *
 * @see {@link https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html | Liu et al., Large-scale CelebFaces attributes dataset}
 *
 * @param folder The path of the folder.
 * @param options Which faces and classes.
 * @returns The files, in the order of the lists; that they are there is not looked at.
 * @throws {TypeError} When `part` is none of these, `attribute` is not in the list, or a list has another form or order.
 * @throws {RangeError} When there is no such face.
 * @throws {Error} When a list cannot be read; the message says what to put where.
 */
export async function listCelebA(folder: string, options: ListCelebAOptions = {}): Promise<ImageFiles> {
  const action = "list CelebA";
  const { part = "all", attribute } = options;
  const PARTS = ["train", "validation", "test"];
  if (part !== "all" && !PARTS.includes(part)) {
    throw new TypeError(
      `Cannot ${action}: part must be "train", "validation", "test" or "all" but found ${String(part)}`,
    );
  }
  const lines = async (name: string): Promise<string[]> => {
    const text = await readFile(join(folder, name), "utf8").catch((error: Error) => {
      throw new Error(
        `Cannot ${action}: put ${name} and the folder img_align_celeba, from the page of CelebA, into ${folder}`,
        { cause: error },
      );
    });
    return text.split(/\r?\n/).filter((line) => line.trim() !== "");
  };
  const faces = (await lines("list_eval_partition.txt")).map((line) => {
    const [, name, where] = /^(\d{1,9}\.(?:jpg|png)) +([012])\s*$/.exec(line) ?? [];
    if (name === undefined) {
      throw new TypeError(
        `Cannot ${action}: expected a file and its part but found ${JSON.stringify(line.slice(0, 80))}`,
      );
    }
    return { name, part: PARTS[Number(where)] };
  });
  const has = attribute === undefined ? undefined : attributeOf(action, await lines("list_attr_celeba.txt"), attribute);
  const chosen = faces.filter((face) => part === "all" || face.part === part);
  if (chosen.length === 0) throw new RangeError(`Cannot ${action}: expected faces of part ${part} but found none`);
  const labels = chosen.map(({ name }) => {
    const label = has === undefined ? 0 : has.get(name);
    if (label === undefined) throw new TypeError(`Cannot ${action}: the list of attributes lacks ${name}`);
    return label;
  });
  return {
    paths: chosen.map(({ name }) => join(folder, "img_align_celeba", name)),
    labels: Int32Array.from(labels),
    classNames: attribute === undefined ? ["face"] : [`not ${attribute}`, attribute],
  };
}

/** Whether each file has an attribute: the list is a number, a line of names, and a line of 1 and -1 a file. */
function attributeOf(action: string, lines: readonly string[], attribute: string): Map<string, number> {
  const names = (lines[1] ?? "").trim().split(/\s+/);
  const column = names.indexOf(attribute);
  if (column === -1) {
    throw new TypeError(
      `Cannot ${action}: attribute must be one of ${names.join(", ").slice(0, 1000)} but found ${JSON.stringify(attribute)}`,
    );
  }
  return new Map(
    lines.slice(2).map((line) => {
      const [name, ...values] = line.trim().split(/\s+/);
      const value = values[column];
      if (values.length !== names.length || (value !== "1" && value !== "-1")) {
        throw new TypeError(
          `Cannot ${action}: expected ${names.length} values of 1 and -1 but found ${JSON.stringify(line.slice(0, 80))}`,
        );
      }
      return [name!, value === "1" ? 1 : 0] as const;
    }),
  );
}
