import type { WeightSpec } from "../_variables.ts";
import type { Snapshot, SnapshotArray } from "../checkpointable.ts";

/** The part that is written as TensorFlow.js writes a model. */
const MODEL = "model";

const constructors = {
  Float32Array,
  Float64Array,
  Int8Array,
  Int16Array,
  Int32Array,
  Uint8Array,
  Uint16Array,
  Uint32Array,
};

/** Where an array is in the binary file of its part; in bytes. */
interface Placement {
  readonly name: string;
  readonly type: keyof typeof constructors;
  readonly offset: number;
  readonly bytes: number;
}

/** The names of the two files of a part. */
export function fileNames(part: string): readonly [json: string, binary: string] {
  return part === MODEL ? ["model.json", "weights.bin"] : [`${part}.json`, `${part}.bin`];
}

/** The two files of a part: its values and the table of its arrays as JSON, and the arrays one after another. */
export function encode(part: string, snapshot: Snapshot): readonly [json: Uint8Array, binary: Uint8Array] {
  const arrays: Placement[] = [];
  const binary = new Uint8Array(Object.values(snapshot.arrays).reduce((sum, { byteLength }) => sum + byteLength, 0));
  let offset = 0;
  for (const [name, array] of Object.entries(snapshot.arrays)) {
    arrays.push({ name, type: array.constructor.name as Placement["type"], offset, bytes: array.byteLength });
    binary.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), offset);
    offset += array.byteLength;
  }
  const content = part === MODEL ? modelJson(snapshot, arrays) : { values: snapshot.values, arrays };
  return [new TextEncoder().encode(`${JSON.stringify(content, refuseNonFinite)}\n`), binary];
}

/** The inverse of {@linkcode encode}. */
export function decode(part: string, json: Uint8Array, binary: Uint8Array): Snapshot {
  const content = JSON.parse(new TextDecoder().decode(json));
  const { values, placements } = part === MODEL ? readModelJson(content) : { ...content, placements: content.arrays };
  const arrays = (placements as Placement[]).map(({ name, type, offset, bytes }): [string, SnapshotArray] => {
    // A copy: the offset need not be a multiple of the element's size.
    return [name, new constructors[type](new Uint8Array(binary.subarray(offset, offset + bytes)).buffer)];
  });
  return { values, arrays: Object.fromEntries(arrays) };
}

/** A `model.json` that `tf.loadLayersModel` reads, where the topology is known; what else there is stands beside it. */
function modelJson({ values }: Snapshot, arrays: readonly Placement[]): object {
  const { modelTopology, weights, ...more } = values;
  return {
    format: "layers-model",
    generatedBy: "@jem-js/trainer",
    convertedBy: null,
    ...(modelTopology !== undefined && { modelTopology }),
    weightsManifest: [{ paths: ["weights.bin"], weights: weights as readonly WeightSpec[] }],
    userDefinedMetadata: { arrays, values: more },
  };
}

function readModelJson(content: {
  modelTopology?: unknown;
  weightsManifest: { weights: WeightSpec[] }[];
  userDefinedMetadata: { arrays: Placement[]; values: object };
}): { values: Snapshot["values"]; placements: readonly Placement[] } {
  const { modelTopology, weightsManifest, userDefinedMetadata } = content;
  const topology = modelTopology === undefined ? {} : { modelTopology };
  const values = { ...userDefinedMetadata.values, ...topology, weights: weightsManifest[0]!.weights };
  return { values, placements: userDefinedMetadata.arrays };
}

/** JSON would write NaN and Infinity as null, and a resumed run would not be the same. */
function refuseNonFinite(name: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new TypeError(`Cannot write a checkpoint: the value ${name} must be finite but found ${value}`);
  }
  return value;
}
