import type { Norm } from "./attack_options.ts";

/**
 * The smallest displacement `d` in a norm for which `w . (x + d) = b` and `x + d` is within `bounds`; where none is, the one that comes closest.
 */
export function toHyperplane(
  norm: Norm,
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  b: number,
  [low, high]: readonly [number, number],
): Float64Array {
  let excess = -b;
  for (let i = 0; i < x.length; i++) excess += w[i]! * x[i]!;
  // Each element can move by `room` against the sign of its weight, and lowers |excess| by `gain` a unit.
  const side = excess >= 0 ? 1 : -1;
  const room = (i: number): number => Math.max(0, w[i]! * side > 0 ? x[i]! - low : high - x[i]!);
  const gain = (i: number): number => Math.abs(w[i]!);
  const moves =
    norm === "l1"
      ? fewest(x.length, room, gain, Math.abs(excess))
      : together(norm, x.length, room, gain, Math.abs(excess));
  return moves.map((move, i) => (move === 0 ? 0 : -side * Math.sign(w[i]!) * move));
}

type OfElement = (i: number) => number;

/** In L1 the elements of the largest gain move as far as they can, one after the other. */
function fewest(size: number, room: OfElement, gain: OfElement, excess: number): Float64Array {
  const moves = new Float64Array(size);
  const order = movable(size, gain).sort((i, j) => gain(j) - gain(i));
  let left = excess;
  for (const i of order) {
    if (left <= 0) break;
    moves[i] = Math.min(room(i), left / gain(i));
    left -= gain(i) * moves[i]!;
  }
  return moves;
}

/** In L2 all elements move in proportion to their gain, in Linf all alike, until they meet a bound. */
function together(norm: "l2" | "linf", size: number, room: OfElement, gain: OfElement, excess: number): Float64Array {
  const speed = norm === "l2" ? gain : () => 1;
  const order = movable(size, gain).sort((i, j) => room(i) / speed(i) - room(j) / speed(j));
  let slope = order.reduce((total, i) => total + gain(i) * speed(i), 0);
  let filled = 0;
  let time = Number.POSITIVE_INFINITY;
  for (const i of order) {
    const met = room(i) / speed(i);
    if (filled + slope * met >= excess) {
      time = (excess - filled) / slope;
      break;
    }
    filled += gain(i) * room(i);
    slope -= gain(i) * speed(i);
  }
  const moves = new Float64Array(size);
  for (const i of order) moves[i] = Math.min(room(i), time * speed(i));
  return moves;
}

function movable(size: number, gain: OfElement): number[] {
  return Array.from({ length: size }, (_, i) => i).filter((i) => gain(i) > 0);
}
