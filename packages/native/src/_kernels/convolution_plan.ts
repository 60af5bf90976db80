import { type backend_util, util } from "@tensorflow/tfjs-core";
import type { Addon } from "../_addon.ts";
import { ConvolutionKind } from "../_kernel_numbers.ts";
import { type ConvolutionAttributes, convolutionInfo, windowOf } from "./window.ts";

type Conv2DInfo = backend_util.Conv2DInfo;

/** The largest kernel side that the direct kernels take (`kMaxKernel` of `cpp/convolution.h`). */
const LARGEST_KERNEL = 16;

/** How many plans are kept: a program has a few for each of its layers and batch sizes. */
const MOST_PLANS = 4096;

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

/** How often an operation joined a kind of convolution, and how often the convolution was read on its own after that. */
export interface Usage {
  joined: number;
  twice: number;
}

/** What all convolutions of one kind and geometry share: made once, because it takes longer than small convolutions. */
export class ConvolutionPlan {
  readonly kind: number;
  readonly window: Int32Array;
  /** The shape of the input of a forward pass, or of the gradient of its result. */
  readonly sourceShape: readonly number[];
  readonly shape: readonly number[];
  readonly size: number;
  /** The channels of the result. */
  readonly channels: number;
  readonly suitsWinograd: boolean;
  /** Whether no tap meets some pixels of the result: there, an epilogue costs a pass of its own. */
  readonly hasGaps: boolean;
  /** The floats of the filter as the direct forward pass reads it; 0 where that is how it is. */
  readonly packedSize: number;
  /** The names of the other forms of the filter. */
  readonly packed: string;
  readonly transformed: string;
  readonly #usage: readonly Usage[] = Array.from({ length: 4 }, () => ({ joined: 0, twice: 0 }));

  constructor(addon: Addon, kind: number, info: Conv2DInfo) {
    const { forward, inputGradient } = ConvolutionKind;
    const { inChannels, outChannels } = info;
    this.kind = kind;
    this.window = windowOf(info);
    this.sourceShape = kind === forward ? info.inShape : info.outShape;
    this.shape = kind === forward ? info.outShape : kind === inputGradient ? info.inShape : info.filterShape;
    this.size = util.sizeFromShape([...this.shape]);
    this.channels = kind === inputGradient ? inChannels : outChannels;
    this.suitsWinograd = suitsWinograd(this.window, kind);
    this.hasGaps = kind === inputGradient && info.filterHeight < info.strideHeight;
    this.packedSize = kind === forward ? addon.packedSize(this.window) : 0;
    this.packed = `packed ${outChannels}`;
    this.transformed = `${kind} ${inChannels} ${outChannels} ${info.strideHeight}`;
  }

  /** How convolutions like this one with these parts of an epilogue are used. */
  usage(hasBias: boolean, hasAddend: boolean): Usage {
    return this.#usage[(hasBias ? 1 : 0) + (hasAddend ? 2 : 0)]!;
  }
}

/** Plans by geometry, of one backend. */
export class ConvolutionPlans {
  readonly #addon: Addon;
  readonly #plans: Map<string, ConvolutionPlan | null> = new Map();

  constructor(addon: Addon) {
    this.#addon = addon;
  }

  /** The plan of a convolution or a gradient of one; `null` when the native kernels do not take it. */
  find(
    kind: number,
    xShape: readonly number[],
    filterShape: readonly number[],
    attrs: ConvolutionAttributes,
  ): ConvolutionPlan | null {
    const { strides, pad, dilations, dimRoundingMode, dataFormat } = attrs;
    const geometry = `${kind} ${xShape} ${filterShape} ${strides} ${pad} ${dilations} ${dimRoundingMode} ${dataFormat}`;
    let plan = this.#plans.get(geometry);
    if (plan === undefined) {
      const info = convolutionInfo(xShape, filterShape, attrs);
      plan = info !== null && isTaken(info) ? new ConvolutionPlan(this.#addon, kind, info) : null;
      if (this.#plans.size >= MOST_PLANS) this.#plans.clear();
      this.#plans.set(geometry, plan);
    }
    return plan;
  }
}

function isTaken({ dilationHeight, dilationWidth, filterHeight, filterWidth }: Conv2DInfo): boolean {
  return Math.max(dilationHeight, dilationWidth) === 1 && Math.max(filterHeight, filterWidth) <= LARGEST_KERNEL;
}

/**
 * The rule for Winograd's algorithms: filters 3x3 without dilation, of stride 1 (tiles of 4x4 results) with at least 16
 * channels on both sides, or of stride 2 (tiles of 2x2) with at least 32; at least 16 tiles, and little of their area outside the images.
 */
function suitsWinograd(window: Int32Array, kind: number): boolean {
  const of = (field: keyof typeof Field): number => window[Field[field]]!;
  const stride = of("strideHeight");
  const isSquare3 = of("kernelHeight") === 3 && of("kernelWidth") === 3 && stride === of("strideWidth");
  if (!isSquare3 || stride > 2 || of("dilationHeight") !== 1 || of("dilationWidth") !== 1) return false;
  const [top, left] = [of("padTop"), of("padLeft")];
  if (stride === 2 ? top % 2 !== left % 2 : top > 2 || left > 2) return false;
  const [inputs, outputs] = [of("inChannels"), of("outChannels")];
  if (Math.min(inputs, outputs) < (stride === 2 ? 32 : 16)) return false;
  const side = stride === 2 ? 2 : 4;
  const [height, width] = [of("outHeight"), of("outWidth")];
  const tiles = Math.ceil(height / side) * Math.ceil(width / side);
  if (of("batch") * tiles < 16) return false;
  if (stride === 1) return tiles * side * side <= 2 * height * width;
  // The gain at stride 2 (1.1 to 1.4 times) does not survive much waste. Half tiles of the forward pass leave products out.
  if (kind === ConvolutionKind.forward) return productsOf(height) * productsOf(width) <= 0.76 * (9 * height * width);
  // The sums of a filter gradient must fit each thread's cache.
  const fits = kind !== ConvolutionKind.filterGradient || inputs * outputs <= 24 * 1024;
  return fits && tiles * side * side <= 1.2 * height * width;
}

/** The products for a row of so many results at stride 2: 5 for two, 3 for one that is left. */
function productsOf(results: number): number {
  return 5 * Math.floor(results / 2) + 3 * (results % 2);
}
