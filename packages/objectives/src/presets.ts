/**
 * What the papers of the objectives used, as far as their reference code tells, to be spread into options: `loss` into
 * those of the objective; of `@jem-js/samplers`, `kernel` into those of `sgld` (`pyld` for JEM++), `steps` into those
 * of `run`, `buffer` into those of `replayBuffer`.
 *
 * Those with a `kernel` are recipes for images of 32 x 32 pixels (JEM and its kin and short-run on [-1, 1], the others on
 * [0, 1]) with the networks of their papers, not for other data: JEM's chains, say, sample at a temperature of 5e-5 and
 * cannot learn a density in the plane.
 *
 * Some objectives have none, for want of a source:
 *
 * - {@linkcode jointLikelihood}: no reference code draws pairs `(x, y)` from the model;
 * - {@linkcode contrastiveDivergence} from {@linkcode dataNegatives}: CD-k was made for Boltzmann machines and Gibbs
 *   steps (persistent chains: `igebm`; chains from noise: `shortRun`);
 * - {@linkcode crossEntropy} and {@linkcode spectralNormPenalty}: parts of a recipe, not one.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { contrastiveDivergence, presets } from "@jem-js/objectives";
 * import { expect } from "vitest";
 *
 * const model = { logDensity: (x: tf.Tensor) => tf.sum(x, 1) as tf.Tensor1D };
 * const batch = { x: tf.ones([2, 3]), negatives: tf.ones([2, 3]) };
 * const { loss } = contrastiveDivergence(model, batch, presets.igebm.loss);
 * expect((await loss.data())[0]).toBeCloseTo(18, 5); // 0 + 1 (9 + 9)
 * ```
 */
