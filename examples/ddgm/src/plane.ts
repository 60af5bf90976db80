import type { ToyDensity } from "@jem-js/data";
import { auroc } from "@jem-js/metrics";
import type { ProductOfExperts } from "@jem-js/models";
import { type Key, uniform } from "@jem-js/random";
import type { LandscapeSeries } from "@jem-js/report";
import * as tf from "@tensorflow/tfjs";
import type { Game, Played } from "./games.ts";

/** How many points a side of the grid on [-5, 5]^2 has. */
export const SIDE = 120;
const AREA = (10 / SIDE) ** 2;

/** What is measured of a game in the plane. */
export interface PlaneRow {
  readonly density: string;
  readonly game: Game;
  /** The fraction of the samples that are likelier than the least likely hundredth of the data. */
  readonly quality: number;
  /** How many modes have at least a quarter of their share of the samples, of how many. */
  readonly modes: string;
  /** `KL(p || q)` of the density and `exp(-E) / Z`, on the grid, in nats. */
  readonly klOfEnergy: number;
  /** How well the energy tells data from what the generator made early, from what it makes, and from uniform noise. */
  readonly aurocEarly: number;
  readonly aurocNow: number;
  readonly aurocNoise: number;
}

/** Measures a model and its generator against the density that both were to learn. */
export async function measurePlane(
  name: string,
  game: Game,
  density: ToyDensity,
  { model, played, key }: { model: ProductOfExperts; played: Played; key: Key },
): Promise<{ row: PlaneRow; series: LandscapeSeries }> {
  const count = played.final.shape[0]!;
  const { x, labels } = density.sample(key, count);
  const read = async (make: () => tf.Tensor): Promise<Float32Array> => {
    const values = tf.tidy(make);
    const found = (await values.data()) as Float32Array;
    values.dispose();
    return found;
  };
  const noise = uniform(key, [count, 2], { min: -5, max: 5 });
  const [ofData, ofEarly, ofNow, ofNoise] = await Promise.all(
    [x, played.early, played.final, noise].map((points) => read(() => model.logDensity(points))),
  );
  const made = played.final as tf.Tensor2D;
  const [truthOfData, truthOfMade] = [
    await read(() => density.logDensity(x)),
    await read(() => density.logDensity(made)),
  ];
  const threshold = truthOfData.slice().sort()[Math.floor(count / 100)]!;
  const isGood = truthOfMade.map((value) => Number(value >= threshold));
  const classOf = await read(() => tf.argMax(density.logJoint(made), 1));
  const shares = Array.from({ length: density.classes }, (_, y) =>
    isGood.reduce((sum, good, i) => sum + good * Number(classOf[i] === y), 0),
  );
  const grid = tf.tensor2d(gridPoints(), [SIDE * SIDE, 2]);
  const [logP, logQ] = [await read(() => density.logDensity(grid)), await read(() => model.logDensity(grid))];
  const row: PlaneRow = {
    density: name,
    game,
    quality: isGood.reduce((a, b) => a + b, 0) / count,
    modes: `${shares.filter((share) => share >= count / density.classes / 4).length} of ${density.classes}`,
    klOfEnergy: divergence(logP, logQ),
    aurocEarly: auroc(ofData!, ofEarly!),
    aurocNow: auroc(ofData!, ofNow!),
    aurocNoise: auroc(ofData!, ofNoise!),
  };
  const samples = (await made.slice([0, 0], [Math.min(count, 500), 2]).data()) as Float32Array;
  tf.dispose([x, labels, noise, grid]);
  return { row, series: { name: game, energies: normalize(logQ).map((value) => -value), samples } };
}

/** The energies of the density itself, as a panel. */
export async function truth(density: ToyDensity, key: Key): Promise<LandscapeSeries> {
  const grid = tf.tensor2d(gridPoints(), [SIDE * SIDE, 2]);
  const { x, labels } = density.sample(key, 500);
  const logP = (await density.logDensity(grid).data()) as Float32Array;
  const samples = (await x.data()) as Float32Array;
  tf.dispose([grid, x, labels]);
  return { name: "data", energies: normalize(logP).map((value) => -value), samples };
}

function gridPoints(): Float32Array {
  const at = (i: number): number => -5 + (10 * (i + 0.5)) / SIDE;
  return Float32Array.from({ length: 2 * SIDE * SIDE }, (_, i) => {
    const point = i >> 1;
    return i % 2 === 0 ? at(point % SIDE) : -at(Math.floor(point / SIDE));
  });
}

function divergence(logP: Float32Array, logQ: Float32Array): number {
  const [p, q] = [normalize(logP), normalize(logQ)];
  return p.reduce((sum, value, i) => sum + (value > -50 ? Math.exp(value) * (value - q[i]!) : 0), 0) * AREA;
}

function normalize(values: ArrayLike<number>): Float64Array {
  const all = Float64Array.from(values);
  const most = all.reduce((a, b) => Math.max(a, b));
  const logMass = most + Math.log(all.reduce((sum, value) => sum + Math.exp(value - most), 0) * AREA);
  return all.map((value) => value - logMass);
}
