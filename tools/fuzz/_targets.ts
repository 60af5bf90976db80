import { readFileSync } from "node:fs";
import { deflateSync, gunzipSync, inflateSync } from "node:zlib";
import * as data from "@jem-js/data";
import { readJpeg } from "@jem-js/data/node";

/** A parser under test. */
export interface Target {
  readonly name: string;
  /** Whole files. */
  readonly seeds: readonly Uint8Array[];
  /** What is mutated of a file, so that faults lie behind checksums and compression, and the file of what became of it. */
  readonly open?: (file: Uint8Array) => Uint8Array;
  readonly close?: (content: Uint8Array) => Uint8Array;
  /** Parses with a limit of `LIMIT` bytes where the parser has one. */
  readonly parse: (file: Uint8Array) => unknown;
}

/** The largest result that a parser is asked for. */
export const LIMIT: number = 2 ** 22;

const golden = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../internal/testing/golden/${name}.json`, import.meta.url), "utf8"));
const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));
const files = golden("data_files");
const images = golden("image_files");
const all = (list: readonly { base64: string }[]): Uint8Array[] => list.map(({ base64 }) => bytesOf(base64));
const options = { maxBytes: LIMIT };

const npz = all(files.npz);
const svhn = [...all(files.svhn), bytesOf(images.svhn.base64)];
const png = all(files.png);
const tar = [...all(images.tar), bytesOf(images.tar_escape)].map((bytes) => new Uint8Array(gunzipSync(bytes)));
const idx = [images.idx.images, images.idx.labels_file].map((base64) => new Uint8Array(gunzipSync(bytesOf(base64))));
const text = (...lines: string[]): Uint8Array => new Uint8Array(Buffer.from(lines.join("\n")));

/** Every parser of files. */
export const TARGETS: readonly Target[] = [
  { name: "readIdx", seeds: idx, parse: data.readIdx },
  { name: "gunzip", seeds: [bytesOf(images.idx.images)], parse: (file) => data.gunzip(file, options) },
  { name: "readNpy", seeds: all(files.npy), parse: data.readNpy },
  { name: "readNpz", seeds: npz, parse: (file) => data.readNpz(file, options) },
  { name: "readSafetensors", seeds: all(files.safetensors), parse: data.readSafetensors },
  { name: "readPng", seeds: png, parse: (file) => data.readPng(file, options) },
  { name: "readPng, pixels", seeds: png, open: pngLines, close: pngOf, parse: (file) => data.readPng(file, options) },
  { name: "readJpeg", seeds: all(images.jpeg), parse: (file) => readJpeg(file, options) },
  { name: "readTar", seeds: tar, close: withSums, parse: data.readTar },
  {
    name: "readCifar",
    seeds: [new Uint8Array(3073), new Uint8Array(2 * 3074)],
    parse: (file) => data.readCifar(file, { classes: file.length % 3074 === 0 ? 100 : 10 }),
  },
  { name: "readSvhn", seeds: svhn, parse: (file) => data.readSvhn(file, options) },
  {
    name: "readSvhn, decompressed",
    seeds: svhn,
    open: matContents,
    close: matOf,
    parse: (file) => data.readSvhn(file, options),
  },
  {
    name: "readCsv",
    seeds: [text("a,b,c", "1,2.5,-3e4", '"4","5",6', ""), text("1;2", "3;4"), text('"a ""b""",c', "1,2")],
    parse: (file) => data.readCsv(Buffer.from(file).toString("latin1")),
  },
];

/** The scan lines of a PNG file after the bytes of its header. */
function pngLines(file: Uint8Array): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const parts: Uint8Array[] = [];
  for (let at = 8; at < file.length; at += 12 + view.getUint32(at)) {
    const type = Buffer.from(file.subarray(at + 4, at + 8)).toString();
    if (type === "IDAT") parts.push(file.subarray(at + 8, at + 8 + view.getUint32(at)));
  }
  return new Uint8Array(Buffer.concat([file.subarray(16, 29), inflateSync(Buffer.concat(parts))]));
}

function pngOf(content: Uint8Array): Uint8Array {
  const chunk = (type: string, bytes: Uint8Array): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, Buffer.from(type), bytes, Buffer.alloc(4)]);
  };
  return new Uint8Array(
    Buffer.concat([
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
      chunk("IHDR", content.subarray(0, 13)),
      chunk("PLTE", content.subarray(13, 43)),
      chunk("IDAT", deflateSync(content.subarray(13))),
      chunk("IEND", new Uint8Array(0)),
    ]),
  );
}

/** Makes the checksums of all headers of a tar archive right. */
function withSums(content: Uint8Array): Uint8Array {
  const copy = content.slice();
  for (let at = 0; at + 512 <= copy.length; at += 512) {
    const header = copy.subarray(at, at + 512);
    // Only what looks like a header; contents of files do too, now and then.
    if (Buffer.from(header.subarray(257, 262)).toString() !== "ustar") continue;
    const sum = header.reduce((a, b, i) => a + (i >= 148 && i < 156 ? 32 : b), 0);
    header.set(Buffer.from(`${sum.toString(8).padStart(6, "0").slice(-6)}\0 `), 148);
  }
  return copy;
}

/** The elements of a MATLAB file, decompressed, one after the other. */
function matContents(file: Uint8Array): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const parts: Uint8Array[] = [];
  for (let at = 128; at + 8 <= file.length; ) {
    const size = view.getUint32(at + 4, true);
    const whole = file.subarray(at, at + 8 + size);
    parts.push(view.getUint32(at, true) === 15 ? inflateSync(whole.subarray(8)) : whole);
    at += 8 + size;
  }
  return new Uint8Array(Buffer.concat(parts));
}

function matOf(content: Uint8Array): Uint8Array {
  const head = Buffer.alloc(128, 32);
  head.set([0, 1, 0x49, 0x4d], 124);
  return new Uint8Array(Buffer.concat([head, content]));
}
