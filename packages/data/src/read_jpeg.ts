/// <reference types="node" />
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { checkBytes, checkInteger } from "./_check.ts";
import type { DecompressOptions } from "./gunzip.ts";
import type { Picture } from "./read_png.ts";

const ACTION = "read JPEG";

/**
 * Reads a JPEG file, baseline or progressive, grey or coloured, with MozJPEG compiled to WebAssembly: what a hostile file could
 * make of a decoder in C stays in its sandbox.
 *
 * Colour profiles and the orientation that cameras note are not applied. CMYK is refused.
 *
 * @example Usage
 * ```ts
 * import { readJpeg } from "@jem-js/data/node";
 * import { expect } from "vitest";
 *
 * await expect(readJpeg(Uint8Array.of(0xff, 0xd8))).rejects.toThrow("(truncated)");
 * ```
 *
 * @see {@link https://www.w3.org/Graphics/JPEG/itu-t81.pdf | ITU-T T.81}, {@link https://github.com/jamsinclair/jSquash | jSquash}
 *
 * @param bytes The whole file; borrowed.
 * @param options How large the decoded picture, of four bytes a pixel, may be; looked at before it is decoded.
 * @returns The picture, of shape `[height, width, 1]` or `[height, width, 3]`, owned by the caller.
 * @throws {TypeError} When `bytes` is not a Uint8Array, not a JPEG file, or of another number of components than 1 or 3.
 * @throws {RangeError} When the file is damaged or truncated, or the picture has more than `maxBytes` bytes.
 */
export async function readJpeg(bytes: Uint8Array, options: DecompressOptions = {}): Promise<Picture> {
  const { maxBytes = 2 ** 31 } = options;
  checkBytes(ACTION, bytes);
  checkInteger(ACTION, "maxBytes", maxBytes, 1);
  const { height, width, components } = readHeader(bytes);
  if (components !== 1 && components !== 3) {
    throw new TypeError(`Cannot ${ACTION}: expected 1 or 3 components but found ${components}`);
  }
  // The decoder cannot address more than 2 GiB, where it also keeps the coefficients.
  const needed = 4 * height * width;
  if (needed > Math.min(maxBytes, 2 ** 29)) {
    throw new RangeError(`Cannot ${ACTION}: expected at most ${maxBytes} bytes but found ${width} x ${height}`);
  }
  const pixels = await decode(bytes);
  if (pixels.length !== needed) {
    throw new RangeError(`Cannot ${ACTION}: expected ${needed} decoded bytes but found ${pixels.length}`);
  }
  const data = new Uint8Array(height * width * components);
  for (let from = 0, to = 0; from < needed; from += 4) {
    for (let c = 0; c < components; c++) data[to++] = pixels[from + c]!;
  }
  return { dtype: "uint8", shape: [height, width, components], data };
}

/** Finds the frame header: only that says how large a picture is. */
function readHeader(bytes: Uint8Array): { height: number; width: number; components: number } {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) {
    throw new TypeError(`Cannot ${ACTION}: expected a JPEG file but found ${bytes.length} bytes of another`);
  }
  for (let at = 2; at + 4 <= bytes.length; ) {
    const marker = bytes[at + 1]!;
    const length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    if (bytes[at] !== 0xff) {
      throw new RangeError(`Cannot ${ACTION}: expected a marker at byte ${at} but found ${bytes[at]}`);
    }
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    // C0 to CF are frames, but for tables (C4, CC) and a reserved one (C8).
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker) && at + 10 <= bytes.length) {
      const height = (bytes[at + 5]! << 8) | bytes[at + 6]!;
      const width = (bytes[at + 7]! << 8) | bytes[at + 8]!;
      if (height === 0 || width === 0) {
        throw new RangeError(`Cannot ${ACTION}: expected a picture but found ${width} x ${height}`);
      }
      return { height, width, components: bytes[at + 9]! };
    }
    if (length < 2 || marker === 0xda) break;
    at += 2 + length;
  }
  throw new RangeError(`Cannot ${ACTION}: expected a frame header but found ${bytes.length} bytes (truncated)`);
}

/** The part of WebAssembly that is used here; Node's types know it as a name alone. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

/** What is used of the decoder's module. */
interface Decoder {
  decode(bytes: Uint8Array, preserveOrientation: boolean): { readonly data: Uint8ClampedArray } | null;
}

let compiled: Promise<object> | undefined;
let decoder: Promise<Decoder> | undefined;
/** What the decoder says of the file at hand: it goes on after faults, and fills with grey what is missing. */
let faults: string[] = [];

async function decode(bytes: Uint8Array): Promise<Uint8ClampedArray> {
  decoder ??= start();
  const current = await decoder;
  faults = [];
  let pixels: Uint8ClampedArray | undefined;
  try {
    pixels = current.decode(bytes, false)?.data;
  } catch (error) {
    faults.push(String((error as Error).message ?? error));
  }
  if (faults.length > 0 || pixels === undefined) {
    // An instance that has given up keeps memory, and is in no known state.
    decoder = undefined;
    throw new RangeError(`Cannot ${ACTION}: the file is damaged: ${faults[0]?.slice(0, 200) ?? "no picture"}`);
  }
  return pixels;
}

async function start(): Promise<Decoder> {
  const require = createRequire(import.meta.url);
  compiled ??= readFile(require.resolve("@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm")).then((bytes) =>
    WebAssembly.compile(bytes),
  );
  const module = await compiled;
  // Only those who read JPEG files need the decoder.
  const { default: createDecoder } = await import("@jsquash/jpeg/codec/dec/mozjpeg_dec.js");
  const note = (text: string): number => faults.push(text);
  return (await createDecoder({
    noInitialRun: true,
    print: note,
    printErr: note,
    instantiateWasm(imports: object, done: (instance: object) => void) {
      const instance = new WebAssembly.Instance(module, imports);
      done(instance);
      return instance.exports;
    },
  })) as unknown as Decoder;
}
