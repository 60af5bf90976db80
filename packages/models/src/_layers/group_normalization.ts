import {
  add,
  div,
  mean,
  mul,
  reshape,
  type serialization,
  sqrt,
  square,
  sub,
  type Tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import { initializers, layers } from "@tensorflow/tfjs-layers";
import { channelsOf, perChannel, single } from "./_channels.ts";

type Shape = Parameters<layers.Layer["build"]>[0];

/** Options of the layer. */
interface GroupNormalizationConfig {
  readonly name?: string;
  /** How many groups the channels form; as many as there are channels when 0. */
  readonly groups: number;
  readonly epsilon?: number;
}

/**
 * Group normalisation of `[batch, height, width, channels]`: each group of channels of each image has mean 0 and variance 1,
 * then every channel its own scale and offset. One group is PyTorch's `GroupNorm(1, channels)`, as many as channels its
 * `InstanceNorm2d`. Examples of a batch do not influence one another.
 */
export class GroupNormalization extends layers.Layer {
  static readonly className = "JemGroupNormalization";
  readonly #groups: number;
  readonly #epsilon: number;
  #gamma!: ReturnType<layers.Layer["addWeight"]>;
  #beta!: ReturnType<layers.Layer["addWeight"]>;

  constructor(config: GroupNormalizationConfig) {
    super(config as object);
    this.#groups = config.groups;
    this.#epsilon = config.epsilon ?? 1e-5;
  }

  override build(inputShape: Shape): void {
    const channels = channelsOf(this.name, inputShape);
    this.#gamma = this.addWeight("gamma", [channels], "float32", initializers.ones());
    this.#beta = this.addWeight("beta", [channels], "float32", initializers.zeros());
    super.build(inputShape);
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return inputShape;
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const x = single(inputs);
      const [batch, height, width, channels] = x.shape as [number, number, number, number];
      const groups = this.#groups === 0 ? channels : this.#groups;
      const grouped = reshape(x, [batch, height * width, groups, channels / groups]);
      const centred = sub(grouped, mean(grouped, [1, 3], true));
      const variance = mean(square(centred), [1, 3], true);
      const normal = reshape(div(centred, sqrt(add(variance, this.#epsilon))), x.shape);
      return add(mul(normal, perChannel(this.#gamma.read())), perChannel(this.#beta.read()));
    });
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), groups: this.#groups, epsilon: this.#epsilon };
  }
}
