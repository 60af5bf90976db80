import { type DataTypeMap, dispose, keep, mean, slice, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { gradientsOf, type Objective } from "./_objectives.ts";
import { type Feature, finite, readAll } from "./_on_host.ts";
import { expand, isTensor } from "./_outputs.ts";
import { joinSummaries, type Summary, summarize } from "./_summaries.ts";
import type { ClassifierOutputs, OpenClassifier } from "./open_classifier.ts";
import type { Batch, Source } from "./source.ts";

/** What a detector reads of each batch, beside the logits. */
export interface Needs {
  /** Features by name, or `"all"`, averaged over everything but examples and channels. */
  readonly pooled?: readonly string[];
  /** Features by name, or `"all"`, as they are. */
  readonly maps?: readonly string[];
  /** What is computed of features where they are. */
  readonly summaries?: readonly Summary[];
  /** Functions whose gradients with respect to the inputs it reads, to score. */
  readonly objectives?: readonly Objective[];
  /** Whether a fit takes labels: `"given"` where there are some. */
  readonly labels?: boolean | "given";
}

/** What a classifier said of some examples, on the host. */
export interface Reading {
  /** The inputs; borrowed. */
  readonly x: Tensor;
  /** How many examples there are. */
  readonly size: number;
  /** How many classes there are. */
  readonly classes: number;
  /** The logits, row-major `[size, classes]`. */
  readonly logits: Float32Array;
  /** The class indices, when they were asked for. */
  readonly labels: Int32Array | undefined;
  /** What `"all"` stands for, when it was asked for. */
  readonly all: readonly string[];
  /** Pooled features by name. */
  readonly pooled: ReadonlyMap<string, Feature>;
  /** Features as they are, by name. */
  readonly maps: ReadonlyMap<string, Feature>;
  /** Summaries, where the backend makes them, by {@linkcode summaryKey}. */
  readonly summaries: ReadonlyMap<string, Feature>;
  /** The gradients of objectives by their names, each of the shape of `x`; borrowed. */
  readonly gradients: ReadonlyMap<string, Tensor>;
}

/** A batch is cut into pieces of this many examples, so that its features fit in memory. */
const ROWS = 500;

/** Joins what several detectors need. */
export function joinNeeds(all: readonly Needs[]): Needs {
  const join = (kind: "pooled" | "maps"): string[] => [...new Set(all.flatMap((needs) => needs[kind] ?? []))];
  const objectives = new Map(
    all.flatMap((needs) => needs.objectives ?? []).map((objective) => [objective.name, objective]),
  );
  return {
    pooled: join("pooled"),
    maps: join("maps"),
    summaries: joinSummaries(all.flatMap((needs) => needs.summaries ?? [])),
    objectives: [...objectives.values()],
    labels: all.some(({ labels }) => labels === true),
  };
}

/** Goes over the examples of a source once and reads each piece. */
export async function forEachReading(
  action: string,
  classifier: OpenClassifier,
  source: Source,
  needs: Needs,
  visit: (reading: Reading) => void | Promise<void>,
): Promise<void> {
  const owned = typeof source === "function";
  let count = 0;
  for await (const batch of passOf(action, source)) {
    try {
      checkInputs(action, batch?.x);
      const wantsLabels = needs.labels === "given" ? batch.labels !== undefined : needs.labels;
      const labels = wantsLabels ? await readLabels(action, batch) : undefined;
      for (let from = 0; from < batch.x.shape[0]!; from += ROWS) {
        const size = Math.min(ROWS, batch.x.shape[0]! - from);
        const x = size === batch.x.shape[0] ? batch.x : slice(batch.x, [from], [size]);
        try {
          const reading = await read(action, classifier, x, needs, labels?.subarray(from, from + size));
          try {
            await visit(reading);
          } finally {
            dispose([...reading.gradients.values()]);
          }
        } finally {
          if (x !== batch.x) x.dispose();
        }
        count += size;
      }
    } finally {
      if (owned) dispose([batch?.x, batch?.labels].filter(isTensor));
    }
  }
  if (count === 0) throw new RangeError(`Cannot ${action}: there must be at least 1 example but found 0`);
}

function passOf(action: string, source: Source): Iterable<Batch> | AsyncIterable<Batch> {
  const batches = typeof source === "function" ? source() : Array.isArray(source) ? source : [source as Batch];
  if (batches && (Symbol.iterator in batches || Symbol.asyncIterator in batches)) return batches;
  throw new TypeError(`Cannot ${action}: a source that is a function must return batches but found ${typeof batches}`);
}

/** Throws unless `x` is a float32 tensor `[batch, ...input]` with an example. */
export function checkInputs(action: string, x: Tensor | undefined): asserts x is Tensor {
  if (!isTensor(x)) throw new TypeError(`Cannot ${action}: x must be a tensor but found ${typeof x}`);
  if (x.rank < 2) {
    throw new TypeError(`Cannot ${action}: x must be [batch, ...input] but found [${x.shape.join(", ")}]`);
  }
  if (x.dtype !== "float32") throw new TypeError(`Cannot ${action}: x must be float32 but found ${x.dtype}`);
  if (x.size === 0) {
    throw new RangeError(`Cannot ${action}: x must have at least 1 example but found [${x.shape.join(", ")}]`);
  }
}

async function readLabels(action: string, { x, labels }: Batch): Promise<Int32Array> {
  const size = x.shape[0];
  if (labels === undefined || labels === null) {
    throw new TypeError(`Cannot ${action}: labels must be given with x but found none`);
  }
  const values: ArrayLike<number> = isTensor(labels) ? await (labels.data() as Promise<DataTypeMap["int32"]>) : labels;
  if (values.length !== size || (isTensor(labels) && labels.rank !== 1)) {
    throw new TypeError(
      `Cannot ${action}: labels must be [${size}] but found [${isTensor(labels) ? labels.shape : values.length}]`,
    );
  }
  for (let i = 0; i < values.length; i++) {
    if (!Number.isInteger(values[i]) || values[i]! < 0) {
      throw new RangeError(`Cannot ${action}: labels must be class indices but found ${values[i]} at ${i}`);
    }
  }
  return Int32Array.from(values);
}

/** Reads what a classifier says of inputs. The gradients, when some are needed, are to be disposed. */
export async function read(
  action: string,
  classifier: OpenClassifier,
  x: Tensor,
  needs: Needs,
  labels?: Int32Array,
): Promise<Reading> {
  const tensors = compute(action, classifier, x, needs);
  let reading: Reading | undefined;
  try {
    const [size, classes] = tensors.logits.shape as [number, number];
    const wrong = labels?.findIndex((label) => label >= classes) ?? -1;
    if (wrong !== -1) {
      throw new RangeError(`Cannot ${action}: labels must be below ${classes} but found ${labels![wrong]} at ${wrong}`);
    }
    reading = {
      x,
      size,
      classes,
      logits: await finite(action, "logits", tensors.logits),
      labels,
      all: tensors.all,
      pooled: await readAll(action, tensors.pooled),
      maps: await readAll(action, tensors.maps),
      summaries: await readAll(action, tensors.summaries),
      gradients: tensors.gradients,
    };
    return reading;
  } finally {
    dispose([tensors.logits, ...tensors.pooled.values(), ...tensors.maps.values(), ...tensors.summaries.values()]);
    if (!reading) dispose([...tensors.gradients.values()]);
  }
}

interface Computed {
  readonly logits: Tensor;
  readonly all: readonly string[];
  readonly pooled: ReadonlyMap<string, Tensor>;
  readonly maps: ReadonlyMap<string, Tensor>;
  readonly summaries: ReadonlyMap<string, Tensor>;
  readonly gradients: ReadonlyMap<string, Tensor>;
}

function compute(
  action: string,
  classifier: OpenClassifier,
  x: Tensor,
  { pooled = [], maps = [], summaries = [], objectives = [] }: Needs,
): Computed {
  const kept: Tensor[] = [];
  // Clones: a classifier may return what it holds on to, such as its input or a variable.
  const keepClone = (tensor: Tensor): Tensor => {
    const clone = keep(tensor.clone());
    kept.push(clone);
    return clone;
  };
  let computed: Omit<Computed, "gradients"> | undefined;
  const gradients = new Map<string, Tensor>();
  const names = [
    ...new Set([...pooled, ...maps, ...[...summaries, ...objectives].flatMap(({ features }) => features)]),
  ];
  function outputsOf(input: Tensor): ClassifierOutputs {
    const outputs = classifier.read(input, names);
    const select = (some: readonly string[], of: (feature: Tensor) => Tensor): Map<string, Tensor> =>
      new Map(expand(some, outputs.all).map((name) => [name, keepClone(of(outputs.features.get(name)!))]));
    const { summarized, missing } = summarize(summaries, outputs, keepClone);
    computed = {
      logits: keepClone(outputs.logits),
      all: outputs.all,
      pooled: select(pooled, pool),
      maps: select([...maps, ...missing], (feature) => feature),
      summaries: summarized,
    };
    return outputs;
  }
  try {
    tidy(() => {
      if (objectives.length === 0) {
        outputsOf(x);
        return;
      }
      gradientsOf(action, x, objectives, outputsOf).forEach((gradient, i) => {
        gradients.set(objectives[i]!.name, keepClone(gradient));
        gradient.dispose();
      });
    });
  } catch (error) {
    dispose(kept);
    throw error;
  }
  return { ...computed!, gradients };
}

/** The average over everything but examples and channels. */
export function pool(feature: Tensor): Tensor {
  const axes = feature.shape.map((_, axis) => axis).slice(1, -1);
  return axes.length === 0 ? feature : mean(feature, axes);
}
