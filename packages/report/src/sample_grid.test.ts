import { decode } from "fast-png";
import { expect, test } from "vitest";
import { type SampleGridOptions, sampleGrid } from "./mod.ts";

const read = (png: Uint8Array): { width: number; height: number; channels: number; data: number[] } => {
  const { width, height, channels, data } = decode(png);
  return { width, height, channels, data: [...data] };
};

test("sampleGrid() places grey images row by row, scaled and padded, pixel by pixel", () => {
  const values = Float32Array.of(0, 64, 128, 255).map((value) => value / 255);
  const png = sampleGrid(values, [4, 1, 1, 1], { columns: 3, range: [0, 1], scale: 2, padding: 1 });
  const o = 255;
  expect(read(png)).toEqual({
    width: 10,
    height: 7,
    channels: 1,
    data: [
      [o, o, o, o, o, o, o, o, o, o],
      [o, 0, 0, o, 64, 64, o, 128, 128, o],
      [o, 0, 0, o, 64, 64, o, 128, 128, o],
      [o, o, o, o, o, o, o, o, o, o],
      [o, 255, 255, o, o, o, o, o, o, o],
      [o, 255, 255, o, o, o, o, o, o, o],
      [o, o, o, o, o, o, o, o, o, o],
    ].flat(),
  });
});

test("sampleGrid() keeps rows, columns and channels of colour images apart", () => {
  // Image i, row y, column x, channel c has the value 100 i + 40 y + 10 x + c.
  const shape = [2, 2, 3, 3];
  const values: number[] = [];
  for (let i = 0; i < 2; i++)
    for (let y = 0; y < 2; y++)
      for (let x = 0; x < 3; x++) for (let c = 0; c < 3; c++) values.push(100 * i + 40 * y + 10 * x + c);
  const beside = read(sampleGrid(values, shape, { columns: 2, range: [0, 255], padding: 0 }));
  expect([beside.width, beside.height, beside.channels]).toEqual([6, 2, 3]);
  expect(beside.data.slice(0, 18)).toEqual([...values.slice(0, 9), ...values.slice(18, 27)]);
  expect(beside.data.slice(18)).toEqual([...values.slice(9, 18), ...values.slice(27)]);
  expect(read(sampleGrid(values, shape, { columns: 1, range: [0, 255], padding: 0 })).data).toEqual(values);
});

test("sampleGrid() maps the range to bytes, rounds, and clips what lies beyond", () => {
  const values = [-3, -1, -0.5, 0, 0.5, 1, 3];
  expect(read(sampleGrid(values, [1, 1, 7, 1], { padding: 0 })).data).toEqual([0, 0, 64, 128, 191, 255, 255]);
});

test("sampleGrid() is as square as it can be unless told, and draws the first images where places are few", () => {
  const size = (n: number, options: SampleGridOptions): number[] => {
    const { width, height } = read(sampleGrid(new Float32Array(n), [n, 1, 1, 1], { padding: 0, ...options }));
    return [width, height];
  };
  expect(size(10, {})).toEqual([4, 3]);
  expect(size(10, { columns: 5 })).toEqual([5, 2]);
  expect(size(10, { rows: 3 })).toEqual([3, 3]);
  expect(size(10, { rows: 2, columns: 2 })).toEqual([2, 2]);
  const { data } = read(sampleGrid([0, 1, 2, 3], [4, 1, 1, 1], { rows: 1, columns: 2, range: [0, 255], padding: 0 }));
  expect(data).toEqual([0, 1]);
});

test("sampleGrid() gives equal bytes for equal arguments", () => {
  const draw = (): Uint8Array => sampleGrid(Float32Array.of(0.1, 0.2, 0.3), [1, 1, 1, 3]);
  expect(draw()).toEqual(draw());
});

test("sampleGrid() refuses shapes and values that do not fit", () => {
  const draw = (values: ArrayLike<number>, shape: number[]) => () => sampleGrid(values, shape);
  expect(draw([0, 0], [2, 1, 1])).toThrow(
    new TypeError(
      "Cannot draw sample grid: shape must be [n, height, width, 1] or [n, height, width, 3] but found [2, 1, 1]",
    ),
  );
  expect(draw([0, 0], [1, 1, 1, 2])).toThrow(TypeError);
  expect(draw([], [0, 1, 1, 1])).toThrow(TypeError);
  expect(draw([0, 0], [1, 1, 1, 1])).toThrow(
    new TypeError("Cannot draw sample grid: values must have 1 elements for shape [1, 1, 1, 1] but found 2"),
  );
  expect(draw([0, Number.NaN], [2, 1, 1, 1])).toThrow(
    new RangeError("Cannot draw sample grid: values[1] must be finite but found NaN"),
  );
  // @ts-expect-error: not numbers
  expect(draw("0", [1, 1, 1, 1])).toThrow('values must be an array of numbers but found "0"');
});

test("sampleGrid() refuses options that are out of range", () => {
  const draw = (options: SampleGridOptions) => () => sampleGrid(new Float32Array(5), [5, 1, 1, 1], options);
  expect(draw({ rows: 2, columns: 3 })).toThrow(
    new RangeError(
      "Cannot draw sample grid: rows times columns must be at most the number of images, 5, but found 2 by 3",
    ),
  );
  expect(draw({ columns: 6 })).toThrow("columns must be an integer from 1 to 5 but found 6");
  expect(draw({ rows: 0 })).toThrow("rows must be an integer from 1 to 5 but found 0");
  expect(draw({ range: [1, -1] })).toThrow("range must be [black, white], ascending, but found [1, -1]");
  expect(draw({ range: [0, Number.NaN] })).toThrow(RangeError);
  expect(draw({ scale: 0.5 })).toThrow("scale must be an integer from 1 to 64 but found 0.5");
  expect(draw({ padding: -1 })).toThrow("padding must be an integer from 0 to 256 but found -1");
  expect(() => sampleGrid(new Float32Array(1000), [1, 1, 1000, 1], { scale: 64 })).toThrow(
    "the grid must be at most 32767 pixels wide and high but found 64004 by 68",
  );
});
