import type { ToyDensity } from "@jem-js/data";
import type { EnergyHead } from "@jem-js/energy";
import { auroc, expectedCalibrationError } from "@jem-js/metrics";
import { key, uniform } from "@jem-js/random";
import * as tf from "@tensorflow/tfjs";

/** What is measured of a joint model whose density is known. */
export interface Figures {
  /** `KL(p || q)` in nats, by quadrature on [-4, 4]^2. */
  readonly kl: number;
  readonly accuracy: number;
  readonly ece: number;
  /** Of log p(x): data against uniform points on [-3, 3]^2 where there are hardly any data. */
  readonly auroc: number;
}

const SIDE = 160;
const AREA = (8 / SIDE) ** 2;
const COUNT = 10_000;

/** Measures `head` against the density that it learnt. */
export async function measure(head: EnergyHead, density: ToyDensity): Promise<Figures> {
  const at = (i: number): number => -4 + (8 * (i + 0.5)) / SIDE;
  const points = Float32Array.from({ length: 2 * SIDE * SIDE }, (_, i) =>
    at(i % 2 === 0 ? (i >> 1) % SIDE : Math.floor((i >> 1) / SIDE)),
  );
  const grid = tf.tensor2d(points, [SIDE * SIDE, 2]);
  const { x, labels } = density.sample(key(1_000_003), COUNT);
  const noise = uniform(key(1_000_004), [COUNT, 2], { min: -3, max: 3 }) as tf.Tensor2D;
  const read = async (make: () => tf.Tensor): Promise<ArrayLike<number>> => {
    const values = tf.tidy(make);
    const found = await values.data();
    values.dispose();
    return found;
  };
  const [logP, logQ] = [await read(() => density.logDensity(grid)), await read(() => head.logDensity(grid))];
  const probabilities = await read(() => head.probabilities(x));
  const truth = await labels.data();
  const [ofData, ofNoise] = [await read(() => head.logDensity(x)), await read(() => head.logDensity(noise))];
  const far = await read(() => density.logDensity(noise));
  tf.dispose([grid, x, labels, noise]);
  const classes = probabilities.length / COUNT;
  const rows = Array.from({ length: COUNT }, (_, i) =>
    Array.from({ length: classes }, (_, y) => probabilities[i * classes + y]!),
  );
  const right = rows.filter((row, i) => row.indexOf(Math.max(...row)) === truth[i]).length;
  return {
    kl: divergence(logP, logQ),
    accuracy: right / COUNT,
    ece: expectedCalibrationError(rows, truth, { bins: 15 }),
    auroc: auroc(
      ofData,
      Array.from(ofNoise).filter((_, i) => far[i]! < -6),
    ),
  };
}

function divergence(logP: ArrayLike<number>, logQ: ArrayLike<number>): number {
  const [p, q] = [normalize(logP), normalize(logQ)];
  return p.reduce((sum, value, i) => sum + (value > -50 ? Math.exp(value) * (value - q[i]!) : 0), 0) * AREA;
}

function normalize(values: ArrayLike<number>): Float64Array {
  const all = Float64Array.from(values);
  const most = all.reduce((a, b) => Math.max(a, b));
  const logMass = most + Math.log(all.reduce((sum, value) => sum + Math.exp(value - most), 0) * AREA);
  return all.map((value) => value - logMass);
}
