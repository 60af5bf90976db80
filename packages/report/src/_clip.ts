import type { Point } from "./_curves.ts";

/** The sides of a frame, in either order. */
export interface Frame {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

/** Whether a point is inside of a frame or on its edge. */
export function isWithin({ x, y }: Point, frame: Frame): boolean {
  return isBetween(x, frame.x) && isBetween(y, frame.y);
}

/** The parts of a line through points that are inside of a frame (Liang and Barsky). */
export function clipLine(points: readonly Point[], frame: Frame): Point[][] {
  const parts: Point[][] = [];
  for (let i = 1; i < points.length; i++) {
    const segment = clipSegment(points[i - 1]!, points[i]!, frame);
    if (segment === undefined) continue;
    const last = parts.at(-1);
    if (last?.at(-1) === segment[0]) last.push(segment[1]);
    else parts.push(segment);
  }
  return parts;
}

/** What is inside of the frame of the line from `a` to `b`; ends that are inside are the very points. */
function clipSegment(a: Point, b: Point, { x, y }: Frame): [Point, Point] | undefined {
  let [enter, leave] = [0, 1];
  for (const axis of ["x", "y"] as const) {
    const side = axis === "x" ? x : y;
    const [low, high] = [Math.min(...side), Math.max(...side)];
    const step = b[axis] - a[axis];
    if (step === 0) {
      if (a[axis] < low || a[axis] > high) return undefined;
      continue;
    }
    const at = [(low - a[axis]) / step, (high - a[axis]) / step] as const;
    enter = Math.max(enter, Math.min(...at));
    leave = Math.min(leave, Math.max(...at));
  }
  if (enter > leave) return undefined;
  const pointAt = (t: number): Point => ({ x: a.x + t * (b.x - a.x), y: a.y + t * (b.y - a.y) });
  return [enter === 0 ? a : pointAt(enter), leave === 1 ? b : pointAt(leave)];
}

function isBetween(value: number, [a, b]: readonly [number, number]): boolean {
  return value >= Math.min(a, b) && value <= Math.max(a, b);
}
