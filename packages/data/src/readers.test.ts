import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { golden, goldenArrays } from "@jem-js-internal/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gunzip, readCifar, readIdx, readNpy, readNpz, readPng, readSafetensors, readSvhn } from "./mod.ts";

interface NpyFile {
  readonly type: string;
  readonly base64: string;
  readonly shape: number[];
  readonly data: (number | string)[];
}
const files: {
  npy: NpyFile[];
  npz: { by: string; base64: string; x: { shape: number[]; data: number[] } }[];
  png: { kind: string; base64: string; shape: number[]; data: number[] }[];
  safetensors: { type: string; base64: string; data: number[] }[];
  svhn: { compressed: boolean; labels: string; base64: string; images: number[] }[];
} = golden("data_files");
const bytesOf = ({ base64 }: { readonly base64: string }): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));

/** A copy of `bytes` with other values from `at` on. */
function replaced(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(values, at);
  return copy;
}

/** A record of CIFAR: `labels`, then planes that count. */
const cifarRecord = (...labels: number[]): number[] => [...labels, ...Array.from({ length: 3072 }, (_, i) => i % 251)];

describe("readNpy()", () => {
  test.each(files.npy)("reads what numpy.save wrote: $type", (file) => {
    const { shape, data } = readNpy(bytesOf(file));
    expect(shape).toEqual(file.shape);
    const parse = (value: number | string): number =>
      typeof value === "number"
        ? value
        : value.endsWith("inf")
          ? Number(value.replace("inf", "Infinity"))
          : Number(value);
    expect([...data]).toEqual(file.data.map(parse));
  });

  const npy = (header: string, ...body: number[]): Uint8Array =>
    Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0, ...Buffer.from(header), ...body);
  const header = (descr: string, shape: string): string =>
    `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`;

  test.each([
    [
      "another file",
      Uint8Array.of(1, 2, 3),
      TypeError,
      "expected a file that begins with \\x93NUMPY but found 3 bytes",
    ],
    ["objects, which would be pickled", npy(header("|O", "1,"), 0), TypeError, "found |O"],
    ["strings", npy(header("<U3", "1,"), 0), TypeError, "expected a type of b1, u1"],
    [
      "structures",
      npy("{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,), }"),
      TypeError,
      "expected a header",
    ],
    ["another version", replaced(bytesOf(files.npy[0]!), 6, 9), TypeError, "version must be 1, 2 or 3 but found 9"],
    ["a long header", replaced(npy(header("<i4", "1,")), 9, 255), RangeError, "(truncated)"],
    ["too few values", npy(header("<i4", "2,"), 1, 0, 0, 0), RangeError, "bytes for <i4 of shape [2] but found"],
    ["too many values", npy(header("u1", "1,"), 1, 0), TypeError, "expected a type of"],
    ["too many bytes", npy(header("|u1", "1,"), 1, 0), RangeError, "bytes for |u1 of shape [1] but found"],
    [
      "huge dimensions",
      npy(header("<f8", "9999999999, 9999999999,"), 1),
      RangeError,
      "of shape [9999999999, 9999999999]",
    ],
    [
      "an int64 that does not fit",
      npy(header("<i8", "1,"), 0, 0, 0, 0, 1, 0, 0, 0),
      RangeError,
      "integers must fit in 32 bits but found 4294967296 at 0",
    ],
  ] as const)("refuses %s", (_, bytes, type, message) => {
    expect(() => readNpy(bytes)).toThrow(type);
    expect(() => readNpy(bytes)).toThrow(message);
  });
});

