import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Listener } from "./events.ts";

/** Options of {@linkcode imageFiles}. */
export interface ImageFilesOptions {
  /** An image is made after each `every` iterations. A positive integer. */
  readonly every: number;
  /** Makes the image: the bytes of a PNG, such as those of `sampleGrid` of `@jem-js/report`. */
  readonly draw: () => Uint8Array | Promise<Uint8Array>;
}

/**
 * Writes an image now and then, such as a grid of samples: `000200.png` after 200 iterations.
 *
 * @example Usage
 * ```ts
 * import { existsSync, mkdtempSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { imageFiles } from "@jem-js/trainer/node";
 * import { expect } from "vitest";
 *
 * const folder = mkdtempSync(join(tmpdir(), "samples-"));
 * const listener = imageFiles(folder, { every: 2, draw: () => Uint8Array.of(137, 80, 78, 71) });
 * await listener({ type: "iteration", iteration: 1, terms: {}, milliseconds: 12 });
 * expect(existsSync(join(folder, "000002.png"))).toBe(true);
 * ```
 *
 * @param folder Where the images go; made if it is not there.
 * @param options When, and what.
 * @returns A listener for `fit`.
 * @throws {RangeError} When `every` is not a positive integer.
 */
export function imageFiles(folder: string, options: ImageFilesOptions): Listener {
  const { every, draw } = options;
  if (!Number.isInteger(every) || every < 1) {
    throw new RangeError(`Cannot write images: every must be a positive integer but found ${every}`);
  }
  return async (event) => {
    if (event.type !== "iteration" || (event.iteration + 1) % every !== 0) return;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${String(event.iteration + 1).padStart(6, "0")}.png`), await draw());
  };
}
