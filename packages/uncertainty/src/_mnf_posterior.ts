import { foldIn, type Key } from "@jem-js/random";
import {
  add,
  exp,
  matMul,
  mean,
  minimum,
  mul,
  ones,
  reshape,
  type Scalar,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tanh,
  transpose,
  type Variable,
} from "@tensorflow/tfjs-core";
import { checkChoice, checkInteger, checkPositive } from "./_check.ts";
import { applyFlow, type FlowStep, flowSteps, normalVariable } from "./_flow.ts";
import { type RowKey, rowNormal } from "./_row_noise.ts";
import type { MnfPosteriorOptions } from "./mnf_layer.ts";

/** What a posterior is of: its weights' shape `[..., in, out]`, and whether the multipliers are of their last axis or of the first. */
interface PosteriorShape {
  readonly weights: readonly number[];
  readonly perOutput: boolean;
}

/** The distribution of a layer's weights and biases. */
export interface MnfPosterior {
  readonly variables: readonly Variable[];
  /** The means of the weights, as if all multipliers were 1. */
  readonly mean: Variable;
  readonly bias: Variable;
  readonly biasLogVariance: Variable;
  /** The standard deviations of the weights, `[..., in, out]`. */
  std(): Tensor;
  /** Multipliers of each of so many rows, `[rows, size]`; none without flows. */
  multipliers(rows: RowKey, count: number): Tensor | undefined;
  divergence(key: Key): Scalar;
}

/** The multipliers' distribution: a Gaussian through a flow, and the auxiliary posterior that tells them from the weights. */
interface Multipliers {
  readonly mean: Variable;
  readonly logVariance: Variable;
  readonly flow: readonly FlowStep[];
  readonly reverse: readonly FlowStep[];
  readonly probe: Variable;
  readonly toMean: Variable;
  readonly toLogPrecision: Variable;
}

const LOG_2PI = Math.log(2 * Math.PI);

/** Makes the distribution of weights. */
export function mnfPosterior(
  action: string,
  key: Key,
  shape: PosteriorShape,
  options: MnfPosteriorOptions,
): MnfPosterior {
  const { flow = "realNvp", flows = 2, hidden = 50, auxiliaryFlows = 2, auxiliaryHidden = 100 } = options;
  const { priorVariance = 1, maxStd = 0.5, initialLogStd = -9 } = options;
  checkChoice(action, "flow", flow, ["realNvp", "planar"]);
  checkInteger(action, "flows", flows, 0);
  checkInteger(action, "hidden", hidden, 1);
  checkInteger(action, "auxiliaryFlows", auxiliaryFlows, 1);
  checkInteger(action, "auxiliaryHidden", auxiliaryHidden, 1);
  checkPositive(action, "priorVariance", priorVariance);
  checkPositive(action, "maxStd", maxStd);
  if (!Number.isFinite(initialLogStd)) {
    throw new RangeError(`Cannot ${action}: initialLogStd must be finite but found ${initialLogStd}`);
  }
  const outputs = shape.weights.at(-1)!;
  const fanIn = shape.weights.slice(0, -1).reduce((a, b) => a * b, 1);
  const size = shape.perOutput ? outputs : fanIn;
  const draw = (i: number, dims: readonly number[], std: number, center = 0): Variable =>
    normalVariable(foldIn(key, i), dims, std, center);
  const center = draw(0, shape.weights, Math.sqrt(2 / fanIn));
  const logStd = draw(1, shape.weights, 0.001, initialLogStd);
  const bias = draw(2, [outputs], 0);
  const biasLogVariance = draw(3, [outputs], 0.001, 2 * initialLogStd);
  const multipliers: Multipliers | undefined =
    flows === 0
      ? undefined
      : {
          mean: draw(4, [size], 0.001, 1),
          logVariance: draw(5, [size], 0.001, Math.log(0.1)),
          flow: flowSteps(foldIn(key, 6), { size, steps: flows, hidden, kind: flow }),
          reverse: flowSteps(foldIn(key, 7), { size, steps: auxiliaryFlows, hidden: auxiliaryHidden, kind: flow }),
          probe: draw(8, [size], size ** -0.5),
          toMean: draw(9, [size], 0.1),
          toLogPrecision: draw(10, [size], 0.1),
        };
  const clippedLogStd = (): Tensor => minimum(logStd, Math.log(maxStd));
  const variables = [center, logStd, bias, biasLogVariance, ...(multipliers ? variablesOf(multipliers) : [])];

  return {
    variables,
    mean: center,
    bias,
    biasLogVariance,
    std: () => exp(clippedLogStd()),
    multipliers: (rows, count) => multipliers && drawMultipliers(multipliers, rows, [count, size]).z,
    divergence(divergenceKey) {
      const logStds = byMultiplier(clippedLogStd());
      const drawn =
        multipliers && drawMultipliers(multipliers, { key: foldIn(divergenceKey, 0), offset: 0 }, [1, size]);
      const z = drawn ? reshape(drawn.z, [size, 1]) : ones([1, 1]);
      const weights = mul(byMultiplier(center), z);
      const kl = add(
        gaussianDivergence(weights, mul(2, logStds), priorVariance),
        gaussianDivergence(bias, biasLogVariance, priorVariance),
      );
      if (!multipliers || !drawn) return kl as Scalar;
      const entropy = add(sum(drawn.logDeterminant), mul(0.5, sum(add(multipliers.logVariance, LOG_2PI + 1))));
      const logR = auxiliary(multipliers, drawn.z, weights, exp(logStds), foldIn(divergenceKey, 1));
      return sub(sub(kl, entropy), logR) as Scalar;
    },
  };

  /** The weights as a matrix with a row for each multiplier. */
  function byMultiplier(weights: Tensor): Tensor {
    const matrix = reshape(weights, [fanIn, outputs]);
    return shape.perOutput ? transpose(matrix) : matrix;
  }
}

