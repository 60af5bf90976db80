import { type DataType, dispose, type Tensor, tensor, type Variable } from "@tensorflow/tfjs-core";
import type { SnapshotArray } from "./checkpointable.ts";

/** What is said of a variable beside its values; as in the weights manifest of TensorFlow.js. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DataType;
}

/** The description of a variable under `name`. */
export function specOf(name: string, { shape, dtype }: Tensor): WeightSpec {
  return { name, shape: [...shape], dtype };
}

/** A copy of the values of a tensor. */
export async function valuesOf(source: Tensor): Promise<SnapshotArray> {
  const values: SnapshotArray = await source.data<"float32" | "int32" | "bool">();
  // Backends may hand out their own memory.
  return values.slice();
}

/** Gives a variable other values, of its own shape and type. */
export function assignValues(target: Variable, values: SnapshotArray): void {
  const value = tensor(values.slice() as Float32Array, target.shape, target.dtype);
  // The variable takes the data over; what is left is a handle.
  target.assign(value);
  dispose(value);
}

/** Throws unless `values` are as many, and of the type, that a tensor of `spec` holds. */
export function checkValues(
  action: string,
  { name, shape, dtype }: WeightSpec,
  values: SnapshotArray | undefined,
): void {
  const size = shape.reduce((product, side) => product * side, 1);
  const kind = { float32: "Float32Array", int32: "Int32Array", bool: "Uint8Array" }[dtype as string];
  if (values?.constructor.name !== kind || values?.length !== size) {
    const found = values === undefined ? "nothing" : `a ${values.constructor.name} of ${values.length}`;
    throw new TypeError(`Cannot ${action}: ${name} must be a ${kind} of ${size} but found ${found}`);
  }
}
