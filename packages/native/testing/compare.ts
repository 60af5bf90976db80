import { type Key, key, normalValues } from "@jem-js/random";
import { memory, setBackend, type Tensor, type TensorContainer, tensor, tidy } from "@tensorflow/tfjs-core";
import { describe, expect } from "vitest";
import "@jem-js-internal/testing";
import { isAvailable, unavailableReason } from "../src/mod.ts";

/** Describes tests of the backend; where it is not available they are skipped and their name says why. */
export function describeNative(name: string, tests: () => void): void {
  const title = isAvailable() ? name : `${name} (skipped: ${unavailableReason()})`;
  describe.skipIf(!isAvailable())(title, tests);
}

/** Normal numbers of a shape, equal on every backend. */
export function randn(shape: number[], seed: number | Key = 0): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(normalValues(typeof seed === "number" ? key(seed) : seed, size), shape, "float32");
}

/** What a body gave on one backend. */
interface Outcome {
  readonly shape: number[];
  readonly dtype: string;
  readonly values: number[];
}

/** Runs `body` on a backend; checks that nothing leaks. */
export async function runOn(backend: string, body: () => Tensor | Tensor[]): Promise<Outcome[]> {
  await setBackend(backend);
  const before = memory().numTensors;
  const results = tidy(() => ({ list: [body()].flat() as Tensor[] }) as unknown as TensorContainer) as unknown as {
    list: Tensor[];
  };
  const outcomes: Outcome[] = [];
  for (const result of results.list) {
    outcomes.push({ shape: result.shape, dtype: result.dtype, values: Array.from(await result.data()) });
    result.dispose();
  }
  expect(memory().numTensors, `tensors left behind on ${backend}`).toBe(before);
  await setBackend("cpu");
  return outcomes;
}

/**
 * Runs `body` on the cpu backend and on this one and expects the same: shapes, types, and values to within `tolerance`
 * of their size or of the root mean square, whichever is larger.
 */
export async function expectSame(body: () => Tensor | Tensor[], tolerance: number = 1e-5): Promise<void> {
  const expected = await runOn("cpu", body);
  const actual = await runOn("native", body);
  expect(actual.length).toBe(expected.length);
  for (const [i, { shape, dtype, values }] of actual.entries()) {
    const reference = expected[i]!;
    expect(shape).toEqual(reference.shape);
    expect(dtype).toBe(reference.dtype);
    const finite = reference.values.filter(Number.isFinite);
    const rms = Math.sqrt(finite.reduce((sum, value) => sum + value * value, 0) / Math.max(finite.length, 1));
    const wrong = values.findIndex((value, at) => {
      const wanted = reference.values[at]!;
      return (
        !Object.is(value, wanted) &&
        value !== wanted &&
        !(Math.abs(value - wanted) <= tolerance * Math.max(rms, Math.abs(wanted)))
      );
    });
    if (wrong !== -1) {
      expect.fail(
        `result ${i}, element ${wrong} of ${values.length}: native ${values[wrong]}, cpu ${reference.values[wrong]} ` +
          `(tolerance ${tolerance} of ${rms})`,
      );
    }
  }
}
