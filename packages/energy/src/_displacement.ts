import {
  add,
  cast,
  customGrad,
  div,
  equal,
  maximum,
  mean,
  mul,
  reshape,
  sqrt,
  square,
  type Tensor,
  type Tensor1D,
  zeros,
} from "@tensorflow/tfjs-core";

/** Throws unless `v` is a direction for `x`, and the method and the step of a finite difference are some. */
export function checkDirection(
  action: string,
  x: Tensor,
  v: Tensor,
  { method, step }: { readonly method: string; readonly step: number },
): void {
  if (x.rank < 1 || x.size === 0) {
    throw new TypeError(`Cannot ${action}: x must be a non-empty [batch, ...input] but found [${x.shape.join(", ")}]`);
  }
  if (x.shape.length !== v.shape.length || x.shape.some((size, i) => size !== v.shape[i])) {
    throw new TypeError(
      `Cannot ${action}: v must have the shape of x [${x.shape.join(", ")}] but found [${v.shape.join(", ")}]`,
    );
  }
  if (method !== "exact" && method !== "finite-difference") {
    throw new RangeError(`Cannot ${action}: method must be "exact" or "finite-difference" but found "${method}"`);
  }
  if (!(step > 0 && step < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`Cannot ${action}: step must be greater than 0 but found ${step}`);
  }
}

/** The displacement `h v` of a finite difference, the shape of `x`, and `h` of each example, `[batch]`. */
export interface Displacement {
  readonly shift: Tensor;
  readonly length: Tensor1D;
}

/**
 * The displacement along `v` whose root mean square is `step max(1, rms(x))` for each example. Its length is a constant of any
 * gradient.
 */
export function displacement(x: Tensor, v: Tensor, step: number): Displacement {
  const batch = x.shape[0]!;
  // A gradient with respect to h would add rounding errors alone: customGrad hides how h came about.
  const length = customGrad((input, direction) => {
    const rms = (t: unknown): Tensor => sqrt(mean(square(reshape(t as Tensor, [batch, -1])), 1));
    const size = rms(direction);
    const value = div(mul(maximum(rms(input), 1), step), add(size, cast(equal(size, 0), "float32"))) as Tensor1D;
    return { value, gradFunc: () => [zeros(x.shape), zeros(v.shape)] };
  })(x, v);
  return { shift: mul(v, reshape(length, [batch, ...new Array<number>(x.rank - 1).fill(1)])), length };
}
