/// <reference types="node" />
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** Options of {@linkcode cachedFile}. */
export interface CachedFileOptions {
  /** The folder that keeps the file; made when it is not there. */
  readonly folder: string;
  /** The SHA-256 of the whole file, in hexadecimal. */
  readonly sha256: string;
  /** The name of the file in the folder: letters, digits, `.`, `_` and `-`. @default {the last part of the path of the URL} */
  readonly name?: string;
  /** The largest number of bytes that is accepted, at least 1. @default {2 ** 33} */
  readonly maxBytes?: number;
  /** Ends the download, which can be gone on with later. @default {never} */
  readonly signal?: AbortSignal;
}

/**
 * The path of a file in a cache folder; it is downloaded when it is not there yet.
 *
 * A file that is there is used without the network, wherever it came from, if its checksum is right. A download goes to
 * `<name>.part`, goes on from there after an interruption, and gets its name only when it is whole and its checksum right, so
 * that no reader ever sees half a file.
 *
 * @example Usage
 * ```ts
 * import { mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { cachedFile } from "@jem-js/data/node";
 * import { expect } from "vitest";
 *
 * const folder = await mkdtemp(join(tmpdir(), "data-"));
 * await writeFile(join(folder, "empty.bin"), "");
 * const path = await cachedFile("https://example.com/empty.bin", {
 *   folder,
 *   sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
 * });
 * expect(path).toBe(join(folder, "empty.bin"));
 * ```
 *
 * @param url Where the file comes from, http or https.
 * @param options Where it goes and what it must be.
 * @returns The path of the file.
 * @throws {TypeError} When `url`, `sha256` or `name` is not as described: a name never leaves the folder.
 * @throws {RangeError} When the file is larger than `maxBytes`.
 * @throws {Error} When the file cannot be had (the message says what to put where), or its checksum is another.
 */
export async function cachedFile(url: string, options: CachedFileOptions): Promise<string> {
  const action = "get a file";
  const { folder, sha256, maxBytes = 2 ** 33, signal } = options;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new TypeError(`Cannot ${action}: url must be http or https but found ${String(url)}`);
  }
  const { name = new URL(url).pathname.split("/").at(-1)! } = options;
  if (!/^[\w-][\w.-]{0,199}$/.test(name) || name.endsWith(".part")) {
    throw new TypeError(
      `Cannot ${action}: name must be of letters, digits, ".", "_" and "-" and not end in .part but found ${JSON.stringify(name)}`,
    );
  }
  if (!/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new TypeError(`Cannot ${action}: sha256 must be 64 hexadecimal digits but found ${String(sha256)}`);
  }
  if (!(maxBytes >= 1)) throw new RangeError(`Cannot ${action}: maxBytes must be at least 1 but found ${maxBytes}`);
  const path = join(folder, name);
  if ((await sizeOf(path)) !== undefined) {
    const found = await hashOf(path);
    if (found === sha256.toLowerCase()) return path;
    throw new Error(
      `Cannot ${action}: ${path} must have the SHA-256 ${sha256} but found ${found}; delete it to download it`,
    );
  }
  await mkdir(folder, { recursive: true });
  const part = `${path}.part`;
  await download(url, part, maxBytes, signal).catch((error: unknown) => {
    if (error instanceof RangeError || signal?.aborted) throw error;
    throw new Error(
      `Cannot ${action}: ${url} could not be downloaded; put the file, of SHA-256 ${sha256}, at ${path}, or try again`,
      { cause: error },
    );
  });
  const found = await hashOf(part);
  if (found !== sha256.toLowerCase()) {
    await rm(part);
    throw new Error(`Cannot ${action}: ${url} must have the SHA-256 ${sha256} but found ${found}; it was not kept`);
  }
  await rename(part, path);
  return path;
}

/** Downloads to `part`, from where it ends if the server knows how. */
async function download(url: string, part: string, maxBytes: number, signal: AbortSignal | undefined): Promise<void> {
  const have = (await sizeOf(part)) ?? 0;
  const response = await fetch(url, {
    // As stored: a server that compresses on the way would make sizes and places others.
    headers: { "accept-encoding": "identity", ...(have > 0 ? { range: `bytes=${have}-` } : {}) },
    signal: signal ?? null,
  });
  // The rest of a whole file begins at its end: nothing is left to get, and the checksum decides.
  if (response.status === 416 && have > 0) return;
  if (!response.ok || response.body === null) throw new Error(`the server answered ${response.status}`);
  const resumed =
    response.status === 206 && response.headers.get("content-range")?.startsWith(`bytes ${have}-`) === true;
  if (response.status === 206 && !resumed) throw new Error("the server answered with another part than was asked for");
  const file = await open(part, resumed ? "a" : "w");
  try {
    let size = resumed ? have : 0;
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > maxBytes) {
        throw new RangeError(`Cannot get a file: expected at most ${maxBytes} bytes from ${url} but found more`);
      }
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}
