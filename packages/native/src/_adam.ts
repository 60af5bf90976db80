import {
  AdamOptimizer,
  engine,
  type Scalar,
  scalar,
  type Tensor,
  tidy,
  type Variable,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { BACKEND, type NativeBackend } from "./_backend.ts";

/** What Adam keeps, under the names that it has in TensorFlow.js. */
interface AdamState {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  accBeta1: Variable;
  accBeta2: Variable;
  accumulatedFirstMoment: { originalName: string; variable: Variable }[];
  accumulatedSecondMoment: { originalName: string; variable: Variable }[];
  incrementIterations(): void;
}
type Gradients = Record<string, Tensor> | { name: string; tensor: Tensor }[];
type ApplyGradients = (this: AdamState, gradients: Gradients) => void;

const replaced = new WeakSet<ApplyGradients>();

/** Replaces the step of `tf.train.adam`, about fourteen kernels for each variable, by one; on this backend only. */
export function installAdam(): void {
  const prototype = AdamOptimizer.prototype as unknown as { applyGradients: ApplyGradients };
  const stock = prototype.applyGradients;
  if (replaced.has(stock)) return;
  const applyGradients: ApplyGradients = function (this: AdamState, gradients: Gradients): void {
    const isOurs = engine().backendName === BACKEND && tidy(() => tryStep(this, gradients));
    if (isOurs) this.incrementIterations();
    else stock.call(this, gradients);
  };
  replaced.add(applyGradients);
  prototype.applyGradients = applyGradients;
}

/** One step for all variables; `false`, with nothing changed, when a variable is not a plain float32 tensor. */
function tryStep(adam: AdamState, gradients: Gradients): boolean {
  const backend = engine().backend as NativeBackend;
  const names = Array.isArray(gradients) ? gradients.map(({ name }) => name) : Object.keys(gradients);
  const variables = engine().registeredVariables as Record<string, Variable>;
  const steps = names.map((name, i) => ({
    name,
    variable: variables[name]!,
    gradient: Array.isArray(gradients) ? gradients[i]!.tensor : gradients[name],
  }));
  if (!steps.every(({ variable, gradient }) => gradient == null || isPlain(backend, variable, gradient))) return false;
  const beta1Power = (adam.accBeta1 as Tensor).dataSync()[0]!;
  const beta2Power = (adam.accBeta2 as Tensor).dataSync()[0]!;
  const hyperparameters = Float32Array.of(
    adam.learningRate,
    adam.beta1,
    adam.beta2,
    1 / (1 - beta1Power),
    1 / (1 - beta2Power),
    adam.epsilon,
  );
  for (const [i, { name, variable, gradient }] of steps.entries()) {
    adam.accumulatedFirstMoment[i] ??= moment(`${name}/m`, variable);
    adam.accumulatedSecondMoment[i] ??= moment(`${name}/v`, variable);
    if (gradient == null) continue;
    const first = adam.accumulatedFirstMoment[i]!.variable;
    const second = adam.accumulatedSecondMoment[i]!.variable;
    const [g, value, m, v] = [gradient, variable, first, second].map((tensor) => backend.floats(tensor)!);
    const [newValue, newFirst, newSecond] = [0, 1, 2].map(() => backend.output(variable.shape, "float32"));
    backend.addon.adam(
      value!.length,
      g!,
      value!,
      m!,
      v!,
      newValue!.values,
      newFirst!.values,
      newSecond!.values,
      hyperparameters,
    );
    first.assign(engine().makeTensorFromTensorInfo(newFirst!.info));
    second.assign(engine().makeTensorFromTensorInfo(newSecond!.info));
    variable.assign(engine().makeTensorFromTensorInfo(newValue!.info));
  }
  adam.accBeta1.assign(scalar(beta1Power * adam.beta1) as Scalar);
  adam.accBeta2.assign(scalar(beta2Power * adam.beta2) as Scalar);
  return true;
}

function isPlain(backend: NativeBackend, variable: Variable, gradient: Tensor): boolean {
  return (
    variable !== undefined && backend.floats(variable)?.length === gradient.size && backend.floats(gradient) !== null
  );
}

function moment(originalName: string, variable: Variable): { originalName: string; variable: Variable } {
  return { originalName, variable: tidy(() => zerosLike(variable as Tensor).variable(false)) };
}
