/** How long the sums of a block are. */
export const DEPTH = 512;

/** How many rows a block has at most: like its columns, a multiple of the sides of all tiles. */
export const HEIGHT = 60;
/** How many columns it has at most. */
export const WIDTH = 1020;

/** What multiplies blocks of packed numbers, in buffers of its own. */
export interface Tiles {
  /** The side of a tile of sums. */
  readonly side: number;
  /** The left block, `HEIGHT` lines of `DEPTH` numbers: groups of `side` lines, interleaved. */
  readonly a: Float64Array;
  /** The right block, `WIDTH` lines, likewise. */
  readonly b: Float64Array;
  /** The sums: `side * side` for each group of `a`. */
  readonly sums: Float64Array;
  /** Multiplies the first `count` groups of `a` by the group of `b` that begins at `start`, all `depth` deep. */
  multiply(start: number, depth: number, count: number): void;
}
