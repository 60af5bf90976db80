import { key, randintValues } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import {
  engine,
  type NamedAttrMap,
  type NamedTensorMap,
  setBackend,
  type Tensor,
  tensor,
  zeros,
} from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeNative } from "../../testing/compare.ts";

function run(x: Tensor, logits: Tensor, attrs: object): Tensor {
  const inputs = { x, logits } as unknown as NamedTensorMap;
  return engine().runKernel("CompressionCounts", inputs, attrs as NamedAttrMap) as Tensor;
}

/** The definition, by searching: a phrase ends where it does not occur in what precedes its last symbol. */
function phrases(symbols: readonly number[]): number {
  const text = String.fromCharCode(...symbols.map((symbol) => 65 + symbol));
  let count = 0;
  for (let i = 0; i < text.length; count++) {
    let j = i;
    while (j < text.length && text.slice(0, j).includes(text.slice(i, j + 1))) j += 1;
    i = j + 1;
  }
  return count;
}

describeNative("CompressionCounts", () => {
  beforeAll(() => setBackend("native"));
  afterAll(() => setBackend("cpu"));

  test.each([
    [[3, 5, 5, 3], 4],
    [[2, 33, 17], 2],
    [[1, 20, 31, 2], 3],
    [[2, 1, 5], 1],
    [[1, 700, 1], 9],
  ])("of maps %j cut into %d levels are the definition", async (shape, levels) => {
    const [batch, channels] = [shape[0]!, shape.at(-1)!];
    const size = shape.reduce((a, b) => a * b, 1);
    const positions = size / batch / channels;
    // Values are their symbols: levels are cut between them.
    const values = randintValues(key(1), size, { min: 0, max: levels + 1 });
    const prototypes = Uint8Array.from(randintValues(key(2), 2 * positions * channels, { min: 0, max: levels + 1 }));
    const edges = Float32Array.from({ length: (levels - 1) * channels }, (_, i) => Math.floor(i / channels) + 1.5);
    const logits = Array.from({ length: batch }, (_, i) => [i % 3 === 0 ? 1 : 0, i % 3 === 1 ? 1 : 0, 0.5]);
    const [x, z] = [tensor(Float32Array.from(values), shape), tensor(logits)];
    const result = run(x, z, { levels, edges, prototypes, prototypeOf: Int32Array.of(1, 0, 1) });
    expect(result.shape).toEqual([batch, channels, 4]);
    const found = await result.data();
    for (let i = 0; i < batch; i++) {
      for (let c = 0; c < channels; c++) {
        const own = Array.from({ length: positions }, (_, t) => values[(i * positions + t) * channels + c]!);
        const from = ((i % 3 === 1 ? 0 : 1) * channels + c) * positions;
        const [high, low, alone, both] = found.slice(4 * (i * channels + c));
        expect(high! + low!).toBeCloseTo(own.reduce((a, b) => a + b, 0) / positions, 12);
        expect([alone, both]).toEqual([
          phrases(own),
          phrases([...own, ...prototypes.subarray(from, from + positions)]),
        ]);
      }
    }
    for (const each of [x, z, result]) each.dispose();
  });

  test("pass on what is not a number by the average, and throw for what does not go together", async () => {
    const [x, z] = [tensor([1, Number.NaN, 2, 3], [1, 2, 2]), zeros([1, 2])];
    const good = {
      levels: 2,
      edges: new Float32Array(2),
      prototypes: new Uint8Array(4).fill(255),
      prototypeOf: new Int32Array(2),
    };
    await leakFree(() => run(x, z, good).dispose());
    const result = run(x, z, good);
    expect(Array.from(await result.data()).map(Number.isNaN)).toEqual([
      false,
      false,
      false,
      false,
      true,
      true,
      false,
      false,
    ]);
    expect(() => run(x, z, { ...good, levels: 256 })).toThrow("levels must be an integer from 1 to 255 but found 256");
    expect(() => run(x, z, { ...good, edges: new Float32Array(3) })).toThrow("edges must be 2 numbers");
    expect(() => run(x, z, { ...good, prototypes: new Uint8Array(5) })).toThrow("with 4 symbols for each");
    expect(() => run(x, z, { ...good, prototypeOf: Int32Array.of(0, 1) })).toThrow("2 indices below 1");
    expect(() => run(x, x, good)).toThrow("logits [batch, classes] but found [1, 2, 2] and [1, 2, 2]");
    for (const each of [x, z, result]) each.dispose();
  });
});
