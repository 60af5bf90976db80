import { key } from "@jem-js/random";
import { expectTypeOf, test } from "vitest";
import {
  combine,
  type Detector,
  energy,
  gram,
  knn,
  learnedLogit,
  logitNetwork,
  mahalanobis,
  mahalanobisEnsemble,
  refinement,
  ufel,
  ufelNetwork,
} from "./mod.ts";

// Types alone: `tsc -p .` fails where one is not as said.

test("a detector that was tuned with out-of-distribution examples is so in its type", () => {
  for (const tuned of [
    learnedLogit(),
    logitNetwork({ key: key(0) }),
    mahalanobisEnsemble(),
    ufel({ logVariances: ["a"] }),
    ufelNetwork({ logVariances: ["a"], key: key(0) }),
  ]) {
    expectTypeOf(tuned).toEqualTypeOf<Detector<true>>();
    expectTypeOf(tuned.tunedWithOutOfDistribution).toEqualTypeOf<true>();
  }
});

test("one that was not is so in its type, and what takes such refuses the other", () => {
  expectTypeOf(energy()).toEqualTypeOf<Detector<false>>();
  expectTypeOf(mahalanobis({ epsilon: 0.1 })).toEqualTypeOf<Detector<false>>();
  expectTypeOf(gram().tunedWithOutOfDistribution).toEqualTypeOf<false>();
  expectTypeOf(refinement((x) => x.clone())).toEqualTypeOf<Detector<false>>();
  const compare = (_: readonly Detector<false>[]): void => {};
  compare([energy(), knn()]);
  // @ts-expect-error: it has seen out-of-distribution examples
  compare([energy(), learnedLogit()]);
  // @ts-expect-error: nor may it pass for one that has
  const claimed: Detector<true> = energy();
  expectTypeOf(claimed).toEqualTypeOf<Detector<true>>();
});

test("a combination is tuned when its members are, and may be when one is", () => {
  expectTypeOf(combine([energy(), knn()])).toEqualTypeOf<Detector<false>>();
  expectTypeOf(combine([learnedLogit(), mahalanobisEnsemble()])).toEqualTypeOf<Detector<true>>();
  expectTypeOf(combine<boolean>([energy(), learnedLogit()])).toEqualTypeOf<Detector<boolean>>();
});

test("a fit keeps the type", () => {
  expectTypeOf<ReturnType<Detector<true>["fit"]>>().resolves.toEqualTypeOf<Detector<true>>();
});