function variablesOf({ flow, reverse, ...own }: Multipliers): Variable[] {
  return [...Object.values(own), ...[...flow, ...reverse].flatMap((step) => step.variables)] as Variable[];
}

function drawMultipliers({ mean: center, logVariance, flow }: Multipliers, rows: RowKey, shape: [number, number]) {
  const noise = rowNormal({ key: foldIn(rows.key, 0), offset: rows.offset }, shape);
  const start = add(center, mul(exp(mul(0.5, logVariance)), noise));
  return applyFlow(flow, start, { key: foldIn(rows.key, 1), offset: rows.offset });
}

/** `KL(N(mean, exp logVariance) || N(0, variance))`, summed. */
function gaussianDivergence(center: Tensor, logVariance: Tensor, variance: number): Tensor {
  const scaledSquares = mul(add(exp(logVariance), square(center)), 1 / variance);
  return mul(0.5, sum(add(sub(scaledSquares, logVariance), Math.log(variance) - 1)));
}

/** The logarithm of the auxiliary posterior of multipliers `[1, size]` under weights of means and deviations `[size, others]`. */
function auxiliary(parts: Multipliers, z: Tensor, weights: Tensor, stds: Tensor, key: Key): Tensor {
  const probe = reshape(parts.probe, [1, -1]);
  const center = matMul(probe, weights as never);
  const spread = sqrt(add(matMul(square(probe), square(stds) as never), 1e-12));
  const noise = rowNormal({ key: foldIn(key, 0), offset: 0 }, center.shape);
  const feature = mean(tanh(add(center, mul(spread, noise))));
  const shift = mul(parts.toMean, feature);
  const logPrecision = mul(parts.toLogPrecision, feature);
  const flowed = applyFlow(parts.reverse, z, { key: foldIn(key, 1), offset: 0 });
  const squares = mul(exp(logPrecision), square(sub(flowed.z, shift)));
  return add(mul(0.5, sum(sub(sub(logPrecision, squares), LOG_2PI))), sum(flowed.logDeterminant));
}

/** What a layer puts out of the mean and the variance of its outputs: local reparametrisation. */
export function drawOutputs(center: Tensor, variance: Tensor, rows: RowKey): Tensor {
  return add(center, mul(sqrt(variance), rowNormal({ key: foldIn(rows.key, 2), offset: rows.offset }, center.shape)));
}
