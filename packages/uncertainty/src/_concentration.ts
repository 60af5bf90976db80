import { softplus } from "@jem-js/energy";
import { add, clipByValue, exp, relu, type Tensor } from "@tensorflow/tfjs-core";
import { checkChoice } from "./_check.ts";
import { differentiable } from "./_special/differentiable.ts";
import type { ConcentrationLink } from "./concentration_link.ts";

const LINKS: Readonly<Record<ConcentrationLink, (z: Tensor, bound: number) => Tensor>> = {
  exp: boundedExp,
  softplus: (z) => add(softplus(z), 1),
  relu: (z) => add(relu(z), 1),
};

/** Throws unless the link is known. */
export function checkLink(action: string, link: string): void {
  checkChoice(action, "link", link, Object.keys(LINKS));
}

/**
 * The concentrations of logits `[..., classes]`. With the link `"exp"` logits beyond ±bound are taken for it: beyond 60 those of
 * several classes would soon leave the range of float32.
 */
export function concentrationOf(logits: Tensor, link: ConcentrationLink, bound: number = 60): Tensor {
  return LINKS[link](logits, bound);
}

/** `e^z` of `z` within ±bound. Beyond, the derivative is that of the bound, not 0: a network that strays there finds back. */
function boundedExp(z: Tensor, bound: number): Tensor {
  return differentiable(
    z,
    (x) => exp(clipByValue(x, -bound, bound)),
    (x) => boundedExp(x, bound),
  );
}
