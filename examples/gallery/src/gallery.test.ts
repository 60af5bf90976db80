import * as report from "@jem-js/report";
import { expect, test } from "vitest";
import { entries } from "./entries.ts";

/** The exports of `@jem-js/report` that draw no figure. */
const OTHERS = ["altText", "htmlReport", "toPng"];

test("the gallery has every figure that @jem-js/report exports, once", () => {
  const figures = Object.keys(report).filter((name) => !OTHERS.includes(name));
  expect(entries.map(({ name }) => name).sort()).toEqual(figures.sort());
});
