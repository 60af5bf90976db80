import { checkBytes } from "./_check.ts";

const ACTION = "read TAR";
const BLOCK = 512;

/**
 * Reads the files of a tar archive (POSIX, GNU and old), in which CIFAR and many other datasets are published; a `.tar.gz` goes through
 * `gunzip` first.
 *
 * Folders, links and devices are passed over. Nothing is written anywhere; names that would leave the folder of an archive are
 * refused all the same.
 *
 * @example Usage
 * ```ts
 * import { readTar } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const header = new Uint8Array(512);
 * const put = (text: string, at: number) => header.set(Buffer.from(text), at);
 * put("a.txt", 0);
 * put("00000000002", 124); // the size
 * put("0", 156); // a file
 * put("        ", 148);
 * put(header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0") + "\0 ", 148);
 * const block = new Uint8Array(512).fill(104, 0, 2);
 * const files = readTar(Uint8Array.from([...header, ...block, ...new Uint8Array(1024)]));
 * expect(Buffer.from(files.get("a.txt")!).toString()).toBe("hh");
 * ```
 *
 * @see {@link https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html | POSIX, pax interchange format and ustar}
 *
 * @param bytes The whole archive, decompressed; borrowed.
 * @returns The contents of the files by their names, in the order of the archive: parts of `bytes`, not copies.
 * @throws {TypeError} When `bytes` is not a Uint8Array or a name is absolute or has a part `..`.
 * @throws {RangeError} When the archive is damaged or truncated, or a name occurs twice.
 */
export function readTar(bytes: Uint8Array): Map<string, Uint8Array> {
  checkBytes(ACTION, bytes);
  const files = new Map<string, Uint8Array>();
  // What extended headers say of the next entry.
  let next: Readonly<Record<string, string>> = {};
  let at = 0;
  for (; at + BLOCK <= bytes.length; ) {
    const header = bytes.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return files;
    checkSum(header, at);
    const type = header[156] === 0 ? "0" : String.fromCharCode(header[156]!);
    const size = next.size === undefined ? numberOf(header, 124, at) : decimal(next.size, at);
    const start = at + BLOCK;
    if (start + size > bytes.length) {
      throw new RangeError(`Cannot ${ACTION}: expected ${start + size} bytes but found ${bytes.length} (truncated)`);
    }
    const data = bytes.subarray(start, start + size);
    at = start + BLOCK * Math.ceil(size / BLOCK);
    if (type === "x") {
      next = { ...next, ...recordsOf(data) };
    } else if (type === "L") {
      next = { ...next, path: textOf(data, 0, data.length) };
    } else if (type !== "g" && type !== "K") {
      if (type === "0" || type === "7") addFile(files, next.path ?? nameOf(header), data);
      next = {};
    }
  }
  // Nothing ends an archive but a block of zeros, or its very end.
  if (at !== bytes.length || files.size === 0) {
    throw new RangeError(`Cannot ${ACTION}: expected blocks of ${BLOCK} bytes but found ${bytes.length} bytes`);
  }
  return files;
}

function addFile(files: Map<string, Uint8Array>, name: string, data: Uint8Array): void {
  const described = JSON.stringify(name.slice(0, 200));
  if (name === "" || /^([/\\]|[a-z]:)/i.test(name) || name.split(/[/\\]/).includes("..")) {
    throw new TypeError(`Cannot ${ACTION}: names must stay in the folder of the archive but found ${described}`);
  }
  const plain = name.replace(/^(\.\/)+/, "");
  if (files.has(plain)) throw new RangeError(`Cannot ${ACTION}: names must differ but found ${described} twice`);
  files.set(plain, data);
}

/** The sum of all bytes with the field of the sum as spaces. */
function checkSum(header: Uint8Array, at: number): void {
  const expected = numberOf(header, 148, at, 8);
  const found = header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 32 : byte), 0);
  if (found !== expected) {
    throw new RangeError(
      `Cannot ${ACTION}: expected the checksum ${expected} of the header at byte ${at} but found ${found}`,
    );
  }
}

function nameOf(header: Uint8Array): string {
  const isPosix = textOf(header, 257, 6).startsWith("ustar");
  // GNU archives ("ustar  ") keep times where POSIX has the beginning of a long name.
  const prefix = isPosix && header[262] === 0 ? textOf(header, 345, 155) : "";
  return (prefix && `${prefix}/`) + textOf(header, 0, 100);
}

/** A number in octal digits, or in bytes of base 256 after one of 128. */
function numberOf(header: Uint8Array, start: number, at: number, length: number = 12): number {
  const field = header.subarray(start, start + length);
  let value = 0;
  if (field[0]! & 128) {
    value = field.reduce((sum, byte, i) => sum * 256 + (i === 0 ? byte & 127 : byte), 0);
  } else {
    const digits = textOf(field, 0, length).trim();
    value = /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
  }
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`Cannot ${ACTION}: expected a number in the header at byte ${at} but found ${value}`);
  }
  return value;
}

function decimal(digits: string, at: number): number {
  const value = /^\d{1,15}$/.test(digits) ? Number(digits) : Number.NaN;
  if (Number.isNaN(value)) {
    throw new RangeError(
      `Cannot ${ACTION}: expected a size before byte ${at} but found ${JSON.stringify(digits.slice(0, 50))}`,
    );
  }
  return value;
}

/** The records `length key=value\n` of an extended header. */
function recordsOf(data: Uint8Array): Record<string, string> {
  const records: Record<string, string> = {};
  for (let at = 0; at < data.length; ) {
    const [, digits, key] = /^(\d{1,9}) ([^=]{1,100})=/.exec(latin(data, at, at + 120)) ?? [];
    const end = at + Number(digits);
    const start = at + (digits?.length ?? 0) + (key?.length ?? 0) + 2;
    if (key === undefined || end <= start || end > data.length || data[end - 1] !== 10) {
      throw new RangeError(`Cannot ${ACTION}: expected records in an extended header but found a damaged one`);
    }
    if (key === "path" || key === "size") records[key] = textOf(data, start, end - 1 - start);
    at = end;
  }
  return records;
}

/** UTF-8 up to the first zero. */
function textOf(bytes: Uint8Array, start: number, length: number): string {
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end === -1 ? field : field.subarray(0, end));
}

function latin(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}

/** The part of the Encoding standard that is used here; it is global in Node, Deno, Bun and browsers. */
declare const TextDecoder: new () => { decode(bytes: Uint8Array): string };
