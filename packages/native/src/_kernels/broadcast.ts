/**
 * Two shapes broadcast against each other, as the addon takes it (`struct Broadcast` of `cpp/kernels.h`): neighbouring
 * axes with the same pattern are one axis, and at most three remain.
 */
export interface Broadcast {
  readonly shape: number[];
  readonly layout: Int32Array;
}

/** The broadcast of two shapes; `null` when they do not match, are empty or need more than three axes. */
export function broadcast(a: readonly number[], b: readonly number[]): Broadcast | null {
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  const sides: number[] = [];
  const inA: boolean[] = [];
  const inB: boolean[] = [];
  for (let i = 0; i < rank; i++) {
    const p = a[i - rank + a.length] ?? 1;
    const q = b[i - rank + b.length] ?? 1;
    if (p !== q && p !== 1 && q !== 1) return null;
    const side = p === 1 ? q : p;
    shape[i] = side;
    if (side === 0) return null;
    if (side === 1) continue;
    const last = sides.length - 1;
    if (last >= 0 && inA[last] === p > 1 && inB[last] === q > 1) {
      sides[last]! *= side;
    } else {
      sides.push(side);
      inA.push(p > 1);
      inB.push(q > 1);
    }
  }
  if (sides.length > 3) return null;
  const layout = new Int32Array(9);
  let strideA = 1;
  let strideB = 1;
  for (let axis = 2, i = sides.length - 1; axis >= 0; axis--, i--) {
    const side = i >= 0 ? sides[i]! : 1;
    layout[axis] = side;
    if (i >= 0 && inA[i]) {
      layout[3 + axis] = strideA;
      strideA *= side;
    }
    if (i >= 0 && inB[i]) {
      layout[6 + axis] = strideB;
      strideB *= side;
    }
  }
  return strideA < 2 ** 31 && strideB < 2 ** 31 && sides.reduce((x, y) => x * y, 1) < 2 ** 31
    ? { shape, layout }
    : null;
}
