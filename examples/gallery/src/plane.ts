import { energyHead } from "@jem-js/energy";
import { mlp } from "@jem-js/models";
import { foldIn, type Key, key, normalValues, randintValues, split, uniform, uniformValues } from "@jem-js/random";
import { replayBuffer, sample, sgld } from "@jem-js/samplers";
import { cosineDecay, fit, jemProcedure } from "@jem-js/trainer";
import { progressBar } from "@jem-js/trainer/node";
import * as tf from "@tensorflow/tfjs";

/** A JEM of four Gaussians, on a grid over the plane whose first row is the upper one. */
export interface Plane {
  readonly grid: readonly [rows: number, columns: number];
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly energies: Float32Array;
  /** The most probable class and the entropy of the classes. */
  readonly predictions: Int32Array;
  readonly uncertainties: Float32Array;
  /** The true density, 1 where it is highest, and the class of the nearest Gaussian. */
  readonly density: Float32Array;
  readonly labels: Int32Array;
  /** Points of the data. */
  readonly samples: Float32Array;
  readonly chains: { readonly values: Float32Array; readonly shape: readonly number[] };
}

const CENTRES = [
  [1.2, 0],
  [0, 1.2],
  [-1.2, 0],
  [0, -1.2],
] as const;
const DEVIATION = 0.3;
const SIDE = 144;
const EDGE = 2.4;

/** Trains the JEM and measures it. */
export async function measurePlane(iterations: number): Promise<Plane> {
  const [weights, forBuffer, points, training, starts, walk] = split(key(0), 6) as Key[];
  const model = mlp(weights!, { inputShape: [2], units: [64, 64], classes: 4, activation: "swish" });
  const head = energyHead(model);
  const kernel = sgld(head, { alpha: 0.02 });
  const initializer = (from: Key, count: number) => uniformValues(from, 2 * count, { min: -EDGE, max: EDGE });
  const buffer = replayBuffer({ key: forBuffer!, size: 2000, shape: [2], reinitProbability: 0.05, initializer });
  const procedure = jemProcedure(head, { kernel, buffer, steps: 20, inputNoise: 0 });
  function* batches() {
    for (let i = 0; ; i++) {
      const { values, labels } = drawPoints(foldIn(points!, i), 128);
      yield { x: tf.tensor2d(values, [128, 2]), labels: tf.tensor1d(labels, "int32") };
    }
  }
  await fit(procedure, batches(), {
    optimizer: tf.train.adam(3e-3),
    variables: model.trainableWeights.map((weight) => weight.read() as tf.Variable),
    iterations,
    key: training!,
    learningRate: cosineDecay({ learningRate: 3e-3, iterations }),
    listeners: [progressBar({ label: "plane  ", terms: { energyGap: "energy gap", accuracy: "accuracy" } })],
  });

  const grid = gridPoints();
  const x = tf.tensor2d(grid, [SIDE * SIDE, 2]);
  const energies = head.energy(x);
  const probabilities = head.probabilities(x);
  const classes = probabilities.argMax(1);
  const entropies = tf.tidy(() => tf.neg(tf.sum(tf.mul(probabilities, tf.log(tf.add(probabilities, 1e-12))), 1)));
  const start = uniform(starts!, [6, 2], { min: -EDGE, max: EDGE });
  const chains = await sample(kernel, start, { key: walk!, samples: 120 });
  return {
    grid: [SIDE, SIDE],
    x: [-EDGE, EDGE],
    y: [EDGE, -EDGE],
    energies: (await energies.data()) as Float32Array,
    predictions: (await classes.data()) as Int32Array,
    uncertainties: (await entropies.data()) as Float32Array,
    ...truth(grid),
    samples: drawPoints(foldIn(points!, iterations), 300).values,
    chains: { values: (await chains.x!.data()) as Float32Array, shape: chains.x!.shape },
  };
}

/** Points of the data and the Gaussians that they come from. */
export function drawPoints(from: Key, size: number): { values: Float32Array; labels: Int32Array } {
  const [forLabels, forPoints] = split(from) as [Key, Key];
  const labels = randintValues(forLabels, size, { max: 4 });
  const values = normalValues(forPoints, 2 * size).map((z, i) => CENTRES[labels[i >> 1]!]![i % 2]! + DEVIATION * z);
  return { values, labels };
}

/** The middles of the cells, row by row from above. */
function gridPoints(): Float32Array {
  const at = (i: number): number => ((i + 0.5) / SIDE) * 2 * EDGE - EDGE;
  return Float32Array.from({ length: 2 * SIDE * SIDE }, (_, i) => {
    const cell = i >> 1;
    return i % 2 === 0 ? at(cell % SIDE) : -at(Math.floor(cell / SIDE));
  });
}

function truth(grid: Float32Array): { density: Float32Array; labels: Int32Array } {
  const density = new Float32Array(grid.length / 2);
  const labels = new Int32Array(density.length);
  for (let i = 0; i < density.length; i++) {
    const squared = CENTRES.map(([u, v]) => (grid[2 * i]! - u) ** 2 + (grid[2 * i + 1]! - v) ** 2);
    density[i] = squared.reduce((sum, one) => sum + Math.exp(-one / (2 * DEVIATION ** 2)), 0);
    labels[i] = squared.indexOf(Math.min(...squared));
  }
  return { density, labels };
}
