/** Everything that determines how a network is trained. */
export interface Settings {
  /** What is learned. `synthetic` is noise of the shape of CIFAR-10, to see that everything starts. */
  readonly dataset: "fashion-mnist" | "mnist" | "cifar10" | "synthetic";
  /** A preset of `convNet`, or `wideResNet` of `depth` and `width`. */
  readonly network: "small" | "base" | "wide";
  readonly depth: number;
  readonly width: number;
  /** How many images of each class keep their labels; 0 for all. */
  readonly labelsPerClass: number;
  /** How many training images are held out, for choices such as a temperature. */
  readonly validation: number;
  readonly iterations: number;
  readonly batchSize: number;
  /** Adam's learning rate. */
  readonly learningRate: number;
  /** How many iterations it rises before that. */
  readonly warmUp: number;
  /** Falls along a cosine, or by `decayRate` at each of `decayIterations`. */
  readonly decay: "cosine" | "staircase";
  readonly decayRate: number;
  readonly decayIterations: readonly number[];
  /** Langevin steps an iteration. */
  readonly sgldSteps: number;
  readonly sgldStepSize: number;
  readonly sgldNoise: number;
  /** The bounds that samples are clipped to; null for none, as in the paper. */
  readonly clamp: readonly [number, number] | null;
  /** Bounds each element of the score of a chain; 0 for none. */
  readonly gradientClip: number;
  readonly bufferSize: number;
  /** With which probability a chain starts anew. */
  readonly reinitProbability: number;
  /** The standard deviation of the noise that is added to the data. */
  readonly inputNoise: number;
  /** The weight of log p(x). */
  readonly pxWeight: number;
  /** The weight of log p(y|x). */
  readonly pyxWeight: number;
  /** The weight of log p(x|y), which the paper's code calls that of p(x, y). */
  readonly pxyWeight: number;
  /** The weight of the energy penalty. */
  readonly energyL2: number;
  /** Random crops and flips. */
  readonly augment: boolean;
}

/** How much is measured. */
export interface Effort {
  /** Test images. */
  readonly images: number;
  /** Generated images, and Langevin steps of each. */
  readonly samples: number;
  readonly sampleSteps: number;
  /** Images that are attacked by gradients, and by decisions alone. */
  readonly attacked: number;
  readonly decided: number;
  /** Steps of attacks in balls; those that look for the smallest perturbation take a multiple. */
  readonly attackSteps: number;
}

/** The scale of an experiment. */
export interface Preset {
  readonly settings: Settings;
  /** What differs from them where a network that is there is fine-tuned. */
  readonly tuning: Partial<Settings> & Pick<Settings, "iterations">;
  readonly effort: Effort;
}
