/**
 * How logits become the concentrations of a Dirichlet distribution: `"exp"` is `e^z`, of prior networks; `"softplus"` and `"relu"`
 * are 1 plus the evidence `log(1 + e^z)` or `max(z, 0)`, of evidential networks.
 */
export type ConcentrationLink = "exp" | "softplus" | "relu";
