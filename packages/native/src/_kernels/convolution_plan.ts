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
    const { forward, inputGradient, filterGradient } = ConvolutionKind;
    const { inChannels, outChannels } = info;
    this.kind = kind;
    this.window = windowOf(info);
    this.sourceShape = kind === forward ? info.inShape : info.outShape;
    this.shape = kind === forward ? info.outShape : kind === inputGradient ? info.inShape : info.filterShape;
    this.size = util.sizeFromShape([...this.shape]);
    this.channels = kind === inputGradient ? inChannels : outChannels;
    this.suitsWinograd = (kind === filterGradient ? suitsWinogradFilterGradient : suitsWinograd)(this.window);
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
function suitsWinogradFilterGradient(window: Int32Array): boolean {
  const isSmall = window[Field.inChannels]! * window[Field.outChannels]! <= 24 * 1024;
  return suitsWinograd(window, 32) && (window[Field.strideHeight] === 1 || isSmall);
}
