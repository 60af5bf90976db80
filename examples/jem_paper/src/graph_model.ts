import * as tf from "@tensorflow/tfjs";

/** A node of a TensorFlow graph, as the converter of TensorFlow.js writes it. */
interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, unknown>>;
}

const FLOAT = { type: "DT_FLOAT" };

/**
 * What the converter of TensorFlow.js makes of a network of convolutions with ReLU, `flatten` and dense layers, each named: a graph whose
 * weights are constants. The node of each layer's output has its name; that of the input is `x`.
 */
export function graphModelOf(model: tf.LayersModel): tf.GraphModel {
  const [, ...inputShape] = model.inputs[0]!.shape;
  const nodes: GraphNode[] = [placeholder([-1, ...(inputShape as number[])])];
  const constants: { name: string; tensor: tf.Tensor }[] = [];
  let last = "x";

  function constant(name: string, tensor: tf.Tensor): string {
    constants.push({ name, tensor });
    nodes.push({ name, op: "Const", attr: { dtype: { type: tensor.dtype === "int32" ? "DT_INT32" : "DT_FLOAT" } } });
    return name;
  }

  function add(
    name: string,
    op: string,
    inputs: readonly string[],
    attr: Readonly<Record<string, unknown>> = {},
  ): void {
    nodes.push({ name, op, input: [last, ...inputs], attr: { T: FLOAT, ...attr } });
    last = name;
  }

  for (const layer of model.layers) {
    const { name } = layer;
    const [kernel, bias] = layer.getWeights();
    switch (layer.getClassName()) {
      case "InputLayer":
        break;
      case "Conv2D":
        add(`${name}/conv`, "Conv2D", [constant(`${name}/kernel`, kernel!)], convolutionAttributes(layer));
        add(`${name}/bias_add`, "BiasAdd", [constant(`${name}/bias`, bias!)]);
        add(name, "Relu", []);
        break;
      case "Flatten":
        add(name, "Reshape", [constant(`${name}/shape`, tf.tensor1d([-1, layer.outputShape[1] as number], "int32"))]);
        break;
      case "Dense":
        add(`${name}/product`, "MatMul", [constant(`${name}/kernel`, kernel!)]);
        add(name, "BiasAdd", [constant(`${name}/bias`, bias!)]);
        break;
      default:
        throw new TypeError(`Cannot make a graph of the layer ${name}: it is a ${layer.getClassName()}`);
    }
  }
  const bytes = constants.flatMap(({ tensor }) => [...new Uint8Array(tensor.dataSync().slice().buffer)]);
  return tf.loadGraphModelSync({
    format: "graph-model",
    modelTopology: { node: nodes, library: {}, versions: {} },
    weightSpecs: constants.map(({ name, tensor: { shape, dtype } }) => ({ name, shape, dtype: dtype as "float32" })),
    weightData: Uint8Array.from(bytes).buffer,
  }) as unknown as tf.GraphModel;
}

function placeholder(shape: readonly number[]): GraphNode {
  const dim = shape.map((size) => ({ size: String(size) }));
  return { name: "x", op: "Placeholder", attr: { dtype: FLOAT, shape: { shape: { dim } } } };
}

function convolutionAttributes(layer: tf.layers.Layer): Readonly<Record<string, unknown>> {
  const { strides, padding } = layer.getConfig() as { strides: [number, number]; padding: string };
  const text = (value: string) => ({ s: Buffer.from(value).toString("base64") });
  const integers = (values: readonly number[]) => ({ list: { i: values.map(String) } });
  return {
    strides: integers([1, ...strides, 1]),
    dilations: integers([1, 1, 1, 1]),
    padding: text(padding.toUpperCase()),
    data_format: text("NHWC"),
  };
}
