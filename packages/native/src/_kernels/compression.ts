import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type KernelTable, sizeOf } from "../_backend.ts";
import { areIndices, indicesOf } from "./predicted.ts";

interface CompressionAttributes {
  /** Into how many levels values are cut, beside 0; from 1 to 255. */
  readonly levels: number;
  /** Where they are cut, `[levels - 1, channels]`. */
  readonly edges: Float32Array;
  /** Symbols from 0 to `levels`, larger ones as that, `[count, channels, positions]`. */
  readonly prototypes: Uint8Array;
  /** The prototype of each class. */
  readonly prototypeOf: Int32Array;
}

/** Sizes are 32-bit integers, and the time grows with the square. */
const MOST_POSITIONS = 2 ** 24;

/** The phrases of Lempel and Ziv. */
export const compressionKernels: KernelTable = {
  /**
   * Of each map of `x`, `[batch, ...positions, channels]`, and each channel: its average, as the sum of two numbers; how many phrases
   * the levels of its values have, and how many with those of the prototype of the class with the largest of `logits`,
   * `[batch, classes]`, after them: `[batch, channels, 4]`.
   */
  CompressionCounts: (inputs, attrs, backend) => {
    const { x, logits } = inputs as { x: TensorInfo; logits: TensorInfo };
    const { levels, edges, prototypes, prototypeOf } = attrs as unknown as CompressionAttributes;
    const action = "Cannot count phrases";
    if (!Number.isInteger(levels) || levels < 1 || levels > 255) {
      throw new RangeError(`${action}: levels must be an integer from 1 to 255 but found ${levels}`);
    }
    const values = backend.floats(x);
    const scores = backend.floats(logits);
    const [batch, channels] = [x.shape[0]!, x.shape.at(-1)!];
    if (x.shape.length < 2 || logits.shape.length !== 2 || logits.shape[0] !== batch || !values || !scores) {
      throw new TypeError(
        `${action}: x must be float32 [batch, ..., channels] and logits [batch, classes] but found [${x.shape.join(", ")}] and [${logits.shape.join(", ")}]`,
      );
    }
    const each = sizeOf(x.shape) / batch;
    const classes = logits.shape[1]!;
    if (each / channels > MOST_POSITIONS) {
      throw new RangeError(
        `${action}: maps must have at most ${MOST_POSITIONS} positions but found ${each / channels}`,
      );
    }
    if (!(edges instanceof Float32Array) || edges.length !== (levels - 1) * channels) {
      throw new TypeError(`${action}: edges must be ${(levels - 1) * channels} numbers of a Float32Array`);
    }
    if (!(prototypes instanceof Uint8Array) || prototypes.length % each !== 0) {
      throw new TypeError(`${action}: prototypes must be a Uint8Array with ${each} symbols for each`);
    }
    const count = prototypes.length / each;
    if (!areIndices(prototypeOf, classes, count)) {
      throw new TypeError(`${action}: prototypeOf must be ${classes} indices below ${count} of an Int32Array`);
    }
    const which = indicesOf(scores, prototypeOf, batch);
    const out = backend.output([batch, channels, 4], "float32");
    backend.addon.compression(batch, each / channels, channels, levels, values, edges, prototypes, which, out.values);
    return out.info;
  },
};
