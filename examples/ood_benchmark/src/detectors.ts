import {
  approximateMass,
  ash,
  combine,
  type Detector,
  dice,
  energy,
  entropy,
  generalizedEntropy,
  gram,
  klMatching,
  knn,
  learnedLogit,
  logitNetwork,
  mahalanobis,
  mahalanobisEnsemble,
  margin,
  maxLogit,
  maxProbability,
  ncd,
  odin,
  react,
  refinement,
  relativeMahalanobis,
  she,
  vim,
} from "@jem-js/ood";
import { foldIn, type Key } from "@jem-js/random";
import { run, sgld } from "@jem-js/samplers";
import * as tf from "@tensorflow/tfjs";
import type { Networks } from "./networks.ts";

/**
 * All detectors that can be fitted on a network as it is, by the names of the table; larger scores are more anomalous. Networks that
 * look at logits are trained for so many epochs.
 */
export function detectorsOf(
  model: tf.LayersModel,
  { sgld: steps }: Pick<Networks, "sgld">,
  key: Key,
  epochs: number,
): Record<string, Detector> {
  // What a convolution says is in its activation, too.
  const layers = model.layers.map(({ name }) => name).filter((name) => name.startsWith("activation"));
  return {
    "−log p(x) (energy)": energy(),
    "−max p(y|x) (MSP)": maxProbability(),
    "approximate mass": approximateMass(),
    "refinement, log p": refinement(refineBy(model, steps, key)),
    "refinement, distance": refinement(refineBy(model, steps, key), { by: "distance" }),
    "max logit": maxLogit(),
    entropy: entropy(),
    margin: margin(),
    GEN: generalizedEntropy(),
    ODIN: odin({ epsilon: 0.0028 }),
    "KL matching": klMatching(),
    "Mahalanobis, last": mahalanobis(),
    "Mahalanobis, last, ε": mahalanobis({ epsilon: 0.0028 }),
    "Mahalanobis, summed": mahalanobis({ layers }),
    "Mahalanobis, regression": mahalanobisEnsemble({ layers }),
    "relative Mahalanobis": relativeMahalanobis(),
    Gram: gram({ layers }),
    "NCD (MALCOM-style)": ncd({ layers }),
    kNN: knn(),
    ViM: vim(),
    ReAct: react(),
    ASH: ash(),
    SHE: she(),
    DICE: dice(),
    "logits, regression": learnedLogit(),
    "softmax, regression": learnedLogit({ inputs: "softmax" }),
    "logits, network": logitNetwork({ key: foldIn(key, 1), epochs }),
    "softmax, network": logitNetwork({ key: foldIn(key, 1), epochs, inputs: "softmax" }),
    "energy + kNN, z-scores": combine([energy(), knn()]),
  };
}

/** Ten Langevin steps of the JEM's own sampler, with the same noise for every batch. */
function refineBy(model: tf.LayersModel, steps: Networks["sgld"], key: Key): (x: tf.Tensor) => tf.Tensor {
  const logDensity = (x: tf.Tensor): tf.Scalar => tf.sum(tf.logSumExp(model.apply(x) as tf.Tensor, 1));
  const kernel = sgld({ score: (x) => tf.grad(logDensity)(x) }, { ...steps, clamp: [-1, 1] });
  return (x) => run(kernel, x, { key: foldIn(key, 0), steps: 10 }).x;
}