export const presets = {
  /**
   * {@linkcode jem}: JEM on CIFAR-10 (code of wgrathwohl/JEM). Small `energyL2`, 0.1, is its author's remedy against
   * divergence.
   */
  jem: {
    loss: { pxWeight: 1, pyxWeight: 1, energyL2: 0 },
    steps: 20,
    kernel: { stepSize: 1, noiseScale: 0.01 },
    buffer: { size: 10_000, reinitProbability: 0.05 },
    data: { batch: 64, inputNoise: 0.03 },
    optimizer: { name: "adam", learningRate: 1e-4, beta1: 0.9, beta2: 0.999, warmUp: 1000 },
  },
  /**
   * {@linkcode semiSupervisedJem}: JEM with `--labels_per_class` (code of wgrathwohl/JEM), all else as in `jem`. The two
   * batches are drawn apart, the unlabelled one from all of the training data. It has no entropy term; VERA, which has one,
   * gives it no weight either unless told otherwise (code of wgrathwohl/VERA).
   */
  semiSupervisedJem: {
    loss: { pxWeight: 1, pyxWeight: 1, energyL2: 0, entropyWeight: 0 },
    data: { labeled: 64, unlabeled: 64, inputNoise: 0.03 },
  },
  /**
   * {@linkcode conditionalLikelihood}: the ablation p(x|y) of JEM (code of wgrathwohl/JEM with `--p_x_y_weight 1` alone), all
   * else as in `jem`. The chains run at the labels of the data, from the block of their class in the buffer.
   */
  conditionalLikelihood: {
    loss: { form: "difference", energyL2: 0 },
    buffer: { size: 10_000, reinitProbability: 0.05, classes: 10 },
  },
  /**
   * {@linkcode jem}: JEM++ on CIFAR-10 (code of sndnyang/JEMPP). The kernel is `pyld`, proximal by its clip, most of
   * whose steps pass the first layer only: `steps` is M, `innerSteps` is N.
   */
  jemPlusPlus: {
    loss: { pxWeight: 1, pyxWeight: 1, energyL2: 0 },
    steps: 10,
    kernel: { innerSteps: 5, stepSize: 0.2, noiseScale: 0, gradientClip: 1, clamp: [-1, 1] },
    buffer: { size: 10_000, reinitProbability: 0.05 },
    data: { batch: 64 },
    optimizer: { name: "momentum", learningRate: 0.1, momentum: 0.9, weightDecay: 4e-4, warmUp: 1000 },
  },
  /**
   * {@linkcode jem} with {@linkcode sharpnessAwareGradients}: SADA-JEM on CIFAR-10 (code of sndnyang/SADAJEM). Only the
   * labelled batch `x` is augmented; `unlabeled`, of which `p(x)` learns, is an independent batch without augmentation
   * and noise.
   */
  sadaJem: {
    loss: { pxWeight: 1, pyxWeight: 1, energyL2: 0 },
    sharpness: { rho: 2, adaptive: true },
    steps: 5,
    kernel: { stepSize: 1, noiseScale: 0, gradientClip: 1, clamp: [-1, 1] },
    buffer: { size: 10_000, reinitProbability: 0.05 },
    data: { labeled: 128, unlabeled: 64 },
    optimizer: { name: "momentum", learningRate: 0.1, momentum: 0.9, weightDecay: 5e-4, warmUp: 1000 },
  },
  /**
   * {@linkcode contrastiveDivergence} or {@linkcode conditionalLikelihood}: IGEBM on CIFAR-10 (code of
   * openai/ebm_code_release).
   */
  igebm: {
    loss: { form: "difference", energyL2: 1 },
    steps: 60,
    kernel: { stepSize: 10, noiseScale: 0.005, gradientClip: 0.01, clamp: [0, 1] },
    buffer: { size: 10_000, reinitProbability: 0.05 },
    data: { batch: 128 },
    optimizer: { name: "adam", learningRate: 3e-4, beta1: 0, beta2: 0.999 },
  },
  /**
   * {@linkcode contrastiveDivergence} from {@linkcode shortRunNegatives}: short-run on CIFAR-10, "non-convergent" (code of
   * point0bar1/ebm-anatomy). There the loss is multiplied by `2 / noiseScale^2`, of which Adam takes little notice.
   */
  shortRun: {
    loss: { form: "difference", energyL2: 0 },
    steps: 150,
    kernel: { stepSize: 1, noiseScale: 0.01 },
    data: { batch: 100, inputNoise: 0.03 },
    optimizer: { name: "adam", learningRate: 1e-4, beta1: 0.9, beta2: 0.999 },
  },
  /** {@linkcode improvedContrastiveDivergence} on CIFAR-10 (code of yilundu/improved_contrastive_divergence). */
  improvedContrastiveDivergence: {
    loss: { stepSize: 100, clamp: [0, 1], klWeight: 1, entropyWeight: 0.3, energyL2: 1 },
    neighbors: 100,
    steps: 40,
    kernel: { stepSize: 100, noiseScale: 0.001, clamp: [0, 1] },
    buffer: { size: 10_000, reinitProbability: 0.001 },
    data: { batch: 128 },
    optimizer: { name: "adam", learningRate: 2e-4, beta1: 0, beta2: 0.9, gradientNorm: 0.5, averageDecay: 0.99 },
  },
  /** {@linkcode energyDiscrepancy} on 25 Gaussians in the plane (code of J-zin/energy-discrepancy). */
  energyDiscrepancy: { loss: { noiseScale: 1, samples: 4, stabilization: 1 }, data: { batch: 128 } },
  /**
   * {@linkcode scoreMatching} as the comparison of sliced score matching has it: NICE, a flow, on MNIST, its pixels logits
   * (code of ermongroup/sliced_score_matching). The loss itself has no parameters.
   */
  scoreMatching: { loss: {}, data: { batch: 24 }, optimizer: { name: "adam", learningRate: 1e-4 } },
  /** {@linkcode slicedScoreMatching} with variance reduction, in the same comparison. */
  slicedScoreMatching: {
    loss: { slices: 1, distribution: "rademacher", varianceReduced: true },
    data: { batch: 128 },
    optimizer: { name: "adam", learningRate: 1e-4 },
  },
  /**
   * {@linkcode denoisingScoreMatching} in the same comparison. Its noise is right for those data only; the loss there is
   * `noiseScale^4` times this one, of which Adam takes little notice.
   */
  denoisingScoreMatching: {
    loss: { noiseScale: 0.16 },
    data: { batch: 128 },
    optimizer: { name: "adam", learningRate: 1e-3 },
  },
  /**
   * {@linkcode noiseContrastiveEstimation} as a baseline of the learned Stein discrepancy, on data of independent components
   * (code of wgrathwohl/LSD): `noiseRatio` noise samples for each example, from a {@linkcode gaussianNoise} with the mean and
   * the standard deviations of the data, and a `logNormalizer` that is trained. The settings of the paper that introduced it
   * are unverified; by its theory any ratio is consistent, 1 the cheapest, and the larger the nearer to maximum likelihood.
   */
  noiseContrastiveEstimation: {
    noiseRatio: 1,
    optimizer: { name: "adam", learningRate: 1e-3, beta1: 0.5, beta2: 0.9 },
  },
  /**
   * {@linkcode conditionalNoiseContrastiveEstimation} in the same comparison. Its `noiseScale` belongs to the data and is
   * not among the settings: the code takes it from the command line.
   */
  conditionalNoiseContrastiveEstimation: {
    loss: { noiseRatio: 1 },
    optimizer: { name: "adam", learningRate: 1e-3, beta1: 0.5, beta2: 0.9 },
  },
  /** {@linkcode steinDiscrepancy} and {@linkcode steinCriticLoss} on data in the plane (code of wgrathwohl/LSD). */
  steinDiscrepancy: {
    critic: { l2: 10 },
    criticSteps: 5,
    data: { batch: 100 },
    optimizer: { name: "adam", learningRate: 1e-3, beta1: 0, beta2: 0.999 },
  },
  /**
   * {@linkcode jem} on {@linkcode amortizedNegatives}: VERA on CIFAR-10 (code of wgrathwohl/VERA), with {@linkcode gradientPenalty} at the
   * data. `sampler` goes into the options of the sampler.
   */
  vera: {
    loss: { pxWeight: 1, pyxWeight: 100, energyL2: 0 },
    penaltyWeight: 0.1,
    sampler: { entropyWeight: 1e-4, samples: 20, noiseScale: [0.01, 0.3] },
    generator: { latent: 128, prior: "normal" },
    data: { batch: 40 },
    optimizer: { name: "adam", learningRate: 3e-5, beta1: 0, beta2: 0.9, warmUp: 2500 },
    generatorOptimizer: { name: "adam", learningRate: 6e-5, beta1: 0, beta2: 0.9 },
    posteriorOptimizer: { name: "adam", learningRate: 3e-5, beta1: 0, beta2: 0.9 },
  },
  /**
   * {@linkcode contrastiveDivergence} on {@linkcode generatorNegatives}: the deep directed generative model on MNIST (code of musyoku/ddgm;
   * what made the figures of the paper is not known).
   */
  deepDirected: {
    loss: { form: "difference", energyL2: 0 },
    sampler: { entropyWeight: 1, reduction: "sum" },
    experts: { units: [1000, 500, 250, 128], experts: 128 },
    generator: { latent: 10, units: [500, 500], prior: "uniform" },
    data: { batch: 100 },
    optimizer: { name: "adam", learningRate: 2e-4, beta1: 0.5, gradientNorm: 10 },
    generatorOptimizer: { name: "adam", learningRate: 2e-4, beta1: 0.5 },
  },
  /** {@linkcode gradientPenalty} at the data, as VERA weighs it. */
  gradientPenalty: { weight: 0.1, loss: { target: 0 } },
} as const;