describe("readSafetensors()", () => {
  const file = new Uint8Array(
    readFileSync(new URL("../../../internal/testing/golden/jem_wrn.safetensors", import.meta.url)),
  );

  test("reads what safetensors.numpy.save_file wrote", () => {
    const arrays = readSafetensors(file);
    const expected = goldenArrays("jem_wrn");
    expect([...arrays.keys()]).toEqual([...expected.keys()]);
    for (const [name, { shape, data }] of expected) {
      expect(arrays.get(name)!.shape).toEqual(shape);
      expect([...arrays.get(name)!.data]).toEqual(data);
    }
  });

  test.each(files.safetensors)("reads what PyTorch keeps as $type", ({ base64, data }) => {
    const array = readSafetensors(bytesOf({ base64 })).get("x")!;
    expect(array.shape).toEqual([2, 2]);
    expect([...array.data]).toEqual(data);
  });

  const safetensors = (header: unknown, ...body: number[]): Uint8Array => {
    const text = typeof header === "string" ? header : JSON.stringify(header);
    return Uint8Array.of(text.length & 255, text.length >> 8, 0, 0, 0, 0, 0, 0, ...Buffer.from(text), ...body);
  };
  const w = (dtype: unknown, shape: unknown, data_offsets: unknown) => ({ w: { dtype, shape, data_offsets } });
  test.each([
    ["too little", Uint8Array.of(1, 2), RangeError, "found a file of 2 (truncated or another)"],
    ["a long header", replaced(file.subarray(0, 100), 0, 255, 255), RangeError, "expected a header of"],
    [
      "a huge header",
      Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 123, 125),
      RangeError,
      "of 1844674407370955",
    ],
    ["no JSON", safetensors("{w}"), TypeError, "the header must be JSON"],
    ["no object", safetensors([]), TypeError, "the header must be a JSON object"],
    ["another type", safetensors(w("F8_E4M3", [1], [0, 1]), 0), TypeError, '"w" must have a type of BOOL'],
    ["a negative side", safetensors(w("U8", [-1], [0, 1]), 0), TypeError, '"w" must have a shape but is'],
    ["no offsets", safetensors(w("U8", [1], 0), 0), TypeError, '"w" must have two data_offsets'],
    ["huge dimensions", safetensors(w("U8", [2 ** 40, 2 ** 40], [0, 1]), 0), RangeError, "but found it at [0, 1]"],
    ["a gap", safetensors(w("U8", [1], [1, 2]), 0, 0), RangeError, 'expected "w" at [0, 1] but found it at [1, 2]'],
    ["too many bytes", safetensors(w("U8", [1], [0, 1]), 0, 0), RangeError, "bytes but found"],
    ["a truncated file", file.subarray(0, -1), RangeError, "bytes but found 182826"],
    [
      "an integer that does not fit",
      safetensors(w("I64", [], [0, 8]), 0, 0, 0, 0, 1, 0, 0, 0),
      RangeError,
      "4294967296 at 0",
    ],
  ] as const)("refuses %s", (_, bytes, type, message) => {
    expect(() => readSafetensors(bytes)).toThrow(type);
    expect(() => readSafetensors(bytes)).toThrow(message);
  });

  test("reads no array from an empty file", () => expect(readSafetensors(safetensors("{}")).size).toBe(0));
});

describe("readNpz()", () => {
  test.each(files.npz)("reads what numpy.$by wrote", async (file) => {
    const arrays = await readNpz(bytesOf(file));
    expect([...arrays.keys()]).toEqual(["x", "y"]);
    expect(arrays.get("x")!.shape).toEqual(file.x.shape);
    expect([...arrays.get("x")!.data]).toEqual(file.x.data);
    expect(arrays.get("y")!.data).toEqual(new Int32Array(2000));
  });

  const compressed = bytesOf(files.npz[1]!);
  const directory = compressed.findIndex(
    (_, i) =>
      compressed[i] === 0x50 && compressed[i + 1] === 0x4b && compressed[i + 2] === 1 && compressed[i + 3] === 2,
  );
  const changed = (at: number, ...values: number[]): Uint8Array => replaced(compressed, at, ...values);
  test.each([
    ["sizes above maxBytes", compressed, { maxBytes: 1000 }, "expected at most 1000 decompressed bytes but found"],
    ["what is no zip file", new Uint8Array(50), {}, "expected a zip file but found 50 bytes"],
    ["a truncated file", compressed.subarray(0, -30), {}, "expected a zip file"],
    ["another checksum", changed(directory + 16, 1, 2, 3, 4), {}, "expected the checksum 67305985 of"],
    [
      "a size that is a lie",
      changed(directory + 24, 9, 0, 0, 0),
      {},
      "expected at most 9 decompressed bytes but found more",
    ],
    ["overlapping entries", changed(directory + 20, 255, 255, 0, 0), {}, "expected entries of at most"],
    ["another method", changed(directory + 10, 12), {}, "must be stored (0) or deflated (8) but found method 12"],
    ["an entry that is not there", changed(directory + 42, 3, 0, 0, 0), {}, "at byte 3 but found no entry there"],
    [
      "files that are no arrays",
      changed(directory + 46, 0x2e, 0x2e, 0x2f, 0x78, 0x78),
      {},
      "expected .npy files but found",
    ],
  ])("refuses %s", async (_, bytes, options, message) => {
    await expect(readNpz(bytes, options)).rejects.toThrow(message);
  });
});

