import {
  add,
  gather,
  mul,
  reshape,
  type Tensor2D,
  type Tensor4D,
  tensor1d,
  tensor2d,
  tidy,
} from "@tensorflow/tfjs-core";

/** The pixels of `x` at flat indices `(image * height + row) * width + column`, as images of the same shape. */
export function pickPixels(x: Tensor4D, indices: Int32Array): Tensor4D {
  return tidy(() => reshape(gather(rowsOf(x), tensor1d(indices, "int32")), x.shape));
}

/**
 * The values of each image of `x` between its pixels, bilinear, at one place for each pixel of the result; `fill` is what
 * surrounds the image.
 */
export function interpolatePixels(x: Tensor4D, rows: Float64Array, columns: Float64Array, fill: number): Tensor4D {
  const [batch, height, width] = x.shape;
  const perImage = height * width;
  const corners = [0, 1].flatMap((down) =>
    [0, 1].map((right) => ({
      down,
      right,
      indices: new Int32Array(batch * perImage),
      weights: new Float32Array(batch * perImage),
    })),
  );
  const outside = new Float32Array(batch * perImage);
  for (let i = 0; i < outside.length; i++) {
    const top = Math.floor(rows[i]!);
    const left = Math.floor(columns[i]!);
    for (const { down, right, indices, weights } of corners) {
      const weight =
        (down ? rows[i]! - top : top + 1 - rows[i]!) * (right ? columns[i]! - left : left + 1 - columns[i]!);
      const row = top + down;
      const column = left + right;
      if (row >= 0 && row < height && column >= 0 && column < width) {
        indices[i] = Math.floor(i / perImage) * perImage + row * width + column;
        weights[i] = weight;
      } else {
        outside[i]! += weight * fill;
      }
    }
  }
  return tidy(() => {
    const pixels = rowsOf(x);
    const column = (values: Float32Array): Tensor2D => tensor2d(values, [values.length, 1], "float32");
    const sum = corners.reduce(
      (total: Tensor2D, { indices, weights }) =>
        add(total, mul(gather(pixels, tensor1d(indices, "int32")), column(weights))),
      column(outside),
    );
    return reshape(sum, x.shape);
  });
}

function rowsOf(x: Tensor4D): Tensor2D {
  const [batch, height, width, channels] = x.shape;
  return reshape(x, [batch * height * width, channels]);
}
