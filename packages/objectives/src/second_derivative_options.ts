import type { SecondDerivativeMethod } from "@jem-js/energy";

/**
 * How an objective of the score gets its gradient, which takes second derivatives: what `directionalDerivative` of
 * `@jem-js/energy` is told.
 */
export interface SecondDerivativeOptions {
  /**
   * `"finite-difference"` is right for every model; `"exact"` needs one that `checkSecondDerivatives` of
   * `@jem-js/energy` finds fit. @default {"finite-difference"}
   */
  readonly method?: SecondDerivativeMethod;
  /**
   * The root mean square of the displacements of finite differences, in units of that of the example or of 1, whichever
   * is larger. Greater than 0. @default {0.001 for derivatives of order 1, 0.01 for those of order 2}
   */
  readonly step?: number;
}
