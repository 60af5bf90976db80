import {
  add,
  conv2d,
  customGrad,
  div,
  type GradSaveFunc,
  matMul,
  mul,
  norm,
  relu,
  reshape,
  type serialization,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  tidy,
} from "@tensorflow/tfjs-core";
import { initializers, layers } from "@tensorflow/tfjs-layers";
import { channelsOf, perChannel, single } from "./_channels.ts";

type Shape = Parameters<layers.Layer["build"]>[0];
type Weight = ReturnType<layers.Layer["addWeight"]>;

/** Options of the layer. */
interface SpectralConv2DConfig {
  readonly name?: string;
  readonly filters: number;
  readonly kernelSize: number;
  /** Whether there is an offset for each channel of the input. */
  readonly inputBias?: boolean;
  /** Whether there is a factor for each channel of the output. */
  readonly scale?: boolean;
  /** Whether a kernel whose norm is below 1 stays as it is. */
  readonly upperBound?: boolean;
}

/**
 * A convolution of stride 1 and padding `"same"` whose kernel, read as a matrix `[height width in, out]`, is divided by its
 * spectral norm: `y = scale * conv(x + bias, kernel / sigma)`. The norm comes from one power iteration that starts from the
 * weight `u`, which is no variable of training; calls with `training` and `advance` put it further on.
 */
export class SpectralConv2D extends layers.Layer {
  static readonly className = "JemSpectralConv2D";
  readonly #config: SpectralConv2DConfig;
  #kernel!: Weight;
  #u!: Weight;
  #inputBias: Weight | undefined;
  #scale: Weight | undefined;

  constructor(config: SpectralConv2DConfig) {
    super(config as object);
    this.#config = config;
  }

  override build(inputShape: Shape): void {
    const channels = channelsOf(this.name, inputShape);
    const { filters, kernelSize, inputBias, scale } = this.#config;
    const [zeros, ones] = [initializers.zeros(), initializers.ones()];
    this.#kernel = this.addWeight("kernel", [kernelSize, kernelSize, channels, filters], "float32", zeros);
    if (inputBias) this.#inputBias = this.addWeight("input_bias", [channels], "float32", zeros);
    if (scale) this.#scale = this.addWeight("scale", [filters], "float32", ones);
    this.#u = this.addWeight("u", [filters], "float32", ones, undefined, false);
    super.build(inputShape);
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return [...(inputShape as number[]).slice(0, 3), this.#config.filters];
  }

  override call(inputs: Tensor | Tensor[], options: { training?: boolean } = {}): Tensor {
    return tidy(() => {
      if (options.training) this.advance(1);
      const x = single(inputs);
      const kernel = div(this.#kernel.read(), this.#norm());
      const y = conv2d(
        (this.#inputBias ? add(x, perChannel(this.#inputBias.read())) : x) as Tensor4D,
        kernel as Tensor4D,
        1,
        "same",
      );
      return this.#scale ? mul(y, perChannel(this.#scale.read())) : y;
    });
  }

  /** Makes power iterations and keeps where they lead to. */
  advance(iterations: number): void {
    tidy(() => {
      const matrix = this.#matrix();
      let u = this.#start();
      for (let i = 0; i < iterations; i++) [, u] = powerIteration(matrix, u);
      this.#u.write(reshape(u, [u.size]));
    });
  }

  /** What the kernel is divided by. */
  #norm(): Tensor {
    const sigma = spectralNorm(this.#matrix(), this.#start());
    return this.#config.upperBound ? add(relu(sub(sigma, 1)), 1) : sigma;
  }

  #matrix(): Tensor2D {
    const kernel = this.#kernel.read();
    return reshape(kernel, [-1, this.#config.filters]);
  }

  #start(): Tensor2D {
    return reshape(this.#u.read(), [-1, 1]);
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), ...this.#config };
  }
}

/** One step to the singular vectors of the largest singular value. */
function powerIteration(matrix: Tensor2D, u: Tensor2D): [v: Tensor2D, u: Tensor2D] {
  const v = unit(matMul(matrix, u));
  return [v, unit(matMul(matrix, v, true))];
}

/** `v . W u`, whose gradient is `v u^T`: the singular vectors are constants of it. */
function spectralNorm(matrix: Tensor2D, start: Tensor2D): Tensor {
  return customGrad((w, save) => {
    const [v, u] = powerIteration(w as Tensor2D, start);
    (save as GradSaveFunc)([v, u]);
    return {
      value: sum(mul(v, matMul(w as Tensor2D, u))),
      gradFunc: (dy, [left, right]) => mul(dy, matMul(left as Tensor2D, right as Tensor2D, false, true)),
    };
  })(matrix);
}

/** The vector of length 1 along `v`; a vector of zeros stays one. */
function unit(v: Tensor2D): Tensor2D {
  return div(v, add(norm(v), 1e-30));
}
