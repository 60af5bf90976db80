/**
 * The report of a run from its folder, and the comparison of several, in Node.
 *
 * ```ts
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { report } from "@jem-js/report/node";
 *
 * const folder = mkdtempSync(join(tmpdir(), "run-"));
 * writeFileSync(join(folder, "results.json"), '{"accuracy":0.93}');
 * await report(folder); // writes report.html into it
 * ```
 *
 * @module
 */
export * from "./report.ts";
