import type { Tensor } from "@tensorflow/tfjs-core";

/** Features of some examples on the host. */
export interface Feature {
  /** The values, row-major. */
  readonly data: Float32Array;
  /** Their shape, `[size, channels]` when pooled. */
  readonly shape: readonly number[];
}

/** Features by name, read; throws when a value is not finite. */
export async function readAll(action: string, tensors: ReadonlyMap<string, Tensor>): Promise<Map<string, Feature>> {
  const read = new Map<string, Feature>();
  for (const [name, tensor] of tensors) {
    read.set(name, { data: await finite(action, `feature "${name}"`, tensor), shape: tensor.shape });
  }
  return read;
}

/** The values of a tensor; throws when one is not finite, and names its example. */
export async function finite(action: string, name: string, tensor: Tensor): Promise<Float32Array> {
  const data = await (tensor.data() as Promise<Float32Array>);
  const wrong = firstWrong(data);
  if (wrong !== -1) {
    const row = Math.floor(wrong / (data.length / tensor.shape[0]!));
    throw new RangeError(`Cannot ${action}: ${name} must be finite but found ${data[wrong]} for example ${row}`);
  }
  return data;
}

/** The first index of a value that is not finite, -1 when all are. */
function firstWrong(data: Float32Array): number {
  // What is not finite stays so in products with 0 and in sums: one look at the sum, and a search only for the error. Four sums side
  // by side: one alone would wait for each of its additions.
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 3 < data.length; i += 4) {
    s0 += data[i]! * 0;
    s1 += data[i + 1]! * 0;
    s2 += data[i + 2]! * 0;
    s3 += data[i + 3]! * 0;
  }
  for (; i < data.length; i++) s0 += data[i]! * 0;
  return s0 + s1 + s2 + s3 === 0 ? -1 : data.findIndex((value) => !Number.isFinite(value));
}
