import { exp, softplus } from "@jem-js/energy";
import { type Key, permutationValues, split } from "@jem-js/random";
import {
  add,
  concat,
  conv2d,
  expandDims,
  eye,
  log,
  matMul,
  mean,
  mul,
  neg,
  ones,
  relu,
  reshape,
  slice,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  tensor,
  tensor2d,
  tidy,
  tile,
  transpose,
  type Variable,
  variable,
  zeros,
} from "@tensorflow/tfjs-core";
import type { FlowStep } from "./_flow.ts";
import { drawWeights } from "./_network.ts";

const made = (make: () => Tensor): Variable => tidy(() => variable(make()));

/** `[batch]` of one number, of the area of the image as often. */
function everywhere(perPixel: Tensor, x: Tensor): Tensor1D {
  return mul(perPixel, mul(ones([x.shape[0]!]), x.shape[1]! * x.shape[2]!)) as Tensor1D;
}

/** Squares of 2 by 2 pixels become channels. */
export const squeezing: FlowStep = {
  variables: [],
  forward: (x) => {
    const [batch, h, w, c] = x.shape as [number, number, number, number];
    const squares = transpose(reshape(x, [batch, h / 2, 2, w / 2, 2, c]), [0, 1, 3, 5, 2, 4]);
    return { z: reshape(squares, [batch, h / 2, w / 2, 4 * c]), logDeterminant: zeros([batch]) as Tensor1D };
  },
  inverse: (z) => {
    const [batch, h, w, c] = z.shape as [number, number, number, number];
    const pixels = transpose(reshape(z, [batch, h, w, c / 4, 2, 2]), [0, 1, 4, 2, 5, 3]);
    return reshape(pixels, [batch, 2 * h, 2 * w, c / 4]);
  },
};

/** An affine map of each channel, which a first batch can set to mean 0 and variance 1. */
export function actNormalization(channels: number): FlowStep & { initialize(x: Tensor): void } {
  const [shift, logScale] = [made(() => zeros([channels])), made(() => zeros([channels]))];
  return {
    variables: [shift, logScale],
    forward: (x) => ({ z: mul(add(x, shift), exp(logScale)), logDeterminant: everywhere(sum(logScale), x) }),
    inverse: (z) => sub(mul(z, exp(neg(logScale))), shift),
    initialize: (x) =>
      tidy(() => {
        const center = mean(x, [0, 1, 2]);
        const deviation = sqrt(mean(square(sub(x, center)), [0, 1, 2]));
        shift.assign(neg(center) as Tensor1D);
        logScale.assign(neg(log(add(deviation, 1e-6))) as Tensor1D);
      }),
  };
}

/** An invertible matrix that mixes channels, `P L U`; it starts as a random permutation. */
export function channelMixing(key: Key, channels: number): FlowStep {
  const order = permutationValues(key, channels);
  const places = Float32Array.from({ length: channels ** 2 }, (_, i) =>
    Number(order[Math.floor(i / channels)] === i % channels),
  );
  const [lower, upper] = [made(() => zeros([channels, channels])), made(() => zeros([channels, channels]))];
  const logDiagonal = made(() => zeros([channels]));
  const below = Float32Array.from({ length: channels ** 2 }, (_, i) => Number(i % channels < Math.floor(i / channels)));
  const square2d = (values: Float32Array): Tensor2D => tensor2d(values, [channels, channels]);
  const onChannels = (x: Tensor, matrix: Tensor): Tensor =>
    reshape(matMul(reshape(x, [-1, channels]) as Tensor2D, matrix as Tensor2D), x.shape);
  const strictlyLower = (): Tensor => mul(lower, square2d(below));
  /** What is above the diagonal, without the diagonal, in units of it. */
  const strictlyUpper = (): Tensor => mul(upper, transpose(square2d(below)));

  /** `(I + n)^-1` of a nilpotent `n`: `prod_k (I + (-n)^(2^k))`. */
  function unitInverse(nilpotent: Tensor): Tensor {
    let power: Tensor = neg(nilpotent);
    let inverse: Tensor = add(eye(channels), power);
    for (let covered = 2; covered < channels; covered *= 2) {
      power = matMul(power as Tensor2D, power as Tensor2D);
      inverse = matMul(inverse as Tensor2D, add(eye(channels), power) as Tensor2D);
    }
    return inverse;
  }

  return {
    variables: [lower, upper, logDiagonal],
    forward: (x) => {
      const unitLower = add(eye(channels), strictlyLower());
      const unitUpper = add(eye(channels), strictlyUpper());
      const scaled = mul(onChannels(onChannels(x, square2d(places)), unitLower), exp(logDiagonal));
      return { z: onChannels(scaled, unitUpper), logDeterminant: everywhere(sum(logDiagonal), x) };
    },
    inverse: (z) => {
      const scaled = mul(onChannels(z, unitInverse(strictlyUpper())), exp(neg(logDiagonal)));
      return onChannels(onChannels(scaled, unitInverse(strictlyLower())), transpose(square2d(places)));
    },
  };
}

