import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { golden } from "@jem-js-internal/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readImageFolder } from "./node.ts";

const files: { kind: string; base64: string; data: number[] }[] = golden("data_files").png;
const png = (kind: string): Buffer => Buffer.from(files.find((file) => file.kind === kind)!.base64, "base64");

describe("readImageFolder()", () => {
  let folder: string;
  const put = async (className: string, name: string, bytes: Uint8Array): Promise<void> => {
    await mkdir(join(folder, className), { recursive: true });
    await writeFile(join(folder, className, name), bytes);
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "image-folder-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("reads classes and images in the order of their names, and nothing else", async () => {
    await put("dog", "b.PNG", png("colour"));
    await put("dog", "a.png", png("palette of 4 bits"));
    await put("cat", "1.png", png("colour"));
    await put("cat", "notes.txt", Buffer.from("no image"));
    await put(".hidden", "1.png", Buffer.from("no image"));
    await writeFile(join(folder, "2.png"), "no image");
    await symlink(join(folder, "2.png"), join(folder, "cat", "3.png"));
    const dataset = await readImageFolder(folder);
    expect([dataset.shape, dataset.size, dataset.classNames]).toEqual([[7, 11, 3], 3, ["cat", "dog"]]);
    expect([...dataset.labels]).toEqual([0, 1, 1]);
    const [colour, palette] = ["colour", "palette of 4 bits"].map((k) => files.find(({ kind }) => kind === k)!.data);
    expect([...dataset.images]).toEqual([...colour!, ...palette!, ...colour!]);
  });

  test("refuses what makes no dataset, and says which file", async () => {
    await expect(readImageFolder(join(folder, "none"))).rejects.toThrow("ENOENT");
    await expect(readImageFolder(folder)).rejects.toThrow("must have a folder for each class but found none");
    await mkdir(join(folder, "cat"));
    await expect(readImageFolder(folder)).rejects.toThrow("cat must have .png files but found none");
    await put("cat", "1.png", png("colour"));
    await expect(readImageFolder(folder, { maxBytes: 100 })).rejects.toThrow(
      "expected at most 100 bytes but found 11 x 7",
    );
    await put("cat", "2.png", png("grey"));
    await expect(readImageFolder(folder)).rejects.toThrow("2.png must be [7, 11, 3] but found [7, 11, 1]");
    await put("cat", "2.png", Buffer.from("no image"));
    await expect(readImageFolder(folder)).rejects.toThrow(TypeError);
    await expect(readImageFolder(folder)).rejects.toThrow("2.png: Cannot read PNG: expected a PNG file");
  });
});
