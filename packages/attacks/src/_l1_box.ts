/**
 * Writes to `point` the point of the L1 ball of radius `epsilon` around `origin`, within `[low, high]`, that is nearest to it in Euclidean
 * distance. The origin must be within the bounds.
 *
 * Of the offset `u` every element shrinks by the same `t` and is then cut to the room that the bounds leave it, `min(max(|u| - t, 0), room)`; `t` is
 * what brings their sum to `epsilon`, found exactly among the places where an element starts or ceases to shrink (Croce and Hein
 * 2021, §3.1).
 */
export function projectToL1Box(
  point: Float32Array,
  origin: Float32Array,
  epsilon: number,
  [low, high]: readonly [number, number],
): void {
  const size = point.length;
  const magnitudes = new Float64Array(size);
  const rooms = new Float64Array(size);
  let total = 0;
  for (let i = 0; i < size; i++) {
    const offset = point[i]! - origin[i]!;
    magnitudes[i] = Math.abs(offset);
    rooms[i] = Math.max(0, offset > 0 ? high - origin[i]! : origin[i]! - low);
    total += Math.min(magnitudes[i]!, rooms[i]!);
  }
  const shrinkage = total > epsilon ? thresholdOf(magnitudes, rooms, total - epsilon) : 0;
  for (let i = 0; i < size; i++) {
    const length = Math.min(Math.max(magnitudes[i]! - shrinkage, 0), rooms[i]!);
    // What neither shrinks nor is cut keeps its bits.
    if (length !== magnitudes[i]) point[i] = origin[i]! + (point[i]! > origin[i]! ? length : -length);
    point[i] = Math.min(Math.max(point[i]!, low), high);
  }
}

/** The `t` that takes `excess` off the sum of `min(max(magnitude - t, 0), room)`, which is more than that at 0. */
function thresholdOf(magnitudes: Float64Array, rooms: Float64Array, excess: number): number {
  const shrinking = Array.from(magnitudes.keys()).filter((i) => Math.min(magnitudes[i]!, rooms[i]!) > 0);
  // Elements shrink from their magnitude less their room on, until they are 0.
  const starts = Float64Array.from(shrinking, (i) => Math.max(0, magnitudes[i]! - rooms[i]!)).sort();
  const ends = Float64Array.from(shrinking, (i) => magnitudes[i]!).sort();
  let [t, taken, slope, next, ended] = [0, 0, 0, 0, 0];
  while (ended < ends.length) {
    const start = starts[next] ?? Number.POSITIVE_INFINITY;
    const event = Math.min(start, ends[ended]!);
    const reached = taken + slope * (event - t);
    if (reached >= excess) break;
    taken = reached;
    t = event;
    if (start <= ends[ended]!) {
      slope += 1;
      next += 1;
    } else {
      slope -= 1;
      ended += 1;
    }
  }
  return slope > 0 ? t + (excess - taken) / slope : t;
}
