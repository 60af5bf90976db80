import { type Scalar, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";

/**
 * The gradient of `f` at `x` by central differences: `(f(x + h e_i) - f(x - h e_i)) / 2h` for each element `i`.
 * Returns the flat gradient in row-major order. In float32 expect about three digits.
 */
export async function numericGradient(f: (x: Tensor) => Scalar, x: Tensor, h: number = 1e-2): Promise<Float64Array> {
  const values = Float32Array.from(await x.data());
  const evaluate = async (i: number, delta: number): Promise<number> => {
    const shifted = Float32Array.from(values);
    shifted[i]! += delta;
    const result = tidy(() => f(tensor(shifted, x.shape, "float32")));
    const [value] = await result.data();
    result.dispose();
    return value!;
  };
  const gradient = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) gradient[i] = ((await evaluate(i, h)) - (await evaluate(i, -h))) / (2 * h);
  return gradient;
}
