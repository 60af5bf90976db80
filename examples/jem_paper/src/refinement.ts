import { eotModel, pgd, refinedModel, stochasticAccuracy } from "@jem-js/attacks";
import { hessianVectorProduct } from "@jem-js/energy";
import { foldIn, type Key } from "@jem-js/random";
import * as tf from "@tensorflow/tfjs";
import type { Network } from "./networks.ts";

/** What is attacked, on pixels in `[0, 1]`. */
export interface Targets {
  readonly x: tf.Tensor4D;
  readonly labels: Int32Array;
}

/** How the network refines its inputs and how that is attacked. */
export interface RefinementOptions {
  readonly key: Key;
  readonly norm: "linf" | "l2";
  readonly epsilons: readonly number[];
  /** Langevin steps before the classification. */
  readonly refinementSteps: number;
  readonly attackSteps: number;
  /** How many copies of an image are refined, whose logits are averaged; and how often each image is judged. */
  readonly chains: number;
}

/** The scale of the networks, `[-1, 1]`, in terms of that of the attacks, `[0, 1]`. */
export const scaling = { bounds: [0, 1], preprocessing: { mean: 0.5, std: 0.5 } } as const;

/** The steps of the refinement, which the paper's code has fixed, whatever those of the training are. */
const step = { stepSize: 1, noiseScale: 0.01 };

/** What the attacks get for the gradient of the refinement: all are made, and the worst of them counts for each image. */
const gradients = ["none", "straightThrough", "exact"] as const;

/**
 * The share of images that a refined network classifies correctly, by majority over draws that no attack has seen, at each radius and under all of
 * the attacks of smaller ones: PGD on the mean logits, with the gradient of the network alone, at the end of its chains (that of the
 * paper's code), and through them.
 */
export async function refinedAccuracies(
  { head, settings }: Network,
  { x, labels }: Targets,
  options: RefinementOptions,
): Promise<number[]> {
  const { key, norm, epsilons, refinementSteps: steps, attackSteps, chains } = options;
  const of = (gradient: (typeof gradients)[number]) => {
    const common = {
      ...scaling,
      steps,
      chains,
      ...step,
      inputNoise: norm === "l2" ? 0 : settings.inputNoise,
    };
    return gradient === "exact"
      ? refinedModel(head, { ...common, gradient, hessianVectorProduct: (z, v) => hessianVectorProduct(head, z, v) })
      : refinedModel(head, { ...common, gradient });
  };
  const judge = async (images: tf.Tensor): Promise<readonly boolean[]> =>
    (await stochasticAccuracy(of("none"), images, labels, { key: foldIn(key, 0), draws: chains })).majorityCorrect;
  let standing = await judge(x);
  const accuracies: number[] = [];
  for (const epsilon of epsilons) {
    for (const [i, gradient] of (epsilon > 0 ? gradients : []).entries()) {
      const attacked = eotModel(of(gradient), { key: foldIn(key, 1 + i), draws: 1 });
      const found = pgd(attacked, x, labels, { norm, epsilon, steps: attackSteps, key: foldIn(key, 10 + i) });
      const correct = await judge(found);
      tf.dispose(found);
      standing = standing.map((stands, image) => stands && correct[image]!);
    }
    accuracies.push(standing.filter(Boolean).length / standing.length);
  }
  return accuracies;
}
