import type { NativeBackend } from "../_backend.ts";
import type { Deferred, Entry } from "../_entry.ts";
import { ConvolutionKind } from "../_kernel_numbers.ts";
import type { Block } from "../_pool.ts";

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

/** How often an operation joined a kind of convolution, and how often the convolution was read on its own after that. */
export interface Usage {
  joined: number;
  twice: number;
}

/** The places of `struct Window` (`cpp/kernels.h`) that the rules below read. */
const Field = {
  batch: 0,
  inChannels: 3,
  kernelHeight: 4,
  kernelWidth: 5,
  strideHeight: 6,
  strideWidth: 7,
  padTop: 8,
  padLeft: 9,
  outHeight: 10,
  outWidth: 11,
  outChannels: 12,
  dilationHeight: 13,
  dilationWidth: 14,
} as const;

/**
 * A convolution, or the gradient of one with respect to its input, that waits: additions and activations that follow
 * join it, so that they cost no pass over memory. Operands are held; TensorFlow.js's data never changes once written.
 */
export class DeferredConvolution implements Deferred {
  readonly window: Int32Array;
  readonly kind: number;
  readonly size: number;
  readonly epilogue: Epilogue;
  readonly #backend: NativeBackend;
  readonly #source: Entry;
  readonly #filter: Entry;
  readonly #winograd: boolean;
  /** The window as text, made once: what `usage` is looked up by. */
  readonly #geometry: string;
  /** Whether a later operation took this convolution over. */
  #joined: boolean = false;

  constructor(
    backend: NativeBackend,
    kind: number,
    window: Int32Array,
    size: number,
    source: Entry,
    filter: Entry,
    epilogue: Epilogue = {},
    geometry: string = window.join(),
  ) {
    this.#backend = backend;
    this.kind = kind;
    this.window = window;
    this.size = size;
    this.#source = source.hold();
    this.#filter = filter.hold();
    this.epilogue = epilogue;
    epilogue.bias?.hold();
    epilogue.addend?.hold();
    epilogue.mask?.output.hold();
    this.#geometry = geometry;
    this.#winograd = !backend.exact && suitsWinograd(window);
  }

  get channels(): number {
    return this.window[this.kind === ConvolutionKind.forward ? Field.outChannels : Field.inChannels]!;
  }

  /** Whether the convolution carries an epilogue cheaply: at no extra pass, by the faster algorithm. */
  get rank(): number {
    const { window } = this;
    const hasGaps =
      this.kind === ConvolutionKind.inputGradient && window[Field.kernelHeight]! < window[Field.strideHeight]!;
    return hasGaps ? 0 : this.#winograd ? 2 : 1;
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
    return new DeferredConvolution(
      this.#backend,
      this.kind,
      this.window,
      this.size,
      this.#source,
      this.#filter,
      epilogue,
      this.#geometry,
    );
  }

  run(): Block {
    const { addon, pool } = this.#backend;
    const { bias, addend, mask, activation } = this.epilogue;
    const source = this.#source.values as Float32Array;
    const filter = this.#filter.values as Float32Array;
    const operands = [bias, addend, mask?.output].map((entry) => (entry ? (entry.values as Float32Array) : 0) as 0);
    if (this.#joined) this.#usage.twice++;
    const block = pool.allocate("float32", this.size);
    try {
      const packed = this.#winograd ? null : this.#packedFilter(filter);
      addon.convolve(
        packed === null ? this.kind : ConvolutionKind.forwardPacked,
        this.window,
        source,
        packed ?? filter,
        block.values as Float32Array,
        this.#winograd ? this.#transformedFilter(filter) : 0,
        operands[0]!,
        operands[1]!,
        operands[2]!,
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

  /** How convolutions like this one are used. */
  get #usage(): Usage {
    const { bias, addend } = this.epilogue;
    const kind = `${this.kind} ${this.#geometry} ${bias !== undefined} ${addend !== undefined}`;
    let usage = this.#backend.usage.get(kind);
    if (usage === undefined) {
      usage = { joined: 0, twice: 0 };
      this.#backend.usage.set(kind, usage);
    }
    return usage;
  }

  /** The filter as the direct forward pass reads it, kept with it; `null` where that is how it is. */
  #packedFilter(filter: Float32Array): Float32Array | null {
    const { addon, pool } = this.#backend;
    if (this.kind !== ConvolutionKind.forward) return null;
    const size = addon.packedSize(this.window);
    if (size === 0) return null;
    const block = this.#filter.derive(`packed ${this.window[Field.outChannels]}`, () => {
      const made = pool.allocate("float32", size);
      addon.packFilter(this.window, filter, made.values as Float32Array);
      return made;
    });
    return block.values as Float32Array;
  }

  /** The filter in Winograd's form, kept with the filter: sampling uses the same weights many times. */
  #transformedFilter(filter: Float32Array): Float32Array {
    const { addon, pool } = this.#backend;
    const forGradient = this.kind === ConvolutionKind.inputGradient ? 1 : 0;
    const name = `${forGradient} ${this.window[Field.inChannels]} ${this.window[Field.outChannels]}`;
    const block = this.#filter.derive(name, () => {
      const made = pool.allocate("float32", addon.winogradSize(this.window, forGradient));
      addon.winogradTransform(this.window, forGradient, filter, made.values as Float32Array);
      return made;
    });
    return block.values as Float32Array;
  }
}

/**
 * The rule for Winograd's algorithms: filters 3x3 without dilation, of stride 1 (tiles of 4x4 results) with at least 16
 * channels on both sides, or of stride 2 (tiles of 2x2) with at least 64 (32 for the filter gradient); at least 16
 * tiles, and at most half of their area (a sixth at stride 2) outside the images.
 */
function suitsWinograd(window: Int32Array, fewestAtStride2 = 64): boolean {
  const of = (field: keyof typeof Field): number => window[Field[field]]!;
  const stride = of("strideHeight");
  const isSquare3 = of("kernelHeight") === 3 && of("kernelWidth") === 3 && stride === of("strideWidth");
  if (!isSquare3 || stride > 2 || of("dilationHeight") !== 1 || of("dilationWidth") !== 1) return false;
  const [top, left] = [of("padTop"), of("padLeft")];
  if (stride === 2 ? top % 2 !== left % 2 : top > 2 || left > 2) return false;
  if (Math.min(of("inChannels"), of("outChannels")) < (stride === 2 ? fewestAtStride2 : 16)) return false;
  const side = stride === 2 ? 2 : 4;
  const [height, width] = [of("outHeight"), of("outWidth")];
  const tiles = Math.ceil(height / side) * Math.ceil(width / side);
  // At stride 2 the gain (1.2 to 1.4 times) does not survive more than a little waste.
  return of("batch") * tiles >= 16 && tiles * side * side <= (stride === 2 ? 1.2 : 2) * height * width;
}

/** The same rule for the filter gradient, whose sums at stride 2 must fit each thread's cache. */
export function suitsWinogradFilterGradient(window: Int32Array): boolean {
  const isSmall = window[Field.inChannels]! * window[Field.outChannels]! <= 24 * 1024;
  return suitsWinograd(window, 32) && (window[Field.strideHeight] === 1 || isSmall);
}
