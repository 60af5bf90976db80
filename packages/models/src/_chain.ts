import {
  clone,
  engine,
  FusedConv2D,
  getBackend,
  getKernel,
  type NamedAttrMap,
  type Tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";

/** Layers that compute something of one tensor, whatever came before. */
const PLAIN = [
  "Activation",
  "AveragePooling2D",
  "Conv2D",
  "Dense",
  "ELU",
  "Flatten",
  "GlobalAveragePooling2D",
  "LeakyReLU",
  "MaxPooling2D",
];

type Call = (inputs: Tensor | Tensor[], options: object) => Tensor | Tensor[];

/** What is used of layers; TensorFlow.js does not export their types. */
export interface Layer {
  readonly kernel: { read(): Tensor };
  readonly bias: { read(): Tensor } | null;
  activation?: Activation | null;
  readonly alpha: number;
  readonly strides: [number, number];
  readonly padding: "same" | "valid";
  readonly dataFormat: string;
  readonly dilationRate: [number, number];
  readonly inboundNodes: readonly { inboundLayers: readonly Layer[] }[];
  getClassName(): string;
  call: Call;
}

interface Activation {
  getClassName(): string;
  apply(x: Tensor): Tensor;
}

/** The steps of a chain, and what they were made for. */
interface Chain {
  readonly backend: string;
  readonly calls: readonly Call[];
  readonly steps: readonly ((x: Tensor) => Tensor)[];
}

/** Calls of layers that were put in place of their own and compute the same. */
const equivalent: WeakSet<Call> = new WeakSet();

/** Gives a layer a call that computes the same as its own. */
export function replaceCall(layer: Layer, call: Call): void {
  layer.call = call;
  equivalent.add(call);
}

/**
 * Makes a model that is a chain of layers run them one after the other by itself, with convolutions, biases and rectifiers fused, where no
 * gradient is computed. TensorFlow.js looks each tensor up by name and layer, which takes longer than a small network.
 */
export function runAsChain(model: LayersModel): void {
  const walk = model.call;
  const layers = chainOf(model);
  const shape = model.inputs?.[0]?.shape;
  if (layers === null || shape === undefined || equivalent.has(walk as Call)) return;
  let chain: Chain | undefined;
  replaceCall(model as unknown as Layer, (inputs, options) => {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    const fits =
      x.dtype === "float32" && x.rank === shape.length && shape.every((n, i) => n === null || n === x.shape[i]);
    if (!fits || engine().state.gradientDepth > 0 || hasOptions(options)) return walk.call(model, inputs, options);
    const backend = getBackend();
    if (chain?.backend !== backend || !layers.every(({ call }, i) => call === chain!.calls[i])) {
      chain = { backend, calls: layers.map(({ call }) => call), steps: stepsOf(layers, backend) };
    }
    const { steps } = chain;
    return tidy(() => {
      let at = x;
      for (const step of steps) {
        const next = step(at);
        if (at !== x && at !== next) at.dispose();
        at = next;
      }
      return at === x ? clone(x) : at;
    });
  });
}

/** Whether the call is about training or masks. */
function hasOptions(options: { training?: boolean; mask?: unknown } | undefined): boolean {
  return options?.training === true || options?.mask !== undefined;
}

/** The layers of a model behind its input, if each reads the one before it and nothing else does. */
function chainOf(model: LayersModel): Layer[] | null {
  const layers = model.layers as unknown as Layer[];
  const chain = layers.filter((layer) => layer.getClassName() !== "InputLayer");
  if (model.inputs?.length !== 1 || model.outputs.length !== 1 || layers.length - chain.length > 1) return null;
  const isChain = chain.every((layer, i) => {
    const [node, ...others] = layer.inboundNodes;
    if (!node || others.length > 0 || node.inboundLayers.length !== 1 || !PLAIN.includes(layer.getClassName()))
      return false;
    return i === 0 ? node.inboundLayers[0]!.getClassName() === "InputLayer" : node.inboundLayers[0] === chain[i - 1];
  });
  return isChain && (model.outputs[0]!.sourceLayer as unknown) === chain.at(-1) ? chain : null;
}

function stepsOf(layers: readonly Layer[], backend: string): ((x: Tensor) => Tensor)[] {
  const canFuse = getKernel(FusedConv2D, backend) != null;
  const steps: ((x: Tensor) => Tensor)[] = [];
  for (let i = 0; i < layers.length; i++) {
    const layer = layers[i]!;
    if (!canFuse || !isKnown(layer) || layer.getClassName() !== "Conv2D" || layer.dataFormat !== "channelsLast") {
      steps.push((x) => [layer.call(x, {})].flat()[0]!);
      continue;
    }
    const own = layer.activation?.getClassName() ?? "linear";
    const next = layers[i + 1];
    const follows = own === "linear" && next && isKnown(next) ? rectifierOf(next) : null;
    if (follows !== null) i++;
    steps.push(convolution(layer, follows ?? { activation: own === "relu" ? "relu" : "linear" }));
    if (own !== "linear" && own !== "relu") steps.push((x) => layer.activation!.apply(x));
  }
  return steps;
}

/** Whether nobody has changed what the layer computes. */
function isKnown(layer: Layer): boolean {
  return !Object.hasOwn(layer, "call") || equivalent.has(layer.call);
}

/** What tells a fused kernel to apply the activation of a layer, if it can. */
function rectifierOf(layer: Layer): NamedAttrMap | null {
  const kind = layer.getClassName();
  if (kind === "LeakyReLU") return { activation: "leakyrelu", leakyreluAlpha: layer.alpha };
  return kind === "Activation" && layer.activation?.getClassName() === "relu" ? { activation: "relu" } : null;
}

function convolution(layer: Layer, activation: NamedAttrMap): (x: Tensor) => Tensor {
  const { strides, padding, dilationRate } = layer;
  const attributes = { strides, pad: padding, dataFormat: "NHWC", dilations: dilationRate, ...activation };
  return (x) => {
    const [filter, bias] = [layer.kernel.read(), layer.bias?.read()];
    return engine().runKernel(FusedConv2D, bias ? { x, filter, bias } : { x, filter }, attributes);
  };
}
