import { uniformValues } from "@jem-js/random";
import { clip } from "./_points.ts";
import { bumps, type Grid, indicesOf, placed, sidesOf } from "./_windows.ts";
import type { DecisionExample } from "./decision_example.ts";

/** How candidates are made in one norm. */
export interface SquareMoves {
  /** The first candidate. */
  start(example: DecisionExample, grid: Grid): Float32Array;
  /** A candidate that differs from the best one in a window, or two, of `share` of the places. */
  move(example: DecisionExample, grid: Grid, best: Float32Array, share: number): Float32Array;
}

/** Stripes and squares at the corners of the ball. */
export function maxMoves(epsilon: number): SquareMoves {
  const at = ({ x, bounds: [low, high] }: DecisionExample, i: number, sign: number): number =>
    Math.fround(clip(x[i]! + sign * epsilon, low, high));

  function start(example: DecisionExample, { width, channels }: Grid): Float32Array {
    const signs = signsOf(uniformValues(example.key, width * channels));
    return example.x.map((_, i) => at(example, i, signs[i % (width * channels)]!));
  }

  function move(example: DecisionExample, grid: Grid, best: Float32Array, share: number): Float32Array {
    const [down, right, ...rest] = uniformValues(example.key, 2 + grid.channels);
    const window = placed(grid, sidesOf(grid, share, 1), down!, right!);
    const signs = signsOf(rest);
    const fill = (factor: number): Float32Array => {
      const candidate = best.slice();
      signs.forEach((sign, channel) => {
        for (const i of indicesOf(grid, window, channel)) candidate[i] = at(example, i, factor * sign);
      });
      return candidate;
    };
    const candidate = fill(1);
    // A query that asks nothing new is wasted.
    return candidate.some((value, i) => value !== best[i]) ? candidate : fill(-1);
  }

  return { start, move };
}

/** Bumps whose mass moves from window to window, on the sphere. */
export function euclideanMoves(epsilon: number): SquareMoves {
  /** `x` plus a perturbation at length epsilon, in the bounds. */
  function at({ x, bounds: [low, high] }: DecisionExample, delta: Float64Array): Float32Array {
    const scale = epsilon / Math.max(Math.sqrt(squaresOf(delta)), Number.MIN_VALUE);
    return x.map((value, i) => clip(value + scale * delta[i]!, low, high));
  }

  function start(example: DecisionExample, grid: Grid): Float32Array {
    const [height, width] = [grid.height, grid.width].map((side) => Math.max(Math.floor(side / 5), 1)) as [
      number,
      number,
    ];
    const [rows, columns] = [Math.floor(grid.height / height), Math.floor(grid.width / width)];
    const draws = uniformValues(example.key, rows * columns * (1 + grid.channels));
    const delta = new Float64Array(example.x.length);
    for (let tile = 0; tile < rows * columns; tile++) {
      const top = Math.floor((grid.height - rows * height) / 2) + Math.floor(tile / columns) * height;
      const left = Math.floor((grid.width - columns * width) / 2) + (tile % columns) * width;
      const [turn, ...rest] = draws.subarray(tile * (1 + grid.channels), (tile + 1) * (1 + grid.channels));
      const bump = bumps(height, width, turn! < 0.5);
      signsOf(rest).forEach((sign, channel) => {
        indicesOf(grid, { top, left, height, width }, channel).forEach((i, place) => {
          delta[i] = sign * bump[place]!;
        });
      });
    }
    return at(example, delta);
  }

  function move(example: DecisionExample, grid: Grid, best: Float32Array, share: number): Float32Array {
    const [down, right, down2, right2, turn, ...rest] = uniformValues(example.key, 5 + grid.channels);
    const sides = sidesOf(grid, share, 3);
    const [to, from] = [placed(grid, sides, down!, right!), placed(grid, sides, down2!, right2!)];
    const delta = Float64Array.from(best, (value, i) => value - example.x[i]!);
    const spare = Math.max(epsilon * epsilon - squaresOf(delta), 0) / grid.channels;
    const bump = bumps(to.height, to.width, turn! < 0.5);
    signsOf(rest).forEach((sign, channel) => {
      transfer(delta, indicesOf(grid, to, channel), indicesOf(grid, from, channel), bump, sign, spare);
    });
    return at(example, delta);
  }

  return { start, move };
}

/** Moves the mass of one window to another, where it becomes what was there, at length 1, plus a bump; `spare` is added to its square. */
function transfer(
  delta: Float64Array,
  to: readonly number[],
  from: readonly number[],
  bump: Float64Array,
  sign: number,
  spare: number,
): void {
  const both = new Set([...to, ...from]);
  const mass = Array.from(both).reduce((total, i) => total + delta[i]! * delta[i]!, spare);
  const here = Math.sqrt(to.reduce((total, i) => total + delta[i]! * delta[i]!, 0));
  const made = bump.map((value, place) => sign * value + delta[to[place]!]! / (1e-12 + here));
  const scale = Math.sqrt(mass) / (1e-12 + Math.sqrt(squaresOf(made)));
  for (const i of from) delta[i] = 0;
  to.forEach((i, place) => {
    delta[i] = scale * made[place]!;
  });
}

function signsOf(draws: ArrayLike<number>): number[] {
  return Array.from(draws, (draw) => (draw < 0.5 ? -1 : 1));
}

function squaresOf(values: Float64Array): number {
  return values.reduce((total, value) => total + value * value, 0);
}
