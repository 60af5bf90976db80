import type { Tensor } from "@tensorflow/tfjs-core";
import { checkOutputs, expand, isTensor, lacks } from "./_outputs.ts";
import type { ClassifierFunction, LogitsModel } from "./classifier.ts";
import type { OpenClassifier, OpenClassifierOptions } from "./open_classifier.ts";

/** Opens a function, or an object with `logits` and `features`. */
export function openFunction(
  classifier: ClassifierFunction | LogitsModel,
  { logits, penultimate, head }: OpenClassifierOptions,
): OpenClassifier {
  if (logits !== undefined) {
    throw new TypeError("Cannot open classifier: logits by name need a model but found a function");
  }
  const isFunction = typeof classifier === "function";
  if (!isFunction && penultimate !== undefined) {
    throw new TypeError("Cannot open classifier: a penultimate by name needs a model or a function but found a head");
  }
  const kind = isFunction ? "function" : "head";

  function outputsOf(x: Tensor, wantsFeatures: boolean): { logits: unknown; named: Map<string, Tensor> } {
    if (!isFunction) {
      const named = new Map<string, Tensor>();
      if (wantsFeatures && classifier.features) named.set("penultimate", classifier.features(x));
      return { logits: classifier.logits(x), named };
    }
    const outputs = classifier(x);
    if (isTensor(outputs)) return { logits: outputs, named: new Map() };
    return { logits: outputs?.logits, named: new Map(Object.entries(outputs?.features ?? {})) };
  }

  return {
    kind,
    head,
    read(x, features) {
      const found = outputsOf(x, features.length > 0);
      const { named } = found;
      const all = features.includes("all") ? [...named.keys()] : [];
      if (features.includes("all") && named.size === 0) lacks(kind, "features", remedyOf(isFunction));
      const wanted = expand(features, all).map((name): [string, Tensor] => [name, featureOf(named, name)]);
      return checkOutputs(x, found.logits, new Map(wanted), all);
    },
  };

  function featureOf(named: ReadonlyMap<string, Tensor>, name: string): Tensor {
    const found = named.get(name);
    if (found !== undefined) return found;
    if (name === "penultimate") {
      const last = penultimate === undefined ? [...named.values()].at(-1) : named.get(penultimate);
      if (last !== undefined) return last;
    }
    return lacks(kind, `the feature "${name}"`, remedyOf(isFunction));
  }
}

function remedyOf(isFunction: boolean): string {
  return isFunction
    ? "return { logits, features: { name: tensor } } from it"
    : "make it with features, or open a function that returns { logits, features }";
}
