import { DEPTH, HEIGHT, type Tiles, WIDTH } from "./_tile_shape.ts";

/** As many sums as a processor has registers for, with what they are made of. */
const SIDE = 3;

/** Tiles in JavaScript. */
export function plainTiles(): Tiles {
  const a = new Float64Array(HEIGHT * DEPTH);
  const b = new Float64Array(WIDTH * DEPTH);
  const sums = new Float64Array(HEIGHT * SIDE);
  return {
    side: SIDE,
    a,
    b,
    sums,
    multiply(start, depth, count) {
      for (let i = 0; i < count; i++) multiplyTile(sums, i * SIDE * SIDE, a, i * SIDE * depth, b, start, depth);
    },
  };
}

/** Nine sums of products at once: each number that is read is used three times. */
function multiplyTile(
  sums: Float64Array,
  at: number,
  a: Float64Array,
  aStart: number,
  b: Float64Array,
  bStart: number,
  depth: number,
): void {
  let c00 = 0;
  let c01 = 0;
  let c02 = 0;
  let c10 = 0;
  let c11 = 0;
  let c12 = 0;
  let c20 = 0;
  let c21 = 0;
  let c22 = 0;
  let i = aStart;
  let j = bStart;
  for (let p = 0; p < depth; p++) {
    const b0 = b[j]!;
    const b1 = b[j + 1]!;
    const b2 = b[j + 2]!;
    const a0 = a[i]!;
    c00 += a0 * b0;
    c01 += a0 * b1;
    c02 += a0 * b2;
    const a1 = a[i + 1]!;
    c10 += a1 * b0;
    c11 += a1 * b1;
    c12 += a1 * b2;
    const a2 = a[i + 2]!;
    c20 += a2 * b0;
    c21 += a2 * b1;
    c22 += a2 * b2;
    i += SIDE;
    j += SIDE;
  }
  sums[at] = c00;
  sums[at + 1] = c01;
  sums[at + 2] = c02;
  sums[at + 3] = c10;
  sums[at + 4] = c11;
  sums[at + 5] = c12;
  sums[at + 6] = c20;
  sums[at + 7] = c21;
  sums[at + 8] = c22;
}
