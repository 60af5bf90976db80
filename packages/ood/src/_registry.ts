import { approximateMass } from "./approximate_mass.ts";
import { ash } from "./ash.ts";
import type { Detector } from "./detector.ts";
import { dice } from "./dice.ts";
import { dirichlet } from "./dirichlet.ts";
import { energy } from "./energy.ts";
import { entropy } from "./entropy.ts";
import { generalizedEntropy } from "./generalized_entropy.ts";
import { generalizedOdin } from "./generalized_odin.ts";
import { gram } from "./gram.ts";
import { klMatching } from "./kl_matching.ts";
import { knn } from "./knn.ts";
import { learnedLogit } from "./learned_logit.ts";
import { logDensity } from "./log_density.ts";
import { type LogitNetworkOptions, logitNetwork } from "./logit_network.ts";
import { mahalanobis } from "./mahalanobis.ts";
import { mahalanobisEnsemble } from "./mahalanobis_ensemble.ts";
import { margin } from "./margin.ts";
import { maxLogit } from "./max_logit.ts";
import { maxProbability } from "./max_probability.ts";
import { mcdd } from "./mcdd.ts";
import { ncd } from "./ncd.ts";
import { odin } from "./odin.ts";
import { react } from "./react.ts";
import { relativeMahalanobis } from "./relative_mahalanobis.ts";
import { she } from "./she.ts";
import { type UfelOptions, ufel } from "./ufel.ts";
import { type UfelNetworkOptions, ufelNetwork } from "./ufel_network.ts";
import { vim } from "./vim.ts";

/** Every method that plain options make, by its name. */
export const METHODS: Readonly<Record<string, (options: object) => Detector>> = {
  approximateMass,
  ash,
  dice,
  dirichlet,
  energy,
  entropy,
  generalizedEntropy,
  generalizedOdin,
  gram,
  klMatching,
  knn,
  learnedLogit,
  logDensity,
  logitNetwork: (options) => logitNetwork(options as LogitNetworkOptions),
  mahalanobis,
  mahalanobisEnsemble,
  margin,
  maxLogit,
  maxProbability,
  mcdd,
  ncd,
  odin,
  react,
  relativeMahalanobis,
  she,
  ufel: (options) => ufel(options as UfelOptions),
  ufelNetwork: (options) => ufelNetwork(options as UfelNetworkOptions),
  vim,
};
