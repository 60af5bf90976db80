import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import type { Classifier } from "./classifier.ts";
import type { EnergyHeadOptions } from "./energy_head.ts";

/** A classifier of any kind as functions. What they return is checked by the head. */
export interface Network {
  readonly logits: (x: Tensor) => unknown;
  readonly features: ((x: Tensor) => unknown) | undefined;
  readonly variables: () => readonly Variable[];
}

/** What is used of a `tf.LayersModel` and its layers. */
interface Layer {
  readonly name: string;
  readonly output?: { readonly name: string } | readonly unknown[];
  readonly outputs?: readonly { readonly sourceLayer: Layer }[];
  readonly activation?: { getClassName(): string } | null;
  readonly inboundNodes?: readonly { readonly inboundLayers: readonly Layer[] }[];
  readonly layers?: readonly Layer[];
  readonly trainableWeights?: readonly { read(): Tensor }[];
  getClassName(): string;
}

/** What is used of a node of a `tf.GraphModel`. */
interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly GraphNode[];
}

/** What is used of a `tf.GraphModel`: its parsed graph is not part of its public type. */
interface Graph {
  readonly executor?: {
    readonly graph?: { readonly outputs: readonly GraphNode[]; readonly nodes: Readonly<Record<string, GraphNode>> };
  };
}

const CREATE = "Cannot create energy head";

/** What leaves values as they are, and so can stand behind a softmax. */
const SHAPE_ONLY = ["Reshape", "Flatten", "Dropout", "Permute", "Identity", "Squeeze", "ExpandDims"];

/** Reads a classifier as functions; throws when it is none, or when it can be seen to end in a softmax. */
export function networkOf(classifier: Classifier, options: EnergyHeadOptions): Network {
  const { logits, features, training = false, variables } = options;
  if (features !== undefined && !["string", "number", "function"].includes(typeof features)) {
    throw new TypeError(`${CREATE}: features must be a name, an index or a function but found ${typeof features}`);
  }
  const isModel = typeof classifier !== "function";
  const isLayers = isModel && typeof classifier?.apply === "function";
  if (!isLayers && training) {
    throw new TypeError(`${CREATE}: training is an option of layers models but found another classifier`);
  }
  if (isModel && variables !== undefined) {
    throw new TypeError(`${CREATE}: variables is an option of functions but found a model, which has its own`);
  }
  if (!isModel) {
    if (logits !== undefined || typeof features === "string" || typeof features === "number") {
      throw new TypeError(`${CREATE}: names and indices need a model but found a function`);
    }
    return { logits: classifier, features, variables: () => variables ?? [] };
  }
  if (isLayers) {
    const model = classifier as typeof classifier & Layer;
    if (logits !== undefined && training) {
      throw new TypeError(`${CREATE}: logits of an inner layer are not available with training`);
    }
    const last = logits === undefined ? outputLayer(model) : layerOf(model, logits);
    refuseSoftmax(last && softmaxLayer(last));
    return {
      logits:
        logits === undefined
          ? (x) => classifier.apply!(x, { training })
          : (x) => classifier.execute!(x, tensorName(last!)),
      features: layerFeatures(model, features),
      variables: () => (model.trainableWeights ?? []).map((weight) => weight.read() as Variable),
    };
  }
  if (typeof classifier?.predict !== "function") {
    throw new TypeError(
      `${CREATE}: classifier must be a function or a model with apply() or predict() but found ${typeof classifier}`,
    );
  }
  if (typeof features === "number")
    throw new TypeError(`${CREATE}: a graph model has no layer ${features}: name a node`);
  refuseSoftmax(softmaxNode(classifier as Graph, logits), "name the node of the logits by the option logits");
  return {
    logits: logits === undefined ? (x) => classifier.predict!(x) : (x) => classifier.execute!(x, logits),
    features: typeof features === "string" ? (x) => classifier.execute!(x, features) : features,
    variables: () => [],
  };
}

function layerFeatures(model: Layer, features: EnergyHeadOptions["features"]): Network["features"] {
  if (features === undefined || typeof features === "function") return features;
  const name = tensorName(layerOf(model, features));
  return (x) => (model as Classifier & Layer & { execute(x: Tensor, name: string): unknown }).execute(x, name);
}

/** A layer by its name, or by its index, from the end when negative. */
function layerOf(model: Layer, which: string | number): Layer {
  const layers = model.layers ?? [];
  const found = typeof which === "number" ? layers.at(which) : layers.find(({ name }) => name === which);
  if (found !== undefined) return found;
  const names = layers.map(({ name }) => name).join(", ");
  const message = `${CREATE}: there is no layer ${JSON.stringify(which)} among ${names}`;
  throw typeof which === "number" ? new RangeError(message) : new TypeError(message);
}

function tensorName(layer: Layer): string {
  const { output } = layer;
  if (output === undefined || Array.isArray(output)) {
    throw new TypeError(`${CREATE}: layer "${layer.name}" must have one output`);
  }
  return (output as { readonly name: string }).name;
}

/** The layer that computes the output; nothing for what only looks like a layers model. */
function outputLayer(model: Layer): Layer | undefined {
  return model.outputs?.[0]?.sourceLayer;
}

/** The name of the softmax that a layer ends in. */
function softmaxLayer(layer: Layer): string | undefined {
  const kind = layer.getClassName();
  const inner = layer.outputs && outputLayer(layer);
  if (inner && inner !== layer) return softmaxLayer(inner);
  const activation = layer.activation?.getClassName();
  if (kind === "Softmax" || activation === "softmax" || activation === "logSoftmax") {
    return `layer "${layer.name}" (${activation ?? "softmax"})`;
  }
  const before = layer.inboundNodes?.[0]?.inboundLayers[0];
  return SHAPE_ONLY.includes(kind) && before ? softmaxLayer(before) : undefined;
}

function softmaxNode({ executor }: Graph, name: string | undefined): string | undefined {
  const graph = executor?.graph;
  let node = name === undefined ? graph?.outputs[0] : graph?.nodes[name.split(":")[0]!];
  while (node && SHAPE_ONLY.includes(node.op) && node.inputs[0]) node = node.inputs[0];
  return node && ["Softmax", "LogSoftmax"].includes(node.op) ? `node "${node.name}" (${node.op})` : undefined;
}

function refuseSoftmax(found: string | undefined, remedy?: string): void {
  if (found === undefined) return;
  throw new TypeError(
    `${CREATE}: the classifier must return logits but ends in a softmax, ${found}; ` +
      `remove it${remedy === undefined ? "" : `, or ${remedy}`}`,
  );
}
