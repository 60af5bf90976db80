import { type DataTypeMap, dispose, keep, mean, slice, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { expand, isTensor } from "./_outputs.ts";
import type { OpenClassifier } from "./open_classifier.ts";
import type { Batch, Source } from "./source.ts";

/** What a detector reads of each batch, beside the logits. */
export interface Needs {
  /** Features by name, or `"all"`, averaged over everything but examples and channels. */
  readonly pooled?: readonly string[];
  /** Features by name, or `"all"`, as they are. */
  readonly maps?: readonly string[];
  /** Whether a fit takes labels: `"given"` where there are some. */
  readonly labels?: boolean | "given";
}

/** Features of some examples on the host. */
interface Feature {
  /** The values, row-major. */
  readonly data: Float32Array;
  /** Their shape, `[size, channels]` when pooled. */
  readonly shape: readonly number[];
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
}

/** A batch is cut into pieces of this many examples, so that its features fit in memory. */
const ROWS = 500;

/** Joins what several detectors need. */
export function joinNeeds(all: readonly Needs[]): Needs {
  const join = (kind: "pooled" | "maps"): string[] => [...new Set(all.flatMap((needs) => needs[kind] ?? []))];
  return { pooled: join("pooled"), maps: join("maps"), labels: all.some(({ labels }) => labels === true) };
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
          await visit(await read(action, classifier, x, needs, labels?.subarray(from, from + size)));
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

/** Reads what a classifier says of inputs. */
export async function read(
  action: string,
  classifier: OpenClassifier,
  x: Tensor,
  needs: Needs,
  labels?: Int32Array,
): Promise<Reading> {
  const tensors = compute(classifier, x, needs);
  try {
    const [size, classes] = tensors.logits.shape as [number, number];
    const wrong = labels?.findIndex((label) => label >= classes) ?? -1;
    if (wrong !== -1) {
      throw new RangeError(`Cannot ${action}: labels must be below ${classes} but found ${labels![wrong]} at ${wrong}`);
    }
    return {
      x,
      size,
      classes,
      logits: await finite(action, "logits", tensors.logits),
      labels,
      all: tensors.all,
      pooled: await readAll(action, tensors.pooled),
      maps: await readAll(action, tensors.maps),
    };
  } finally {
    dispose([tensors.logits, ...tensors.pooled.values(), ...tensors.maps.values()]);
  }
}

interface Computed {
  readonly logits: Tensor;
  readonly all: readonly string[];
  readonly pooled: ReadonlyMap<string, Tensor>;
  readonly maps: ReadonlyMap<string, Tensor>;
}

function compute(classifier: OpenClassifier, x: Tensor, { pooled = [], maps = [] }: Needs): Computed {
  let result: Computed | undefined;
  tidy(() => {
    const { logits, features, all } = classifier.read(x, [...new Set([...pooled, ...maps])]);
    // Clones: a classifier may return what it holds on to, such as its input or a variable.
    const select = (names: readonly string[], of: (feature: Tensor) => Tensor): Map<string, Tensor> =>
      new Map(expand(names, all).map((name) => [name, keep(of(features.get(name)!).clone())]));
    const logitsKept = keep(logits.clone());
    result = { logits: logitsKept, all, pooled: select(pooled, pool), maps: select(maps, (feature) => feature) };
  });
  return result!;
}

/** The average over everything but examples and channels. */
export function pool(feature: Tensor): Tensor {
  const axes = feature.shape.map((_, axis) => axis).slice(1, -1);
  return axes.length === 0 ? feature : mean(feature, axes);
}

async function readAll(action: string, tensors: ReadonlyMap<string, Tensor>): Promise<Map<string, Feature>> {
  const read = new Map<string, Feature>();
  for (const [name, tensor] of tensors) {
    read.set(name, { data: await finite(action, `feature "${name}"`, tensor), shape: tensor.shape });
  }
  return read;
}

async function finite(action: string, name: string, tensor: Tensor): Promise<Float32Array> {
  const data = Float32Array.from(await tensor.data());
  const wrong = data.findIndex((value) => !Number.isFinite(value));
  if (wrong !== -1) {
    const row = Math.floor(wrong / (data.length / tensor.shape[0]!));
    throw new RangeError(`Cannot ${action}: ${name} must be finite but found ${data[wrong]} for example ${row}`);
  }
  return data;
}
