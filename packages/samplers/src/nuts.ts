import { foldIn, type Key, split } from "@jem-js/random";
import { add, cast, div, logicalNot, type Tensor } from "@tensorflow/tfjs-core";
import { checkInteger } from "./_check.ts";
import { diagonalMass } from "./_leapfrog.ts";
import { metropolisKernel } from "./_metropolis.ts";
import { disposeAll } from "./_tidied.ts";
import { doubleTree, seedTree } from "./_trajectory.ts";
import type { DensityModel, TemperedKernel } from "./kernel.ts";
import type { MetropolisOptions, MetropolisState } from "./metropolis_options.ts";

/** Options of {@linkcode nuts}. */
export interface NutsOptions extends MetropolisOptions {
  /** How often a trajectory is doubled at most. At least 1. @default {5} */
  readonly maxTreeDepth?: number;
  /**
   * The inverse masses, of the shape of one input, best near the variances of the coordinates; borrowed for as long as
   * the kernel is used. @default {all 1}
   */
  readonly inverseMass?: Tensor;
}

/**
 * The No-U-Turn sampler: Hamiltonian Monte Carlo whose trajectories double until they turn back, with multinomial draws
 * along the trajectory, biased to its newer half. There is no accept step and no length to choose.
 *
 * Chains of a batch go in step, and nothing is read from the backend: each step costs `2^maxTreeDepth - 1` scores and
 * log-densities, also when all chains have turned back before. Choose the depth just above that of `info.treeDepth`.
 *
 * `info` holds, each `[batch]`: `acceptance` (the mean over the trajectory, for the adaptation), `treeDepth`, `diverged`
 * (0 or 1: the energy error exceeded 1000 or was NaN); and `stepSize` when it is adapted.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { nuts, run } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const gaussian = {
 *   logDensity: (x: tf.Tensor) => tf.mul(tf.sum(tf.square(x), 1), -0.5),
 *   score: (x: tf.Tensor) => tf.neg(x),
 * };
 * const kernel = nuts(gaussian, { stepSize: 0.5, maxTreeDepth: 4 });
 * const { x } = run(kernel, tf.zeros([2000, 1]), { key: key(0), steps: 5 });
 * expect((await tf.moments(x).variance.data())[0]).toBeCloseTo(1, 0);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1111.4246 | Hoffman and Gelman, The No-U-Turn Sampler}
 * @see {@link https://arxiv.org/abs/1701.02434 | Betancourt, A conceptual introduction to Hamiltonian Monte Carlo, A.4}
 * @see {@link https://arxiv.org/abs/1912.11554 | Phan et al., NumPyro, appendix A: the iterative form}
 *
 * @param head What is sampled: anything with `logDensity(x, y?)` and `score(x, y?)`. Inputs are `[batch, ...input]`.
 * @param options The step size and what goes with it.
 * @returns The kernel; `run` loops it.
 * @throws {TypeError} When `head` lacks a member, or an adapted step size is a function; from `init`, when `x` is not a
 * non-empty float32 tensor.
 * @throws {RangeError} When an option is out of its range.
 */
export function nuts(head: DensityModel, options: NutsOptions): TemperedKernel<MetropolisState> {
  const action = "create nuts kernel";
  const { maxTreeDepth = 5, inverseMass } = options;
  checkInteger(action, "maxTreeDepth", maxTreeDepth, 1);
  const mass = diagonalMass(inverseMass);
  const settings = { targetAcceptance: 0.8, ...options };
  return metropolisKernel(action, head, settings, (key, from, target, { stepSize, temperature }) => {
    const [momentumKey, treeKey] = split(key) as [Key, Key];
    const start = { logDensity: from.logDensity, momentum: mass.draw(momentumKey, from.x) };
    const dynamics = { ...target, mass, temperature };
    let tree = seedTree(from, start.momentum);
    let treeDepth: Tensor = cast(tree.stopped, "float32");
    for (let depth = 0; depth < maxTreeDepth; depth++) {
      const previous = tree;
      treeDepth = add(treeDepth, cast(logicalNot(previous.stopped), "float32"));
      tree = doubleTree(foldIn(treeKey, depth), previous, depth, start, dynamics, stepSize);
      disposeAll(previous);
    }
    const acceptance = div(tree.acceptance, tree.points);
    return { point: tree.proposal, info: { acceptance, treeDepth, diverged: cast(tree.diverged, "float32") } };
  });
}
