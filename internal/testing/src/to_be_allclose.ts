import { expect } from "vitest";

/** How close {@linkcode toBeAllclose} wants the numbers: `|actual - expected| <= atol + rtol |expected|`. */
export interface Tolerance {
  /** Relative tolerance. @default {1e-5} */
  readonly rtol?: number;
  /** Absolute tolerance. @default {1e-6} */
  readonly atol?: number;
}

/** Compares numbers, arrays and typed arrays element by element; NaN equals nothing. */
function toBeAllclose(
  actual: ArrayLike<number> | number,
  expected: ArrayLike<number> | number,
  tolerance: Tolerance = {},
): { pass: boolean; message: () => string } {
  const { rtol = 1e-5, atol = 1e-6 } = tolerance;
  const a = typeof actual === "number" ? [actual] : Array.from(actual);
  const b = typeof expected === "number" ? [expected] : Array.from(expected);
  if (a.length !== b.length) {
    return { pass: false, message: () => `expected ${b.length} numbers but found ${a.length}` };
  }
  const worst = a.findIndex(
    (value, i) => !(value === b[i] || Math.abs(value - b[i]!) <= atol + rtol * Math.abs(b[i]!)),
  );
  return {
    pass: worst === -1,
    message: () =>
      worst === -1
        ? "expected the numbers to differ"
        : `at ${worst} of ${a.length}: expected ${b[worst]} but found ${a[worst]} (rtol ${rtol}, atol ${atol})`,
  };
}

expect.extend({ toBeAllclose });

declare module "vitest" {
  // biome-ignore lint/suspicious/noExplicitAny: must repeat vitest's own declaration
  interface Matchers<T = any> {
    /** Passes when all numbers agree to `rtol` (1e-5) relative and `atol` (1e-6) absolute. */
    toBeAllclose(expected: ArrayLike<number> | number, tolerance?: Tolerance): T;
  }
}
