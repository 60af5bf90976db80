/** The height and width of an input, and how many values are at each place. */
export interface Grid {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** A window of a grid. */
export interface Window {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** An input `[height, width, channels]` or `[height, width]` as it is, and any other as one row. */
export function gridOf(shape: readonly number[]): Grid {
  const size = shape.reduce((a, b) => a * b, 1);
  if (shape.length !== 2 && shape.length !== 3) return { height: 1, width: size, channels: 1 };
  const [height, width, channels = 1] = shape as [number, number, number?];
  return { height, width, channels };
}

/** The sides of a window of `share` of the grid, as square as the grid lets it be. At least `least` long and odd if `least` is above 1. */
export function sidesOf({ height, width }: Grid, share: number, least: number): { height: number; width: number } {
  const area = share * height * width;
  const side = Math.min(Math.sqrt(area), height);
  return { height: fit(side, height, least), width: fit(area / side, width, least) };
}

function fit(side: number, room: number, least: number): number {
  const rounded = Math.max(Math.round(side), least);
  return Math.min(least > 1 && rounded % 2 === 0 ? rounded + 1 : rounded, room);
}

/** A window of these sides at a place given by two fractions of `[0, 1)`. */
export function placed(
  grid: Grid,
  { height, width }: { height: number; width: number },
  down: number,
  right: number,
): Window {
  const top = Math.floor(down * (grid.height - height + 1));
  const left = Math.floor(right * (grid.width - width + 1));
  return { top, left, height, width };
}

/** The indices of the elements of a window in one channel, row by row. */
export function indicesOf(grid: Grid, { top, left, height, width }: Window, channel: number): number[] {
  return Array.from({ length: height * width }, (_, i) => {
    const [row, column] = [top + Math.floor(i / width), left + (i % width)];
    return (row * grid.width + column) * grid.channels + channel;
  });
}

/**
 * Two bumps of opposite signs side by side, of Euclidean length 1, `height * width` values: the perturbation of a window in L2.
 *
 * A bump is the sum of rectangles that grow from its middle, the `k`-th with weight `1 / k^2`.
 */
export function bumps(height: number, width: number, across: boolean): Float64Array {
  const values = new Float64Array(height * width);
  const split = (side: number): [number, number][] => [
    [0, Math.floor(side / 2)],
    [Math.floor(side / 2), side - Math.floor(side / 2)],
  ];
  split(across ? width : height).forEach(([from, length], half) => {
    const bump = across ? bumpOf(height, length) : bumpOf(length, width);
    const columns = across ? length : width;
    bump.forEach((value, i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      const at = across ? row * width + from + column : (from + row) * width + column;
      values[at] = half === 0 ? value : -value;
    });
  });
  return unit(values);
}

function bumpOf(height: number, width: number): Float64Array {
  const values = new Float64Array(height * width);
  const [middle, centre] = [Math.floor(height / 2), Math.floor(width / 2)];
  for (let i = 0; i < values.length; i++) {
    const ring = Math.max(Math.abs(Math.floor(i / width) - middle), Math.abs((i % width) - centre));
    // It lies in the rectangles from number `ring + 1` on; there are as many as reach to the far side.
    for (let k = ring + 1; k <= Math.max(middle, centre) + 1; k++) values[i]! += 1 / (k * k);
  }
  return unit(values);
}

/** The values at Euclidean length 1; zeros stay. */
function unit(values: Float64Array): Float64Array {
  const length = Math.sqrt(values.reduce((total, value) => total + value * value, 0));
  return length > 0 ? values.map((value) => value / length) : values;
}
