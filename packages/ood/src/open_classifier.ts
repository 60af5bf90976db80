import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import { openFunction } from "./_open_function.ts";
import { openGraph } from "./_open_graph.ts";
import { isLayers, openLayers } from "./_open_layers.ts";
import type { Classifier } from "./classifier.ts";

/** The last layer of a classifier: `logits = features kernel + bias`. */
export interface LinearHead {
  /** The weights, `[features, classes]`. */
  readonly kernel: Tensor2D;
  /** The biases, `[classes]`. @default {none} */
  readonly bias?: Tensor1D;
}

/** Options of {@linkcode openClassifier}. */
export interface OpenClassifierOptions {
  /** The layer, or the node of a graph, whose output is the logits. @default {the output, or what a last softmax is taken of} */
  readonly logits?: string;
  /** What the last layer takes in, `"penultimate"` for detectors: a layer, a node or a named feature. @default {found in a layers model} */
  readonly penultimate?: string;
  /** The last layer. @default {found in a layers model that ends in a dense layer} */
  readonly head?: LinearHead;
}

/** Logits and the features that were asked for. */
export interface ClassifierOutputs {
  /** The logits, `[batch, classes]`. */
  readonly logits: Tensor2D;
  /** The features by name, `[batch, ...]`. */
  readonly features: ReadonlyMap<string, Tensor>;
  /** What `"all"` stood for, where it was asked for. */
  readonly all: readonly string[];
}

/** A classifier opened for detectors. */
export interface OpenClassifier {
  /** What kind it is, for errors. */
  readonly kind: "function" | "head" | "layers model" | "graph model";
  /** The last layer, where it is known. */
  readonly head: LinearHead | undefined;
  /**
   * Computes logits and named features in one pass, differentiable with respect to `x`. To be called in a `tidy`.
   * `"penultimate"` is a name of what the last layer takes in; `"all"` stands for every feature that has a name of its own.
   */
  read(x: Tensor, features: readonly string[]): ClassifierOutputs;
}

/**
 * Opens a classifier: one way to read logits, features by name and the last layer, whatever it is.
 *
 * Detectors call it themselves; use it to say where things are. Of a `tf.LayersModel`, features are named by layers, `"all"`
 * leaves out layers that only move or drop values, and `"penultimate"` is what the last dense layer takes in. Of a
 * `tf.GraphModel`, they are named by nodes. A function returns them: `{ logits, features: { name: tensor } }`, of which the
 * last is `"penultimate"` unless one is called so. An object with `logits` and `features`, such as an energy head, has only
 * `"penultimate"`. Models that end in a softmax are read before it.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { openClassifier } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const model = tf.sequential({
 *   layers: [
 *     tf.layers.dense({ name: "hidden", units: 4, activation: "relu", inputShape: [2] }),
 *     tf.layers.dense({ units: 3, activation: "softmax" }),
 *   ],
 * });
 * const { head, read } = openClassifier(model);
 * expect(head?.kernel.shape).toEqual([4, 3]);
 * tf.tidy(() => {
 *   const { logits, features } = read(tf.ones([1, 2]), ["hidden"]);
 *   expect(logits.shape).toEqual([1, 3]);
 *   expect(features.get("hidden")?.shape).toEqual([1, 4]);
 * });
 * ```
 *
 * @param classifier A function from `[batch, ...input]` to logits `[batch, classes]` or to logits and features, an object with
 * `logits`, or a model; borrowed.
 * @param options Where logits, features and the last layer are.
 * @returns The open classifier. It holds no memory of its own.
 * @throws {TypeError} When `classifier` is none, a name is unknown, or an option does not go with it; from `read`, when what it
 * returns is not `[batch, ...]`, or it lacks a feature.
 * @throws {RangeError} From `read`, when there are fewer than two classes.
 */
export function openClassifier(
  classifier: Classifier | OpenClassifier,
  options: OpenClassifierOptions = {},
): OpenClassifier {
  if (typeof classifier === "function") return openFunction(classifier, options);
  if (classifier !== null && typeof classifier === "object") {
    if ("read" in classifier) return classifier;
    if ("logits" in classifier) return openFunction(classifier, options);
    if ("execute" in classifier) {
      return isLayers(classifier) ? openLayers(classifier, options) : openGraph(classifier, options);
    }
  }
  throw new TypeError(
    `Cannot open classifier: it must be a function, an object with logits() or a model with execute() but found ${typeof classifier}`,
  );
}