/** What a coupling of images is made of. */
export interface ImageCouplingOptions {
  readonly channels: number;
  /** How many filters the two hidden layers have; none for a single layer. */
  readonly filters: number;
  readonly classes: number;
}

/** An affine coupling: the second half of the channels is changed by what a small network reads in the first. */
export function imageCoupling(key: Key, { channels, filters, classes }: ImageCouplingOptions): FlowStep {
  const kept = Math.floor(channels / 2);
  const changed = channels - kept;
  const input = kept + (classes === 1 ? 0 : classes);
  const hidden =
    filters === 0
      ? []
      : [
          [3, 3, input, filters],
          [1, 1, filters, filters],
        ];
  const [hiddenKey] = split(key) as [Key, Key];
  const drawn = drawWeights(hiddenKey, hidden, "heNormal").map(({ shape, values }) =>
    made(() => tensor(values, shape, "float32")),
  );
  const last = [3, 3, filters === 0 ? input : filters, 2 * changed];
  // Zeros: a new coupling is the same for all images.
  const weights = [...drawn, made(() => zeros(last)), made(() => zeros([2 * changed]))];

  /** The logarithms of the scales, below 0, and the shifts. */
  function affine(stays: Tensor, condition: Tensor2D | undefined): [Tensor, Tensor] {
    const [, h, w] = stays.shape as [number, number, number, number];
    let x = stays;
    if (condition) x = concat([x, tile(expandDims(expandDims(condition, 1), 1), [1, h, w, 1])], 3);
    for (let i = 0; i < weights.length; i += 2) {
      x = add(conv2d(x as Tensor4D, weights[i]! as Tensor as Tensor4D, 1, "same"), weights[i + 1]!);
      if (i < weights.length - 2) x = relu(x);
    }
    const [scale, shift] = [
      slice(x, [0, 0, 0, 0], [-1, -1, -1, changed]),
      slice(x, [0, 0, 0, changed], [-1, -1, -1, -1]),
    ];
    // log sigmoid(scale + 2)
    return [neg(softplus(neg(add(scale, 2)))), shift];
  }

  const halves = (x: Tensor): [Tensor, Tensor] => [
    slice(x, [0, 0, 0, 0], [-1, -1, -1, kept]),
    slice(x, [0, 0, 0, kept], [-1, -1, -1, -1]),
  ];

  return {
    variables: weights,
    forward: (x, condition) => {
      const [stays, changes] = halves(x);
      const [s, t] = affine(stays, condition);
      const z = concat([stays, mul(add(changes, t), exp(s))], 3);
      return { z, logDeterminant: sum(s, [1, 2, 3]) as Tensor1D };
    },
    inverse: (z, condition) => {
      const [stays, changes] = halves(z);
      const [s, t] = affine(stays, condition);
      return concat([stays, sub(mul(changes, exp(neg(s))), t)], 3);
    },
  };
}
