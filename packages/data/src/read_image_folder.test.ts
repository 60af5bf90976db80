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

  test("makes pictures of any size and kind one shape", async () => {
    await put("cat", "1.png", png("colour"));
    await put("cat", "2.png", png("grey"));
    const jpeg: { base64: string }[] = golden("image_files").jpeg;
    await put("dog", "3.JPG", Buffer.from(jpeg[0]!.base64, "base64"));
    // By what it is, not by its name.
    await put("dog", "4.png", Buffer.from(jpeg[1]!.base64, "base64"));
    const dataset = await readImageFolder(folder, { size: [6, 4], channels: 3 });
    expect([dataset.shape, dataset.size, ...dataset.labels]).toEqual([[6, 4, 3], 4, 0, 0, 1, 1]);
    const grey = await readImageFolder(folder, { size: 5, channels: 1, fit: "stretch" });
    expect(grey.shape).toEqual([5, 5, 1]);
    await expect(readImageFolder(folder, { size: 5, channels: 1, maxBytes: 99 })).rejects.toThrow("99 bytes");
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(readImageFolder(folder, { signal })).rejects.toThrow("enough");
  });

  test("refuses what makes no dataset, and says which file", async () => {
    await expect(readImageFolder(join(folder, "none"))).rejects.toThrow("ENOENT");
    await expect(readImageFolder(folder)).rejects.toThrow("must have a folder for each class but found none");
    await mkdir(join(folder, "cat"));
    await expect(readImageFolder(folder)).rejects.toThrow("cat must have .png or .jpg files but found none");
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
