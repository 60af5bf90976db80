import { checkIndices } from "./_check.ts";

/**
 * Takes the chains of one coordinate out of samples, for the diagnostics.
 *
 * @example Usage
 * ```ts
 * import { chainsOf } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * // Two samples of three chains with one coordinate.
 * const chains = chainsOf([1, 2, 3, 4, 5, 6], [2, 3, 1]);
 * expect(chains.map((chain) => [...chain])).toEqual([[1, 4], [2, 5], [3, 6]]);
 * ```
 *
 * @param values The values of `sample`'s `x` or of an entry of its `info`, row-major.
 * @param shape Its shape, `[kept, batch, ...input]`.
 * @param coordinate Which element of an input.
 * @returns The draws of each chain in order, `batch` times `kept`.
 * @throws {TypeError} When there are not as many values as the shape says.
 * @throws {RangeError} When there is no such coordinate.
 */
export function chainsOf(values: ArrayLike<number>, shape: readonly number[], coordinate: number = 0): Float64Array[] {
  const [kept = 0, batch = 0, ...input] = shape;
  const length = input.reduce((product, side) => product * side, 1);
  if (values.length !== kept * batch * length) {
    throw new TypeError(`Cannot take chains: values must be [${shape.join(", ")}] but found ${values.length}`);
  }
  checkIndices("take chains", "coordinate", [coordinate], length);
  return Array.from({ length: batch }, (_, chain) =>
    Float64Array.from({ length: kept }, (_, i) => values[(i * batch + chain) * length + coordinate]!),
  );
}
