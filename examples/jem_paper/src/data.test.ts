import { expect, test } from "vitest";
import { readData } from "./data.ts";
import { readOptions } from "./options.ts";

test("readData() has noise enough for all labels of the paper's scale", async () => {
  const { settings } = readOptions({ name: "semi_supervised", claim: "" }, ["--scale", "paper", "--synthetic"])!;
  const data = await readData({ ...settings, labelsPerClass: 400 }, 0, "");
  expect(data.labeled.size).toBe(4000);
  expect([data.shape, data.classes, data.validation.size]).toEqual([[32, 32, 3], 10, 200]);
});
