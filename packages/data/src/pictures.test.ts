import { golden } from "@jem-js-internal/testing";
import { describe, expect, test } from "vitest";
import { convertPicture, type Picture, resizePicture } from "./mod.ts";
import { readJpeg } from "./node.ts";

interface JpegFile {
  readonly kind: string;
  readonly base64: string;
  readonly shape: [number, number, number];
  readonly data: number[];
}
const files: {
  jpeg: JpegFile[];
  cmyk: string;
  picture: { shape: [number, number, number]; data: number[] };
  grey_of_picture: number[];
  resized: { name: string; fit: "cover" | "stretch"; grey: boolean; size: [number, number]; data: number[] }[];
} = golden("image_files");
const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));
const picture: Picture = { dtype: "uint8", shape: files.picture.shape, data: Uint8Array.from(files.picture.data) };
const difference = (a: ArrayLike<number>, b: readonly number[]): number[] =>
  b.map((value, i) => Math.abs(value - a[i]!));

describe("readJpeg()", () => {
  test.each(files.jpeg)("reads what Pillow wrote: $kind", async ({ base64, shape, data }) => {
    const found = await readJpeg(bytesOf(base64));
    expect(found.shape).toEqual(shape);
    // Decoders may differ by one step in the cosine transform and in the colours.
    expect(Math.max(...difference(found.data, data))).toBeLessThanOrEqual(2);
  });

  const whole = bytesOf(files.jpeg[0]!.base64);
  const frame = whole.findIndex((byte, i) => byte === 0xff && whole[i + 1] === 0xc0);
  const changed = (at: number, ...values: number[]): Uint8Array => {
    const copy = whole.slice();
    copy.set(values, at);
    return copy;
  };
  test.each([
    ["another file", Uint8Array.of(1, 2, 3), {}, TypeError, "expected a JPEG file but found 3 bytes of another"],
    ["CMYK", bytesOf(files.cmyk), {}, TypeError, "expected 1 or 3 components but found 4"],
    ["nothing but a beginning", whole.subarray(0, 2), {}, RangeError, "(truncated)"],
    ["a truncated scan", whole.subarray(0, -60), {}, RangeError, "the file is damaged: Premature end"],
    ["a truncated table", whole.subarray(0, 180), {}, RangeError, "read JPEG"],
    ["a size above maxBytes", whole, { maxBytes: 1000 }, RangeError, "expected at most 1000 bytes but found 22 x 17"],
    ["a huge size", changed(frame + 5, 255, 255, 255, 255), {}, RangeError, "but found 65535 x 65535"],
    ["no size", changed(frame + 5, 0, 0), {}, RangeError, "but found 22 x 0"],
    ["no marker", changed(2, 0), {}, RangeError, "expected a marker at byte 2 but found 0"],
  ] as const)("refuses %s", async (_, bytes, options, type, message) => {
    await expect(readJpeg(bytes, options)).rejects.toThrow(type);
    await expect(readJpeg(bytes, options)).rejects.toThrow(message);
  });

  test("reads on after a damaged file, and several at once", async () => {
    await expect(readJpeg(whole.subarray(0, -60))).rejects.toThrow(RangeError);
    const found = await Promise.all(files.jpeg.map(({ base64 }) => readJpeg(bytesOf(base64))));
    expect(found.map(({ shape }) => shape)).toEqual(files.jpeg.map(({ shape }) => shape));
  });
});

describe("resizePicture()", () => {
  test.each(files.resized)("gives Pillow's bytes: $name", ({ fit, grey, size, data }) => {
    const source = grey ? { ...picture, shape: [17, 22, 1] as const, data: greens() } : picture;
    const found = resizePicture(source, { size, fit });
    expect(found.shape).toEqual([...size, grey ? 1 : 3]);
    const off = difference(found.data, data);
    expect(Math.max(...off)).toBeLessThanOrEqual(1);
    // Pillow's weights have 22 bits.
    expect(off.filter((value) => value > 0).length).toBeLessThanOrEqual(data.length / 100);
  });

  const greens = (): Uint8Array => picture.data.filter((_, i) => i % 3 === 1);

  test("changes nothing when the size is that of the picture, and copies", () => {
    const same = resizePicture(picture, { size: [17, 22] });
    expect(same.data).toEqual(picture.data);
    expect(same.data.buffer).not.toBe(picture.data.buffer);
  });

  test("refuses what is no size", () => {
    expect(() => resizePicture(picture, { size: 0 })).toThrow("size must be an integer from 1 to 65535 but found 0");
    expect(() => resizePicture(picture, { size: 2, fit: "crop" as "cover" })).toThrow(
      'fit must be "cover" or "stretch"',
    );
    expect(() => resizePicture({ ...picture, data: new Uint8Array(3) }, { size: 2 })).toThrow("expected 1122 values");
  });
});

describe("convertPicture()", () => {
  test("makes Pillow's grey, and colour of grey", () => {
    const grey = convertPicture(picture, { channels: 1 });
    expect([...grey.data]).toEqual(files.grey_of_picture);
    const colour = convertPicture(grey, { channels: 3 });
    expect(colour.shape).toEqual([17, 22, 3]);
    expect([...colour.data.subarray(0, 3)]).toEqual(Array(3).fill(files.grey_of_picture[0]));
  });

  test("drops transparency", () => {
    const two: Picture = { dtype: "uint8", shape: [1, 1, 2], data: Uint8Array.of(9, 0) };
    expect(convertPicture(two, { channels: 3 }).data).toEqual(Uint8Array.of(9, 9, 9));
    expect(convertPicture(two, { channels: 1 }).data).toEqual(Uint8Array.of(9));
    expect(() => convertPicture(two, { channels: 2 as 1 })).toThrow("channels must be 1 or 3 but found 2");
  });
});
