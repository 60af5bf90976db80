import { isAvailable } from "@jem-js/native";
import { key, normalValues } from "@jem-js/random";
import { getBackend, setBackend } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { forwardSolve } from "./_cholesky.ts";
import { distancesOnHost, squaredDistances } from "./_distances.ts";

/** Numbers to compare, with one of them for what is none: distances are not negative. */
const plain = (values: ArrayLike<number>): number[] =>
  Array.from(values, (value) => (Number.isNaN(value) ? -1 : value));
const normals = (size: number, seed: number): Float64Array => Float64Array.from(normalValues(key(seed), size));

test.each([
  [1, 1, 1],
  [1, 7, 3],
  [4, 5, 1],
  [9, 33, 10],
  [30, 2, 50],
])(
  "squaredDistances() of %d rows of %d numbers to %d centres is the definition, on the host and by the kernel",
  async (rows, width, count) => {
    const [x, centres, factor] = [normals(rows * width, 1), normals(count * width, 2), normals(width * width, 3)];
    for (let i = 0; i < width; i++) factor[i * width + i] = width + i;
    x[0] = rows > 4 ? Number.NaN : x[0]!;
    const backend = getBackend();
    for (const by of [undefined, factor]) {
      const expected = Array.from({ length: rows }, (_, i) => {
        const row = x.subarray(i * width, (i + 1) * width);
        const solved = by ? forwardSolve(by, row) : row;
        return Array.from({ length: count }, (_, j) =>
          solved.reduce((sum, value, k) => sum + (value - centres[j * width + k]!) ** 2, 0),
        );
      }).flat();
      const to = { width, centres, ...(by && { factor: by }) };
      const onHost = new Float64Array(rows * count);
      distancesOnHost(x, to, onHost);
      expect(plain(onHost)).toBeAllclose(plain(expected), { rtol: 1e-11 });
      expect(squaredDistances(x, to)).toEqual(onHost);
      if (!isAvailable()) continue;
      await setBackend("native");
      expect(plain(squaredDistances(x, to))).toBeAllclose(plain(expected), { rtol: 1e-11 });
      await setBackend(backend);
    }
  },
);