describe("readSvhn()", () => {
  test.each(files.svhn)("reads what scipy.io.savemat wrote: compressed $compressed, labels $labels", async (file) => {
    const dataset = await readSvhn(bytesOf(file));
    expect([dataset.shape, dataset.size, [...dataset.labels]]).toEqual([[4, 3, 3], 5, [0, 1, 2, 9, 0]]);
    expect([...dataset.images]).toEqual(file.images);
  });

  const [plain, compressed] = [bytesOf(files.svhn[0]!), bytesOf(files.svhn[2]!)];
  test.each([
    ["another file", new Uint8Array(200), {}, "expected a little-endian MATLAB 5 file (save -v7) but found 200 bytes"],
    ["a file without variables", plain.subarray(0, 128), {}, "y [size, 1] but found no variable"],
    ["a truncated file", plain.subarray(0, -3), {}, "(truncated)"],
    ["a bomb", compressed, { maxBytes: 100 }, "expected at most 100 decompressed bytes but found more"],
    [
      "values above maxBytes",
      plain,
      { maxBytes: 100 },
      "expected at most 100 bytes of values but found shape [4, 3, 3, 5]",
    ],
  ])("refuses %s", async (_, bytes, options, message) => {
    await expect(readSvhn(bytes, options)).rejects.toThrow(message);
  });
});

describe("readCifar()", () => {
  test("reads CIFAR-10, several records, planes to pixels", () => {
    const { images, labels, shape, size } = readCifar(Uint8Array.from([...cifarRecord(9), ...cifarRecord(0)]), {
      classes: 10,
    });
    expect([shape, size, [...labels]]).toEqual([[32, 32, 3], 2, [9, 0]]);
    for (const [pixel, channel] of [
      [0, 0],
      [0, 2],
      [700, 1],
      [1023, 2],
    ] as const) {
      expect(images[3072 + 3 * pixel + channel]).toBe((channel * 1024 + pixel) % 251);
    }
  });

  test("reads the fine or the coarse labels of CIFAR-100", () => {
    const bytes = Uint8Array.from([...cifarRecord(19, 99), ...cifarRecord(3, 4)]);
    expect([...readCifar(bytes, { classes: 100 }).labels]).toEqual([99, 4]);
    expect([...readCifar(bytes, { classes: 20 }).labels]).toEqual([19, 3]);
    expect(readCifar(bytes, { classes: 100 }).images[0]).toBe(0);
  });

  test.each([
    [[], 10, "expected records of 3073 bytes but found 0 bytes"],
    [cifarRecord(1).slice(1), 10, "expected records of 3073 bytes but found 3072 bytes"],
    [cifarRecord(1), 100, "expected records of 3074 bytes but found 3073 bytes"],
    [[...cifarRecord(1), ...cifarRecord(10)], 10, "labels must be from 0 to 9 but found 10 in record 1"],
    [cifarRecord(1), 11, "classes must be 10, 20 or 100 but found 11"],
  ])("refuses wrong files, case %#", (bytes, classes, message) => {
    expect(() => readCifar(Uint8Array.from(bytes), { classes: classes as 10 })).toThrow(RangeError);
    expect(() => readCifar(Uint8Array.from(bytes), { classes: classes as 10 })).toThrow(message);
  });
});

describe("readPng()", () => {
  test.each(files.png)("reads what Pillow wrote: $kind", async (file) => {
    const { shape, data } = await readPng(bytesOf(file));
    expect(shape).toEqual(file.shape);
    expect([...data]).toEqual(file.data);
  });

  const grey = bytesOf(files.png[0]!);
  const palette = bytesOf(files.png.find(({ kind }) => kind === "palette of 8 bits")!);
  test.each([
    ["another file", new Uint8Array(20), {}, "expected a PNG file but found 20 bytes of another"],
    ["a truncated file", grey.subarray(0, -1), {}, "(truncated)"],
    [
      "a file without a header",
      replaced(grey, 12, 0x50),
      {},
      'expected a header of 13 bytes first but found "PHDR" of 13',
    ],
    ["other depths", replaced(grey, 24, 3), {}, "found 11 x 7 of type 0, 3 bits"],
    ["no rows", replaced(grey, 20, 0, 0, 0, 0), {}, "found 11 x 0 of type 0, 8 bits"],
    ["interlacing", replaced(grey, 28, 1), {}, "expected no interlacing but found method 1"],
    ["more rows than there are", replaced(grey, 23, 9), {}, "expected 108 decompressed bytes but found 84"],
    ["fewer rows than there are", replaced(grey, 23, 6), {}, "expected at most 72 decompressed bytes but found more"],
    ["a bomb", replaced(grey, 16, 127, 255, 255, 255, 127, 255, 255, 255), {}, "but found 2147483647 x 2147483647"],
    ["more than maxBytes", grey, { maxBytes: 50 }, "expected at most 50 bytes but found 11 x 7"],
    ["a missing palette", replaced(palette, 37, 0x51), {}, "expected a palette but found none"],
  ])("refuses %s", async (_, bytes, options, message) => {
    await expect(readPng(bytes, options)).rejects.toThrow(message);
  });
});

