import { frechetDistance, inceptionScore } from "@jem-js/metrics";
import type { Context } from "./context.ts";
import type { Network } from "./networks.ts";
import { type Images, type Rows, readRows } from "./read_rows.ts";

/** What images are judged by: a classifier that was trained on all labels, in the place of the Inception network. */
export interface Extractor {
  readonly network: Network;
  /** The Fréchet distance to the test images, and the score. They do not compare with those of the Inception network. */
  judge(images: Images): Promise<{ readonly FID: number; readonly IS: number }>;
}

/** Trains the classifier, one for all seeds, and reads the features of the test images. */
export async function extractorOf(context: Context): Promise<Extractor> {
  const { data, effort, settings } = context;
  const network = await context.network({
    name: "features",
    objective: "classifier",
    forAllSeeds: true,
    labeled: data.train,
    settings: {
      network: "small",
      labelsPerClass: 0,
      iterations: Math.min(3000, settings.iterations),
      batchSize: 64,
      learningRate: 0.004,
      warmUp: 0,
      decay: "cosine",
      augment: false,
    },
  });
  const features = (images: Images): Promise<Rows> => readRows(images, (x) => network.head.features!(x));
  const reference = await features({ dataset: data.test, count: effort.images });
  return {
    network,
    async judge(images) {
      const probabilities = await readRows(images, (x) => network.head.probabilities(x));
      return { FID: frechetDistance(reference, await features(images)), IS: inceptionScore(probabilities).mean };
    },
  };
}
