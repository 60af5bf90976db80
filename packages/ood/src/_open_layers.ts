import { add, matMul, type Tensor, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import { checkOutputs, expand, lacks } from "./_outputs.ts";
import type { ExecutableModel } from "./classifier.ts";
import type { LinearHead, OpenClassifier, OpenClassifierOptions } from "./open_classifier.ts";

/** What is used of a layer. */
interface Layer {
  readonly name: string;
  readonly input?: { readonly name: string } | readonly unknown[];
  readonly output?: { readonly name: string; readonly shape: readonly unknown[] } | readonly unknown[];
  readonly activation?: { getClassName(): string } | null;
  readonly inboundNodes?: readonly { readonly inboundLayers: readonly Layer[] }[];
  readonly layers?: readonly Layer[];
  readonly kernel?: { read(): Tensor };
  readonly bias?: { read(): Tensor } | null;
  getClassName(): string;
}

/** What is used of a `tf.LayersModel`. */
interface LayersModel extends ExecutableModel {
  readonly layers?: readonly Layer[];
  readonly inputs?: readonly { readonly name: string }[];
  readonly outputs?: readonly { readonly name: string; readonly sourceLayer: Layer }[];
}

/** Layers that compute nothing that their input does not show. */
const PASSIVE = ["InputLayer", "Flatten", "Reshape", "Permute", "Dropout", "SpatialDropout1D", "SpatialDropout2D"];

/** Whether a model is a `tf.LayersModel`. */
export function isLayers(model: ExecutableModel): model is LayersModel {
  return "layers" in model;
}

/** Opens a `tf.LayersModel`. */
export function openLayers(model: LayersModel, options: OpenClassifierOptions): OpenClassifier {
  const layers = model.layers ?? [];
  const last = options.logits === undefined ? beforeSoftmax(outputLayer(model)) : layerOf(options.logits);
  const isDense = last.getClassName() === "Dense";
  // A dense layer with a softmax of its own: the logits are computed from what it takes in.
  const isFused = isDense && isSoftmax(last);
  const isLinear = isFused || (isDense && [undefined, "linear"].includes(last.activation?.getClassName()));
  if (!isFused && isSoftmax(last)) {
    throw new TypeError(`Cannot open classifier: it must give logits but found a softmax, layer "${last.name}"`);
  }
  const head = options.head ?? (isLinear ? linearHead(last) : undefined);
  const input = model.inputs?.[0]?.name;
  const logitsName = isFused ? inputOf(last) : outputOf(last);
  if (options.penultimate !== undefined) layerOf(options.penultimate);

  return {
    kind: "layers model",
    head,
    read(x, features) {
      const every = features.includes("all") ? all() : [];
      const wanted = new Map(expand(features, every).map((name) => [name, tensorOf(name)]));
      // What is the input needs no computation, and a sequential model could not find it.
      const names = [...new Set([logitsName, ...wanted.values()])].filter((name) => name !== input);
      const computed = names.length === 0 ? [] : (model.execute(x, names) as Tensor[]);
      const byTensor = new Map<string, Tensor>(names.map((name, i) => [name, computed[i]!]));
      if (input !== undefined) byTensor.set(input, x);
      const ends = byTensor.get(logitsName)!;
      const named = new Map([...wanted].map(([name, tensor]) => [name, byTensor.get(tensor)!]));
      return checkOutputs(x, isFused ? apply(linearHead(last), ends) : ends, named, every);
    },
  };

  function all(): string[] {
    return layers
      .filter(
        (layer) => layer !== last && !PASSIVE.includes(layer.getClassName()) && !isSoftmax(layer) && hasOutput(layer),
      )
      .map(({ name }) => name);
  }

  function layerOf(name: string): Layer {
    const found = layers.find((layer) => layer.name === name);
    if (found) return found;
    const names = layers.map((layer) => layer.name).join(", ");
    throw new TypeError(`Cannot read classifier: there is no layer "${name}" among ${names}`);
  }

  function tensorOf(name: string): string {
    if (name !== "penultimate" || layers.some((layer) => layer.name === name)) return outputOf(layerOf(name));
    if (options.penultimate !== undefined) return outputOf(layerOf(options.penultimate));
    if (isDense) return inputOf(last);
    return lacks("layers model", 'the feature "penultimate"', "name its layer: openClassifier(model, { penultimate })");
  }
}

function outputLayer(model: LayersModel): Layer {
  return model.outputs?.[0]?.sourceLayer ?? lacks("layers model", "an output", "build it first");
}

/** The layer of the logits: the last, or the one before a softmax and what is around it. */
function beforeSoftmax(layer: Layer): Layer {
  let current: Layer | undefined = layer;
  while (current && (isSoftmax(current) || PASSIVE.includes(current.getClassName()))) {
    if (isSoftmax(current)) {
      if (current.getClassName() === "Dense") return current;
      return current.inboundNodes?.[0]?.inboundLayers[0] ?? layer;
    }
    current = current.inboundNodes?.[0]?.inboundLayers[0];
  }
  return layer;
}

function isSoftmax(layer: Layer): boolean {
  if (layer.getClassName() === "Softmax") return true;
  const inner = (layer as LayersModel & Layer).outputs?.[0]?.sourceLayer;
  if (inner !== undefined && inner !== layer) return isSoftmax(inner);
  return ["softmax", "logSoftmax"].includes(layer.activation?.getClassName() ?? "");
}

function hasOutput({ output }: Layer): boolean {
  return output !== undefined && "shape" in output && output.shape.length >= 2;
}

function outputOf(layer: Layer): string {
  const { output } = layer;
  if (output !== undefined && "name" in output) return output.name;
  throw new TypeError(`Cannot read classifier: layer "${layer.name}" must have one output`);
}

function inputOf(layer: Layer): string {
  const { input } = layer;
  if (input !== undefined && "name" in input) return input.name;
  throw new TypeError(`Cannot read classifier: layer "${layer.name}" must have one input`);
}

function linearHead({ kernel, bias }: Layer): LinearHead {
  return { kernel: kernel!.read() as Tensor2D, ...(bias && { bias: bias.read() as Tensor1D }) };
}

function apply({ kernel, bias }: LinearHead, features: Tensor): Tensor {
  const product = matMul(features as Tensor2D, kernel);
  return bias ? add(product, bias) : product;
}
