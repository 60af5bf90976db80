import { energyHead } from "@jem-js/energy";
import { foldIn, type Key, key, uniform } from "@jem-js/random";
import { type ReplayBuffer, replayBuffer, sgld } from "@jem-js/samplers";
import {
  add,
  conv2d,
  matMul,
  mul,
  type Optimizer,
  reshape,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  tanh,
  tidy,
  train,
  type Variable,
  variable,
  zeros,
} from "@tensorflow/tfjs-core";
import { averageWeights, type WeightAverage } from "../src/average_weights.ts";
import type { Checkpointable } from "../src/checkpointable.ts";
import { cosineDecay } from "../src/learning_rate.ts";
import { type FitOptions, jemProcedure, type Procedure } from "../src/mod.ts";

interface Batch {
  x: Tensor;
  labels: Tensor;
}

/** Two squares in the plane, a small network and its chains: a whole JEM run that takes milliseconds an iteration. */
export interface TinyJem {
  readonly procedure: Procedure<Batch>;
  readonly batches: (start: number) => Generator<Batch>;
  readonly variables: Variable[];
  readonly buffer: ReplayBuffer;
  readonly average: WeightAverage;
  readonly options: FitOptions;
}

/** A run of `iterations` whose learning rate falls over 60; the first layer is a product or, of the same values, a convolution. */
export function tinyJem(
  iterations: number,
  optimizer: Optimizer = train.adam(0.01),
  convolutional: boolean = false,
): TinyJem {
  const weights = (seed: number, shape: [number, number], scale: number): Tensor =>
    tidy(() => mul(uniform(key(seed), shape, { min: -1 }), scale));
  const variables = [variable(weights(0, [2, 8], 0.7)), variable(zeros([8])), variable(weights(1, [8, 2], 0.25))];
  const [hidden, bias, output] = variables as [Variable, Variable, Variable];
  const first = (x: Tensor): Tensor => {
    if (!convolutional) return matMul(x as Tensor2D, hidden as Tensor2D);
    const [images, filter] = [reshape(x, [-1, 1, 2, 1]), reshape(hidden, [1, 2, 1, 8])];
    return reshape(conv2d(images as Tensor4D, filter as Tensor4D, 1, "valid"), [-1, 8]);
  };
  const head = energyHead((x) => matMul(tanh(add(first(x), bias)), output as Tensor2D));
  const buffer = replayBuffer({ key: key(1), size: 50, shape: [2] });
  const kernel = sgld(head, { stepSize: 0.5, noiseScale: 0.05 });
  const procedure = jemProcedure(head, { kernel, buffer, steps: 3, energyL2: 0.05 });
  const average = averageWeights(variables, { decay: 0.9 });
  const state: Record<string, Checkpointable> = { buffer, average };
  return {
    procedure: procedure as Procedure<Batch>,
    batches,
    variables,
    buffer,
    average,
    options: {
      optimizer,
      variables,
      iterations,
      key: key(2),
      learningRate: cosineDecay({ learningRate: 0.01, iterations: 60 }),
      listeners: [average.listener],
      state,
    },
  };
}

function* batches(start: number): Generator<Batch> {
  for (let i = start; ; i++) yield squares(foldIn(key(3), i));
}

/** Class 0 around (-1, 0), class 1 around (1, 0). */
function squares(batchKey: Key): Batch {
  return tidy(() => {
    const labels = uniform(foldIn(batchKey, 0), [16]).greater(0.5).toInt();
    const centre = labels
      .mul(2)
      .sub(1)
      .expandDims(1)
      .mul([[1, 0]]);
    return { x: centre.add(uniform(foldIn(batchKey, 1), [16, 2], { min: -0.3, max: 0.3 })), labels };
  });
}
