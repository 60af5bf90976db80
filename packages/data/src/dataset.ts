/**
 * Labelled images in host memory. A plain object: make one with `imageDataset`, or by hand from data of any other source.
 */
export interface Dataset {
  /**
   * The pixels, flat in the order image, row, column, channel; `size * height * width * channels` of them. Bytes stand for
   * `[-1, 1]` by `2 value / 255 - 1`; floats are used as they are and should be in `[-1, 1]`.
   */
  readonly images: Uint8Array | Float32Array;
  /** The shape of one image. */
  readonly shape: readonly [height: number, width: number, channels: number];
  /** The class index of each image. */
  readonly labels: Int32Array;
  /** How many images there are, at least 1. */
  readonly size: number;
}
