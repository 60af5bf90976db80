import type { NativeBackend } from "../_backend.ts";
import type { Deferred, Entry } from "../_entry.ts";
import { ConvolutionKind } from "../_kernel_numbers.ts";
import type { Block } from "../_pool.ts";
import type { ConvolutionPlan, Usage } from "./convolution_plan.ts";

/** `min(r, cap)` where `r` is positive, else `max(r, lowest) * alpha`. */
export interface Activation {
  readonly alpha: number;
  readonly lowest: number;
  readonly cap: number;
}

/** What is added to a convolution before its result is written. */
export interface Epilogue {
  readonly bias?: Entry;
  readonly addend?: Entry;
  readonly activation?: Activation;
  /** The output of an activation whose backward is applied, with its `alpha`. */
  readonly mask?: { readonly output: Entry; readonly alpha: number };
}

/**
 * A convolution, or the gradient of one with respect to its input, that waits: additions and activations that follow
 * join it, so that they cost no pass over memory. Operands are held; TensorFlow.js's data never changes once written.
 */
export class DeferredConvolution implements Deferred {
  readonly plan: ConvolutionPlan;
  readonly epilogue: Epilogue;
  readonly #backend: NativeBackend;
  readonly #source: Entry;
  readonly #filter: Entry;
  readonly #winograd: boolean;
  /** Whether a later operation took this convolution over. */
  #joined: boolean = false;

  constructor(backend: NativeBackend, plan: ConvolutionPlan, source: Entry, filter: Entry, epilogue: Epilogue = {}) {
    this.#backend = backend;
    this.plan = plan;
    this.#source = source.hold();
    this.#filter = filter.hold();
    this.epilogue = epilogue;
    epilogue.bias?.hold();
    epilogue.addend?.hold();
    epilogue.mask?.output.hold();
    this.#winograd = !backend.exact && plan.suitsWinograd;
  }

  /** Whether the convolution carries an epilogue cheaply: at no extra pass, by the faster algorithm. */
  get rank(): number {
    return this.plan.hasGaps ? 0 : this.#winograd ? 2 : 1;
  }

  /**
   * This convolution with more of an epilogue. `null` when such convolutions are often computed twice, because their
   * result is also read on its own (an identity shortcut).
   */
  extend(more: Epilogue): DeferredConvolution | null {
    const usage = this.#usage;
    if (usage.twice > 1 && 4 * usage.twice > usage.joined) return null;
    usage.joined++;
    this.#joined = true;
    const epilogue = { ...this.epilogue, ...more };
    return new DeferredConvolution(this.#backend, this.plan, this.#source, this.#filter, epilogue);
  }

  run(): Block {
    const { addon, pool } = this.#backend;
    const { kind, window, size } = this.plan;
    const { bias, addend, mask, activation } = this.epilogue;
    const source = this.#source.values as Float32Array;
    const filter = this.#filter.values as Float32Array;
    if (this.#joined) this.#usage.twice++;
    const block = pool.allocate("float32", size);
    try {
      const packed = this.#winograd ? null : this.#packedFilter(filter);
      addon.convolve(
        packed === null ? kind : ConvolutionKind.forwardPacked,
        window,
        source,
        packed ?? filter,
        block.values as Float32Array,
        this.#winograd ? this.#transformedFilter(filter) : 0,
        valuesOf(bias),
        valuesOf(addend),
        valuesOf(mask?.output),
        activation ? 1 : 0,
        activation?.alpha ?? mask?.alpha ?? 0,
        activation?.lowest ?? 0,
        activation?.cap ?? 0,
      );
    } catch (error) {
      pool.release(block);
      throw error;
    }
    return block;
  }

  release(): void {
    this.#source.unhold();
    this.#filter.unhold();
    this.epilogue.bias?.unhold();
    this.epilogue.addend?.unhold();
    this.epilogue.mask?.output.unhold();
  }

  get #usage(): Usage {
    return this.plan.usage(this.epilogue.bias !== undefined, this.epilogue.addend !== undefined);
  }

  /** The filter as the direct forward pass reads it, kept with it; `null` where that is how it is. */
  #packedFilter(filter: Float32Array): Float32Array | null {
    const { addon, pool } = this.#backend;
    const { window, packed, packedSize } = this.plan;
    if (packedSize === 0) return null;
    const block = this.#filter.derive(packed, () => {
      const made = pool.allocate("float32", packedSize);
      addon.packFilter(window, filter, made.values as Float32Array);
      return made;
    });
    return block.values as Float32Array;
  }

  /** The filter in Winograd's form, kept with the filter: sampling uses the same weights many times. */
  #transformedFilter(filter: Float32Array): Float32Array {
    const { addon, pool } = this.#backend;
    const { kind, window, transformed } = this.plan;
    const forGradient = kind === ConvolutionKind.inputGradient ? 1 : 0;
    const block = this.#filter.derive(transformed, () => {
      const made = pool.allocate("float32", addon.winogradSize(window, forGradient));
      addon.winogradTransform(window, forGradient, filter, made.values as Float32Array);
      return made;
    });
    return block.values as Float32Array;
  }
}

function valuesOf(entry: Entry | undefined): Float32Array | 0 {
  return entry === undefined ? 0 : (entry.values as Float32Array);
}
