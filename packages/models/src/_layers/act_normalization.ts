import { add, div, mean, mul, neg, reshape, sqrt, square, sub, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { initializers, layers } from "@tensorflow/tfjs-layers";
import { channelsOf, single } from "./_channels.ts";

type Shape = Parameters<layers.Layer["build"]>[0];

/**
 * Activation normalisation (Glow) of `[batch, height, width, channels]`: `scale (x + loc)` with one of each per channel. It is
 * linear; its weights start where `initialize` has put them.
 */
export class ActNormalization extends layers.Layer {
  static readonly className = "JemActNormalization";
  /** While true, each call first sets the weights from its input. */
  initializing: boolean = false;
  #loc!: ReturnType<layers.Layer["addWeight"]>;
  #scale!: ReturnType<layers.Layer["addWeight"]>;

  override build(inputShape: Shape): void {
    const shape = [1, channelsOf(this.name, inputShape), 1, 1];
    this.#loc = this.addWeight("loc", shape, "float32", initializers.zeros());
    this.#scale = this.addWeight("scale", shape, "float32", initializers.ones());
    super.build(inputShape);
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return inputShape;
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const x = single(inputs);
      if (this.initializing) this.#initialize(x);
      const channels = x.shape.at(-1)!;
      const [loc, scale] = [this.#loc, this.#scale].map((weight) => reshape(weight.read(), [1, 1, 1, channels]));
      return mul(scale!, add(x, loc!));
    });
  }

  /** Mean 0 and deviation 1 on `x`; the deviation is that of PyTorch's `std`, without bias. */
  #initialize(x: Tensor): void {
    const channels = x.shape.at(-1)!;
    const count = x.size / channels;
    const center = mean(x, [0, 1, 2], true);
    const deviation = sqrt(div(sum(square(sub(x, center)), [0, 1, 2], true), count - 1));
    this.#loc.write(reshape(neg(center), [1, channels, 1, 1]));
    this.#scale.write(reshape(div(1, add(deviation, 1e-6)), [1, channels, 1, 1]));
  }
}
