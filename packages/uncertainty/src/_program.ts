import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import type { LayersModel } from "./layers_model.ts";

/** What is used of a layer. */
export interface Layer {
  readonly name: string;
  readonly rate?: number;
  readonly stddev?: number;
  readonly maskZero?: boolean;
  readonly axis?: number | readonly number[];
  readonly epsilon?: number;
  readonly gamma?: Weight | null;
  readonly beta?: Weight | null;
  readonly noiseShape?: readonly (number | null)[] | null;
  /** What a wrapper wraps. */
  readonly layer?: Layer;
  getClassName(): string;
  call(inputs: Tensor | Tensor[], kwargs: object): Tensor | Tensor[];
}

/** A weight of a layer. */
interface Weight {
  read(): Tensor;
}

/** A tensor of a model's graph. */
interface Symbol {
  readonly id: number;
  readonly shape: readonly (number | null)[];
  readonly sourceLayer: Layer & Partial<LayersModel>;
  readonly inputs: readonly Symbol[];
  readonly callArgs?: object;
  readonly outputTensorIndex?: number;
}

/** One application of a layer: from values to a value, each by its number. */
export interface Step {
  readonly layer: Layer;
  readonly inputs: readonly number[];
  readonly output: number;
  readonly callArgs: object;
  readonly outputIndex: number;
}

/** A model as a list of steps, whose models within are spelled out. Value 0 is the input, the last step makes the output. */
export interface Program {
  readonly steps: readonly Step[];
  readonly inputShape: readonly (number | null)[];
  readonly output: number;
}

/** Does what a step's layer would do, from its inputs; borrowed. */
export type Replace = (inputs: readonly Tensor[], step: Step) => Tensor;

/** Reads a model as a program. */
export function programOf(action: string, model: LayersModel): Program {
  if (!Array.isArray(model?.inputs) || !Array.isArray(model.outputs) || !Array.isArray(model.layers)) {
    throw new TypeError(`Cannot ${action}: model must be a tf.LayersModel that is built but found ${describe(model)}`);
  }
  if (model.inputs.length !== 1 || model.outputs.length !== 1) {
    throw new TypeError(
      `Cannot ${action}: model must have one input and one output but found ${model.inputs.length} and ${model.outputs.length}`,
    );
  }
  const steps: Step[] = [];
  let values = 1;
  const output = visit(model, [0]);
  return { steps, inputShape: (model.inputs[0] as Symbol).shape, output };

  /** Appends the steps of a model that takes in the values `fed`. */
  function visit(container: LayersModel, fed: readonly number[]): number {
    const known = new Map((container.inputs as readonly Symbol[]).map(({ id }, i) => [id, fed[i]!]));
    return valueAt(container.outputs[0] as Symbol);

    function valueAt(symbol: Symbol): number {
      const found = known.get(symbol.id);
      if (found !== undefined) return found;
      const { sourceLayer: layer, callArgs = {}, outputTensorIndex: outputIndex = 0 } = symbol;
      if (layer.getClassName() === "Masking" || layer.maskZero) {
        throw new TypeError(
          `Cannot ${action}: layers must not mask but found "${layer.name}", whose masks would be lost`,
        );
      }
      const inputs = symbol.inputs.map(valueAt);
      let value: number;
      if (layer.layers !== undefined && layer.outputs?.length === 1) {
        value = visit(layer as LayersModel, inputs);
      } else {
        value = values++;
        steps.push({ layer, inputs, output: value, callArgs, outputIndex });
      }
      known.set(symbol.id, value);
      return value;
    }
  }
}

function describe(model: unknown): string {
  if (typeof model === "function") return "a function";
  const isGraph = model !== null && typeof model === "object" && "execute" in model;
  return isGraph ? "a graph model, whose batch normalisation and dropout were folded away" : String(model);
}

/** A program in two parts: what comes before all steps that draw, and what depends on one. */
export interface SplitProgram {
  /** What depends on no draw; to be run once for an input. */
  readonly fixed: readonly Step[];
  /** What does. */
  readonly drawn: readonly Step[];
  /** The values that `drawn` takes from `fixed`. */
  readonly between: readonly number[];
}

/** Splits a program at the steps that draw. */
export function splitProgram({ steps, output }: Program, draws: (step: Step) => boolean): SplitProgram {
  const random = new Set<number>();
  for (const step of steps) {
    if (draws(step) || step.inputs.some((input) => random.has(input))) random.add(step.output);
  }
  const drawn = steps.filter((step) => random.has(step.output));
  const wanted = new Set([...drawn.flatMap(({ inputs }) => inputs), output]);
  const between = [...wanted].filter((value) => !random.has(value));
  return { fixed: steps.filter((step) => !random.has(step.output)), drawn, between };
}

/**
 * Runs steps from known values, which are borrowed, and frees each value after its last use.
 *
 * @returns The values of `wanted`, new tensors in its order.
 */
export function runSteps(
  steps: readonly Step[],
  known: ReadonlyMap<number, Tensor>,
  wanted: readonly number[],
  replace?: (step: Step) => Replace | undefined,
): Tensor[] {
  const lastUse = new Map<number, number>(steps.flatMap(({ inputs }, i) => inputs.map((value) => [value, i] as const)));
  const values = new Map(known);
  const own = new Map<number, Tensor>();
  return tidy(() => {
    steps.forEach((step, i) => {
      const inputs = step.inputs.map((value) => values.get(value)!);
      const made = tidy(() => (replace?.(step) ?? callLayer)(inputs, step));
      values.set(step.output, made);
      own.set(step.output, made);
      for (const value of step.inputs) {
        if (lastUse.get(value) === i && !wanted.includes(value)) own.get(value)?.dispose();
      }
    });
    return wanted.map((value) => values.get(value)!.clone());
  }) as Tensor[];
}

/** What a layer computes for predictions: without the checks of `apply`, which a model that was built has passed. */
function callLayer(inputs: readonly Tensor[], { layer, callArgs, outputIndex }: Step): Tensor {
  const outputs = layer.call(inputs.length === 1 ? inputs[0]! : [...inputs], { ...callArgs, training: false });
  const output = Array.isArray(outputs) ? outputs[outputIndex]! : outputs;
  return inputs.includes(output) ? output.clone() : output;
}
