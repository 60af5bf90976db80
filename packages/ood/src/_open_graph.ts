import type { Tensor } from "@tensorflow/tfjs-core";
import { checkOutputs, lacks } from "./_outputs.ts";
import type { ExecutableModel } from "./classifier.ts";
import type { OpenClassifier, OpenClassifierOptions } from "./open_classifier.ts";

/** What is used of a node of a `tf.GraphModel`. */
interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly GraphNode[];
}

/** What is used of a `tf.GraphModel`: its parsed graph is not part of its public type. */
interface GraphModel extends ExecutableModel {
  readonly outputs?: readonly { readonly name: string }[];
  readonly executor?: {
    readonly graph?: { readonly outputs: readonly GraphNode[]; readonly nodes: Readonly<Record<string, GraphNode>> };
  };
}

const AFTER_SOFTMAX = ["Identity", "Softmax", "LogSoftmax"];

/** Opens a `tf.GraphModel`. */
export function openGraph(model: GraphModel, options: OpenClassifierOptions): OpenClassifier {
  const nodes = model.executor?.graph?.nodes;
  const { head, penultimate } = options;
  for (const name of [options.logits, penultimate]) checkNode(name);
  const logits = options.logits ?? outputOf(model);

  function checkNode(name: string | undefined): void {
    if (name !== undefined && nodes && !(name.split(":")[0]! in nodes)) {
      throw new TypeError(`Cannot read classifier: there is no node "${name}" in the graph model`);
    }
  }

  return {
    kind: "graph model",
    head,
    read(x, features) {
      if (features.includes("all")) lacks("graph model", "a list of all its features", "name the nodes");
      const wanted = new Map(features.map((name) => [name, nodeOf(name)]));
      for (const node of wanted.values()) checkNode(node);
      const names = [...new Set([logits, ...wanted.values()])];
      const computed = model.execute(x, names);
      const tensors = Array.isArray(computed) ? computed : [computed];
      const byNode = new Map(names.map((name, i) => [name, tensors[i]!]));
      const named = new Map<string, Tensor>([...wanted].map(([name, node]) => [name, byNode.get(node)!]));
      return checkOutputs(x, byNode.get(logits), named, []);
    },
  };

  function nodeOf(name: string): string {
    if (name !== "penultimate") return name;
    return (
      penultimate ??
      lacks("graph model", 'the feature "penultimate"', "name its node: openClassifier(model, { penultimate })")
    );
  }
}

/** The node of the logits: the output, or what its softmax is taken of. */
function outputOf({ executor, outputs }: GraphModel): string {
  const output = executor?.graph?.outputs[0];
  let node = output;
  while (node && AFTER_SOFTMAX.includes(node.op) && node.inputs[0]) {
    const softmax = node.op !== "Identity";
    node = node.inputs[0];
    if (softmax) return node.name;
  }
  const name = output?.name ?? outputs?.[0]?.name;
  return name ?? lacks("graph model", "an output", "name the node of the logits: openClassifier(model, { logits })");
}
