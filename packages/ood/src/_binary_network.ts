import { foldIn, type Key, normalValues, permutationValues } from "@jem-js/random";
import {
  add,
  concat,
  conv2d,
  dispose,
  losses,
  matMul,
  mean,
  relu,
  reshape,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  tensor,
  tidy,
  train,
  type Variable,
  variable,
} from "@tensorflow/tfjs-core";
import { checkInteger, checkPositive } from "./_check.ts";

/** How a network is trained that tells out-of-distribution examples from others. */
export interface TrainingOptions {
  /** The key of the initial weights and of the order of the examples. */
  readonly key: Key;
  /** How often the examples are gone through. */
  readonly epochs: number;
  /** The learning rate of Adam. */
  readonly learningRate: number;
  /** The widths of the hidden layers. */
  readonly hidden: readonly number[];
}

/** What the network takes in: a vector `[size]`, or a map `[height, width, channels]`, row-major, one after the other. */
export interface NetworkInput {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What a fit keeps. */
export interface NetworkState {
  /** The inputs, standardised by one mean and deviation each. */
  readonly inputs: readonly { readonly shape: readonly number[]; readonly mean: number; readonly deviation: number }[];
  readonly weights: readonly { readonly shape: readonly number[]; readonly values: readonly number[] }[];
}

const BATCH = 64;
const FILTERS = 8;

/** Throws unless the options are in range. */
export function checkTraining(action: string, { epochs, learningRate, hidden }: TrainingOptions): void {
  checkInteger(action, "epochs", epochs, 1);
  checkPositive(action, "learningRate", learningRate);
  for (const width of hidden) checkInteger(action, "hidden", width, 1);
}

/** Trains a network by binary cross-entropy; the labels are true of what is out of distribution. */
export async function trainNetwork(
  inputs: readonly NetworkInput[],
  labels: readonly boolean[],
  { key, epochs, learningRate, hidden }: TrainingOptions,
): Promise<NetworkState> {
  const size = labels.length;
  const scales = inputs.map(({ shape, data }) => ({ shape, ...momentsOf(data) }));
  const variables = shapesOf(inputs, hidden).map((shape, i): Variable => {
    const fanIn = shape.slice(0, -1).reduce((product, side) => product * side, 1);
    const count = fanIn * shape.at(-1)!;
    // Biases, which are vectors, begin at 0; weights as He et al. draw them.
    const values =
      shape.length === 1
        ? new Float32Array(count)
        : normalValues(foldIn(key, i), count).map((value) => Math.sqrt(2 / fanIn) * value);
    return tidy(() => variable(tensor(values, [...shape])));
  });
  const optimizer = train.adam(learningRate);
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = permutationValues(foldIn(foldIn(key, variables.length), epoch), size);
      for (let from = 0; from < size; from += BATCH) {
        const rows = order.subarray(from, from + BATCH);
        tidy(() => {
          const batch = inputs.map((input, i) => standardised({ ...scales[i]!, data: take(input, rows, size) }));
          const truth = tensor(
            Array.from(rows, (row) => (labels[row] ? 1 : 0)),
            [rows.length, 1],
          );
          optimizer.minimize(
            () => losses.sigmoidCrossEntropy(truth, forward(variables, batch)) as Scalar,
            false,
            variables,
          );
        });
      }
    }
    const weights: { shape: number[]; values: number[] }[] = [];
    for (const of of variables) weights.push({ shape: [...of.shape], values: Array.from(await of.data()) });
    return { inputs: scales, weights };
  } finally {
    optimizer.dispose();
    dispose(variables);
  }
}

/** The logits of a trained network, one an example, larger for what is out of distribution. */
export async function scoreNetwork(
  { inputs: scales, weights }: NetworkState,
  inputs: readonly NetworkInput[],
): Promise<Float64Array> {
  const scores = tidy(() =>
    reshape(
      forward(
        weights.map(({ shape, values }) => tensor([...values], [...shape], "float32")),
        inputs.map(({ data }, i) => standardised({ ...scales[i]!, data })),
      ),
      [-1],
    ),
  );
  const values = Float64Array.from(await scores.data());
  scores.dispose();
  return values;
}

/** The shapes of weights and biases: two convolutions for each map, the hidden layers, and the last one. */
function shapesOf(inputs: readonly NetworkInput[], hidden: readonly number[]): number[][] {
  const shapes: number[][] = [];
  let width = 0;
  for (const { shape } of inputs) {
    if (shape.length === 3) {
      shapes.push([3, 3, shape[2]!, FILTERS], [FILTERS], [3, 3, FILTERS, FILTERS], [FILTERS]);
      width += FILTERS;
    } else width += shape[0]!;
  }
  for (const next of [...hidden, 1]) {
    shapes.push([width, next], [next]);
    width = next;
  }
  return shapes;
}

/** The logits `[batch, 1]`. */
function forward(weights: readonly Tensor[], inputs: readonly Tensor[]): Tensor2D {
  let at = 0;
  const convolved = (x: Tensor): Tensor => {
    const next = relu(add(conv2d(x as Tensor4D, weights[at]! as Tensor4D, 2, "same"), weights[at + 1]!));
    at += 2;
    return next;
  };
  const parts = inputs.map((x) => (x.shape.length === 4 ? mean(convolved(convolved(x)), [1, 2]) : x));
  let x = concat(parts as Tensor2D[], 1);
  while (at < weights.length) {
    const next = add(matMul(x, weights[at]! as Tensor2D), weights[at + 1]!) as Tensor2D;
    at += 2;
    x = at < weights.length ? relu(next) : next;
  }
  return x;
}

function standardised({ shape, data, mean: center, deviation }: NetworkState["inputs"][number] & NetworkInput): Tensor {
  const values = data.map((value) => (value - center) / deviation);
  const size = shape.reduce((product, side) => product * side, 1);
  return tensor(values, [data.length / size, ...shape]);
}

function take({ data }: NetworkInput, rows: Int32Array, size: number): Float32Array {
  const width = data.length / size;
  const taken = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    taken.set(data.subarray(row * width, (row + 1) * width), i * width);
  });
  return taken;
}

function momentsOf(data: Float32Array): { mean: number; deviation: number } {
  const center = data.reduce((sum, value) => sum + value, 0) / data.length;
  const variance = data.reduce((sum, value) => sum + (value - center) ** 2, 0) / data.length;
  return { mean: center, deviation: Math.sqrt(variance) || 1 };
}