describe("gunzip()", () => {
  test("gives back what was compressed", async () => {
    const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) >> 7);
    expect(await gunzip(gzipSync(content))).toEqual(content);
    expect(await gunzip(gzipSync(content), { maxBytes: content.length })).toEqual(content);
  });

  test("stops at maxBytes, before a bomb has gone off", async () => {
    const bomb = gzipSync(new Uint8Array(50_000_000));
    expect(bomb.length).toBeLessThan(100_000);
    await expect(gunzip(bomb, { maxBytes: 1_000_000 })).rejects.toThrow(
      "expected at most 1000000 decompressed bytes but found more",
    );
  });

  test("refuses other and damaged files", async () => {
    await expect(gunzip(Uint8Array.of(0x50, 0x4b))).rejects.toThrow(
      "expected bytes that begin with 1f 8b but found 50 4b",
    );
    await expect(gunzip(new Uint8Array(0))).rejects.toThrow("but found none");
    await expect(gunzip(gzipSync(new Uint8Array(100)).subarray(0, -4))).rejects.toThrow(
      "expected valid gzip data but found",
    );
    await expect(gunzip("file" as never)).rejects.toThrow(TypeError);
  });
});

describe("readers read or refuse any damaged file", () => {
  const idx = Uint8Array.of(0, 0, 11, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8);
  const cases: [string, Uint8Array[], number, (bytes: Uint8Array) => unknown][] = [
    ["readIdx", [idx], 4000, readIdx],
    ["readNpy", files.npy.map(bytesOf), 4000, readNpy],
    [
      "readCifar",
      [Uint8Array.from(cifarRecord(1)), Uint8Array.from(cifarRecord(1, 1))],
      300,
      (bytes) => readCifar(bytes, { classes: 100 }),
    ],
    ["readNpz", files.npz.map(bytesOf), 1500, (bytes) => readNpz(bytes, { maxBytes: 100_000 })],
    ["readSvhn", files.svhn.map(bytesOf), 1500, (bytes) => readSvhn(bytes, { maxBytes: 100_000 })],
    ["readPng", files.png.map(bytesOf), 1500, (bytes) => readPng(bytes, { maxBytes: 100_000 })],
    ["gunzip", [gzipSync(idx)], 1000, (bytes) => gunzip(bytes, { maxBytes: 100_000 })],
  ];

  /** Some bytes changed, preferably in the header or to the ends of their range, some cut off, some appended. */
  const mutations = fc.record({
    file: fc.nat(),
    changes: fc.array(
      fc.tuple(
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        fc.boolean(),
        fc.oneof(fc.constantFrom(0, 1, 127, 128, 255), fc.nat(255)),
      ),
      { maxLength: 6 },
    ),
    keep: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
    tail: fc.uint8Array({ maxLength: 8 }),
  });

  test.each(cases)("%s()", async (_, originals, runs, read) => {
    await fc.assert(
      fc.asyncProperty(mutations, async ({ file, changes, keep, tail }) => {
        const original = originals[file % originals.length]!;
        const kept = original.subarray(0, Math.round(original.length * keep));
        const bytes = new Uint8Array(kept.length + tail.length);
        bytes.set(kept);
        for (const [place, early, value] of changes) {
          bytes[Math.floor(place * (early ? Math.min(160, kept.length) : kept.length))] = value;
        }
        bytes.set(tail, kept.length);
        try {
          await read(bytes);
        } catch (error) {
          // Nothing but its own refusals: not an error of the engine for an array that is too long, say.
          expect(error).toSatisfy((e) => e instanceof TypeError || e instanceof RangeError);
          expect((error as Error).message).toMatch(/^Cannot (read (IDX|NPY|NPZ|PNG|CIFAR|SVHN)|decompress): /);
        }
      }),
      { numRuns: runs, seed: 1 },
    );
  });
});
