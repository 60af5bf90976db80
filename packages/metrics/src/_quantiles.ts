import { checkArray } from "./_check.ts";

/** The shares 0.01, 0.02, ..., 0.99, or those that are given; throws unless they are inside (0, 1). */
export function readLevels(action: string, levels: ArrayLike<number> | undefined): Float64Array {
  if (levels === undefined) return Float64Array.from({ length: 99 }, (_, i) => (i + 1) / 100);
  checkArray(action, "levels", levels);
  if (levels.length === 0) throw new RangeError(`Cannot ${action}: levels must have at least 1 number but found 0`);
  return Float64Array.from(levels, (level, i) => {
    if (level > 0 && level < 1) return level;
    throw new RangeError(`Cannot ${action}: levels must be in (0, 1) but found ${level} at ${i}`);
  });
}
