import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type KernelTable, type NativeBackend, sameShape, sizeOf } from "../_backend.ts";
import type { Deferred } from "../_entry.ts";
import { Binary, Unary } from "../_kernel_numbers.ts";
import type { Block } from "../_pool.ts";
import { broadcast } from "./broadcast.ts";

const ZERO = Float32Array.of(0);

/** Below this size a broadcast is computed at once. */
const SMALLEST_DEFERRED = 16_384;

/**
 * The gradient of a sum or mean: a small tensor repeated. The backward of an activation, which usually follows, reads
 * the small one instead.
 */
export class DeferredBroadcast implements Deferred {
  readonly #backend: NativeBackend;
  readonly #size: number;
  readonly #layout: Int32Array;
  readonly #small: Block;

  constructor(backend: NativeBackend, size: number, layout: Int32Array, small: Block) {
    this.#backend = backend;
    this.#size = size;
    this.#layout = layout;
    this.#small = small;
  }

  get small(): Float32Array {
    return this.#small.values as Float32Array;
  }

  /** The layout of the small tensor against a full one of the result's shape. */
  against(): Int32Array {
    const layout = this.#layout.slice();
    layout[8] = 1;
    layout[7] = layout[2]!;
    layout[6] = layout[1]! * layout[2]!;
    return layout;
  }

  run(): Block {
    const block = this.#backend.pool.allocate("float32", this.#size);
    this.#backend.addon.binary(Binary.Add, this.#layout, this.small, ZERO, block.values as Float32Array, 0);
    return block;
  }

  release(): void {
    this.#backend.pool.release(this.#small);
  }
}

/** `scale * x` repeated along any axes, for patterns that `broadcast` does not take. */
function repeat(x: TensorInfo, shape: readonly number[], scale: number, backend: NativeBackend): TensorInfo {
  const scaled = backend.output(x.shape, "float32");
  backend.addon.unary(Unary.Scale, scaled.values.length, backend.floats(x)!, scaled.values, scale, 0);
  const result = backend.run("Tile", { x: scaled.info }, { reps: shape.map((side, i) => side / x.shape[i]!) });
  backend.disposeIntermediateTensorInfo(scaled.info);
  return result;
}

/** Sums of broadcast gradients, which wait until they are read. */
export const broadcastKernels: KernelTable = {
  /** `scale * x`, broadcast to `shape`. */
  BroadcastScale: (inputs, attrs, backend) => {
    const { x } = inputs as { x: TensorInfo };
    const { shape, scale } = attrs as { shape: number[]; scale: number };
    const size = sizeOf(shape);
    if (size === 0) return backend.output(shape, "float32").info;
    const values = backend.floats(x);
    if (values === null) return null;
    const joint = broadcast(x.shape, shape);
    if (joint === null) return repeat(x, shape, scale, backend);
    if (!sameShape(joint.shape, shape)) return null;
    const small = backend.pool.allocate("float32", values.length);
    backend.addon.unary(Unary.Scale, values.length, values, small.values as Float32Array, scale, 0);
    const layout = joint.layout;
    layout.fill(0, 6); // the second operand is a scalar
    const deferred = new DeferredBroadcast(backend, size, layout, small);
    const result = backend.defer(shape, deferred);
    if (size < SMALLEST_DEFERRED) backend.floats(result);
    return result;
  },
};
