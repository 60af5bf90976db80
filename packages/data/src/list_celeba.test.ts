import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listCelebA } from "./node.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "celeba-"));
  const partition = ["000001.jpg 0", "000002.jpg 1", "000003.jpg 2", "000004.jpg 0", ""].join("\n");
  await writeFile(join(folder, "list_eval_partition.txt"), partition);
  const attributes = ["4", "Bald Male Smiling ", "000001.jpg -1  1 -1", "000002.jpg  1 -1  1", "000003.jpg -1 -1 -1"];
  await writeFile(join(folder, "list_attr_celeba.txt"), [...attributes, "000004.jpg -1 -1  1", ""].join("\r\n"));
});
afterEach(() => rm(folder, { recursive: true }));

test("listCelebA() lists the parts of the official partition", async () => {
  const names = async (part: "train" | "validation" | "test" | "all") =>
    (await listCelebA(folder, { part })).paths.map((path) => basename(path));
  expect(await names("train")).toEqual(["000001.jpg", "000004.jpg"]);
  expect(await names("validation")).toEqual(["000002.jpg"]);
  expect(await names("test")).toEqual(["000003.jpg"]);
  expect(await names("all")).toHaveLength(4);
});

test("listCelebA() makes classes of an attribute", async () => {
  const { labels, classNames } = await listCelebA(folder, { attribute: "Male" });
  expect([classNames, ...labels]).toEqual([["not Male", "Male"], 1, 0, 0, 0]);
  const smiling = await listCelebA(folder, { attribute: "Smiling", part: "train" });
  expect([...smiling.labels]).toEqual([0, 1]);
});

test("listCelebA() refuses lists of another form, and says what to put where", async () => {
  await expect(listCelebA(join(folder, "none"))).rejects.toThrow(
    `put list_eval_partition.txt and the folder img_align_celeba, from the page of CelebA, into ${join(folder, "none")}`,
  );
  await expect(listCelebA(folder, { attribute: "Young" })).rejects.toThrow(
    "attribute must be one of Bald, Male, Smiling",
  );
  await expect(listCelebA(folder, { part: "dev" as "test" })).rejects.toThrow("part must be");
  await writeFile(join(folder, "list_attr_celeba.txt"), "1\nBald Male\n000001.jpg 1\n");
  await expect(listCelebA(folder, { attribute: "Bald" })).rejects.toThrow("expected 2 values of 1 and -1");
  await writeFile(join(folder, "list_attr_celeba.txt"), "1\nBald\n000001.jpg 1\n");
  await expect(listCelebA(folder, { attribute: "Bald" })).rejects.toThrow("the list of attributes lacks 000002.jpg");
  await writeFile(join(folder, "list_eval_partition.txt"), "../../../etc/passwd 0\n");
  await expect(listCelebA(folder)).rejects.toThrow('expected a file and its part but found "../../../etc/passwd 0"');
});
