import { golden } from "@jem-js-internal/testing";
import { expect, test } from "vitest";
import { gunzip, readTar } from "./mod.ts";

const files: {
  tar: { format: string; base64: string }[];
  tar_members: { name: string; base64: string }[];
  tar_escape: string;
} = golden("image_files");
const archive = (base64: string): Promise<Uint8Array> => gunzip(new Uint8Array(Buffer.from(base64, "base64")));

/** A copy with other values from `at` on, and the checksum of the header at `header` made right again. */
function changed(
  bytes: Uint8Array,
  at: number,
  values: readonly number[],
  header: number = at - (at % 512),
): Uint8Array {
  const copy = bytes.slice();
  copy.set(values, at);
  const sum = copy.subarray(header, header + 512).reduce((a, b, i) => a + (i >= 148 && i < 156 ? 32 : b), 0);
  copy.set(Buffer.from(`${sum.toString(8).padStart(6, "0")}\0 `), header + 148);
  return copy;
}

test.each(files.tar)("readTar() reads what Python's tarfile wrote: $format", async ({ base64 }) => {
  const found = readTar(await archive(base64));
  expect([...found.keys()]).toEqual(files.tar_members.map(({ name }) => name.replace("./", "")));
  for (const { name, base64: content } of files.tar_members) {
    expect(Buffer.from(found.get(name.replace("./", ""))!).toString("base64")).toBe(content);
  }
});

test("readTar() refuses names that leave the archive", async () => {
  const bytes = await archive(files.tar_escape);
  expect(() => readTar(bytes)).toThrow(TypeError);
  expect(() => readTar(bytes)).toThrow('names must stay in the folder of the archive but found "../evil"');
  const plain = await archive(files.tar[0]!.base64);
  for (const name of ["/etc/x\0", "C:\\x\0\0", "a/../b\0"]) {
    expect(() => readTar(changed(plain, 0, [...Buffer.from(name)]))).toThrow(TypeError);
  }
});

test("readTar() refuses damaged archives", async () => {
  const plain = await archive(files.tar[0]!.base64);
  const damaged = plain.slice();
  damaged[3]! += 1;
  expect(() => readTar(damaged)).toThrow("expected the checksum");
  expect(() => readTar(plain.subarray(0, 700))).toThrow("expected blocks of 512 bytes but found 700 bytes");
  expect(() => readTar(plain.subarray(0, 1200))).toThrow("expected blocks of 512 bytes but found 1200 bytes");
  expect(readTar(plain.subarray(0, 1024)).size).toBe(1);
  expect(() => readTar(new Uint8Array(100))).toThrow("expected blocks of 512 bytes but found 100 bytes");
  expect(() => readTar(changed(plain, 124, [...Buffer.from("77777777777\0")]))).toThrow("(truncated)");
  expect(() => readTar(changed(plain, 124, [...Buffer.from("no number\0\0\0")]))).toThrow(
    "expected a number in the header at byte 0",
  );
  expect(() => readTar(changed(plain, 124, [255, ...Array(11).fill(255)]))).toThrow(RangeError);
  expect(() => readTar(Uint8Array.from([...plain.subarray(0, 1024), ...plain]))).toThrow('"a.bin" twice');
  expect(readTar(new Uint8Array(1024)).size).toBe(0);
  expect(() => readTar("x" as never)).toThrow(TypeError);
});

test("readTar() refuses damaged extended headers", async () => {
  const pax = await archive(files.tar[2]!.base64);
  const at = Buffer.from(pax).indexOf("path=ünïcode") - 3;
  for (const text of ["99 path=", "1 path=xx", "path=xxxx", "0 "]) {
    const copy = pax.slice();
    copy.set(Buffer.from(text), at);
    expect(() => readTar(copy)).toThrow("expected records in an extended header");
  }
});
