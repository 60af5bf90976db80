import {
  add,
  clone,
  logSumExp,
  mean,
  mul,
  type Scalar,
  scalar,
  softplus,
  square,
  sub,
  type Tensor1D,
  tidy,
} from "@tensorflow/tfjs-core";
import { checkNotEmpty, checkWeights } from "./_check.ts";
import type { ContrastForm, ContrastiveOptions, ContrastiveTerms } from "./contrastive_divergence.ts";

/** The loss that contrasts `positive: [data]` with `negative: [negatives]`, both densities called within. */
export function contrastiveTerms(
  sizes: { x: number | undefined; negatives: number | undefined },
  densities: () => { positive: Tensor1D; negative: Tensor1D },
  { form = "difference", energyL2 = 0 }: ContrastiveOptions,
): ContrastiveTerms {
  if (!(form in CONTRASTS)) {
    throw new RangeError(
      `Cannot compute the loss: form must be one of ${Object.keys(CONTRASTS).join(", ")} but found ${form}`,
    );
  }
  checkWeights({ energyL2 });
  checkNotEmpty("x", sizes.x);
  checkNotEmpty("negatives", sizes.negatives);
  if (form === "softplus" && sizes.x !== sizes.negatives) {
    throw new TypeError(
      `Cannot compute the loss: form "softplus" needs as many negatives as data, ${sizes.x}, but found ${sizes.negatives}`,
    );
  }
  return tidy(() => {
    const { positive, negative } = densities();
    const contrast = CONTRASTS[form](positive, negative);
    const loss: Scalar = energyL2 === 0 ? clone(contrast) : add(contrast, energyPenalty(positive, negative, energyL2));
    return { loss, contrast, energyGap: energyGap(positive, negative) };
  });
}

/** `mean f(x+) - mean f(x-)`. */
export function energyGap(positive: Tensor1D, negative: Tensor1D): Scalar {
  return sub(mean(positive), mean(negative));
}

/** `weight (mean f(x+)^2 + mean f(x-)^2)`. */
export function energyPenalty(positive: Tensor1D, negative: Tensor1D, weight: number): Scalar {
  return mul(add(mean(square(positive)), mean(square(negative))), weight);
}

const CONTRASTS: Readonly<Record<ContrastForm, (positive: Tensor1D, negative: Tensor1D) => Scalar>> = {
  difference: (positive, negative) => sub(mean(negative), mean(positive)),
  logSumExp: (positive, negative) =>
    sub(sub(logSumExp(negative), scalar(Math.log(negative.size))), mean(positive)) as Scalar,
  softplus: (positive, negative) => mean(softplus(sub(negative, positive))),
};
