import { foldIn, type Key, split, uniform } from "@jem-js/random";
import {
  abs,
  add,
  cast,
  clone,
  exp,
  fill,
  greaterEqual,
  less,
  lessEqual,
  log,
  log1p,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  mul,
  neg,
  sub,
  type Tensor,
  where,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { alongChains, choose, sumPerChain } from "./_chains.ts";
import { energyLoss, type Leapfrog, leapfrog, type Mass, type Phase } from "./_leapfrog.ts";
import type { Point } from "./_metropolis.ts";
import { disposeAll, tidied } from "./_tidied.ts";

/** A trajectory that loses more energy has diverged, as in Stan. */
const MAX_ENERGY_ERROR = 1000;

/** A part of the trajectories of a batch of chains, and one point of each drawn by weight. Owns its tensors. */
export interface Tree {
  /** The first and last points in time. */
  readonly left: Phase;
  readonly right: Phase;
  /** The point that is drawn. */
  readonly proposal: Point;
  /** The logarithm of the sum of `exp(H(start) - H)`; `[batch]`. */
  readonly logWeight: Tensor;
  /** The sum of the momenta, the shape of `x`. */
  readonly momenta: Tensor;
  /** Chains that grow no more, bool `[batch]`: they turned back or diverged. */
  readonly stopped: Tensor;
  /** Chains that diverged, bool `[batch]`. */
  readonly diverged: Tensor;
  /** The sum of `min(1, exp(H(start) - H))` over the points while the chain was growing, and their number; `[batch]`. */
  readonly acceptance: Tensor;
  readonly points: Tensor;
}

/** Where a trajectory starts: what all its energies are compared with. */
export interface Start {
  readonly logDensity: Tensor;
  readonly momentum: Tensor;
}

/** Hamiltonian dynamics with the log-density. */
export interface Dynamics extends Leapfrog {
  readonly logDensity: (x: Tensor) => Tensor;
}

/** The trajectories of one point. */
export function seedTree(point: Point, momentum: Tensor): Tree {
  const { x, logDensity, score } = point;
  const none = (): Tensor => fill([x.shape[0]!], 0);
  return tidied(() => ({
    left: copy({ x, momentum, score }),
    right: copy({ x, momentum, score }),
    proposal: copy({ x, logDensity, score }),
    logWeight: none(),
    momenta: clone(momentum),
    stopped: cast(none(), "bool"),
    diverged: cast(none(), "bool"),
    acceptance: none(),
    points: none(),
  }));
}

/** The tree with as many points again, each chain in a random direction of time; `depth` doublings were made before. */
export function doubleTree(
  key: Key,
  tree: Tree,
  depth: number,
  start: Start,
  dynamics: Dynamics,
  stepSize: number | Tensor,
): Tree {
  const [directionKey, leafKey, joinKey] = split(key, 3) as [Key, Key, Key];
  const forward = less(uniform(directionKey, tree.logWeight.shape as [number]), 0.5);
  const signed = tidied(() => mul(alongChains(where(forward, 1, -1), tree.momenta), stepSize));
  const checkpoints: Checkpoint[] = [];
  let branch = seedBranch(tree, forward);
  for (let leaf = 0; leaf < 2 ** depth; leaf++) {
    const previous = branch;
    branch = tidied(() => grow(foldIn(leafKey, leaf), previous, leaf, checkpoints, start, dynamics, signed));
    disposeAll(previous);
    if (leaf % 2 === 0) {
      const index = bitCount(leaf >> 1);
      disposeAll(checkpoints[index] ?? {});
      checkpoints[index] = copy({ momentum: branch.end.momentum, momenta: branch.momenta });
    }
  }
  const doubled = tidied(() => join(joinKey, tree, branch, forward, dynamics.mass));
  disposeAll({ branch, checkpoints, forward, signed });
  return doubled;
}

/** A subtree while it grows point by point away from an end of a tree. Owns its tensors. */
type Branch = Omit<Tree, "left" | "right"> & { readonly end: Phase };

/** The momentum of a point, and the sum of the momenta from the beginning of the branch to it. */
type Checkpoint = { readonly momentum: Tensor; readonly momenta: Tensor };

function seedBranch(tree: Tree, forward: Tensor): Branch {
  return tidied(() => ({
    end: choosePhase(forward, tree.right, tree.left),
    proposal: copy(tree.proposal),
    logWeight: fill(tree.logWeight.shape, Number.NEGATIVE_INFINITY),
    momenta: zerosLike(tree.momenta),
    // A chain whose tree has stopped does not grow: what its branch holds is not used.
    stopped: clone(tree.stopped),
    diverged: clone(tree.diverged),
    acceptance: clone(tree.acceptance),
    points: clone(tree.points),
  }));
}

/** The branch with one more point, the `leaf`-th from 0. */
function grow(
  key: Key,
  branch: Branch,
  leaf: number,
  checkpoints: readonly Checkpoint[],
  start: Start,
  dynamics: Dynamics,
  stepSize: Tensor,
): Branch {
  const end = leapfrog(dynamics, branch.end, stepSize);
  const point = { x: end.x, logDensity: dynamics.logDensity(end.x), score: end.score };
  const loss = energyLoss(dynamics, start, { momentum: end.momentum, logDensity: point.logDensity });
  // Written so that NaN is a divergence.
  const diverging = logicalNot(greaterEqual(loss, -MAX_ENERGY_ERROR));
  const weight = where(diverging, fill(loss.shape, Number.NEGATIVE_INFINITY), loss);
  const growing = logicalNot(branch.stopped);
  const logWeight = logAddExp(branch.logWeight, weight);
  const taken = logicalAnd(draw(key, sub(weight, logWeight)), growing);
  const momenta = add(branch.momenta, end.momentum);
  const turning = turns({ momentum: end.momentum, momenta }, leaf, checkpoints, dynamics.mass);
  const count = cast(growing, "float32");
  return {
    end,
    proposal: choosePoint(taken, point, branch.proposal),
    logWeight,
    momenta,
    stopped: logicalOr(logicalOr(branch.stopped, diverging), turning),
    diverged: logicalOr(branch.diverged, logicalAnd(diverging, growing)),
    acceptance: add(branch.acceptance, mul(exp(minimum(weight, 0)), count)),
    points: add(branch.points, count),
  };
}

/**
 * Whether a subtree that ends with this point turns back. An odd point ends as many subtrees as its number has trailing
 * ones in binary; their first points are the last checkpoints.
 */
function turns(point: Checkpoint, leaf: number, checkpoints: readonly Checkpoint[], mass: Mass): Tensor {
  const last = bitCount(leaf >> 1);
  let turning: Tensor = cast(fill([point.momentum.shape[0]!], 0), "bool");
  for (let i = last; i > last - trailingOnes(leaf); i--) {
    const { momentum, momenta } = checkpoints[i]!;
    const within = add(sub(point.momenta, momenta), momentum);
    turning = logicalOr(turning, turnsBack(momentum, point.momentum, within, mass));
  }
  return turning;
}

/** The tree and the branch as one; where the branch stopped, the tree's proposal stays and the chain stops. */
function join(key: Key, tree: Tree, branch: Branch, forward: Tensor, mass: Mass): Tree {
  const left = choosePhase(forward, tree.left, branch.end);
  const right = choosePhase(forward, branch.end, tree.right);
  const momenta = add(tree.momenta, branch.momenta);
  // Biased to the new half, which lies farther away: min(1, w_branch / w_tree).
  const taken = logicalAnd(draw(key, sub(branch.logWeight, tree.logWeight)), logicalNot(branch.stopped));
  return {
    left,
    right,
    proposal: choosePoint(taken, branch.proposal, tree.proposal),
    logWeight: logAddExp(tree.logWeight, branch.logWeight),
    momenta,
    stopped: logicalOr(branch.stopped, turnsBack(left.momentum, right.momentum, momenta, mass)),
    diverged: clone(branch.diverged),
    acceptance: clone(branch.acceptance),
    points: clone(branch.points),
  };
}

/** The generalised no-U-turn criterion, with the ends of `momenta` counted half, as in Stan. */
function turnsBack(first: Tensor, last: Tensor, momenta: Tensor, mass: Mass): Tensor {
  const inner = mass.velocity(sub(momenta, mul(add(first, last), 0.5)));
  const along = (momentum: Tensor): Tensor => lessEqual(sumPerChain(mul(momentum, inner)), 0);
  return logicalOr(along(first), along(last));
}

/** True with probability `min(1, exp(logProbability))`, for each chain; false for NaN. */
function draw(key: Key, logProbability: Tensor): Tensor {
  return less(log(uniform(key, logProbability.shape as [number])), logProbability);
}

function logAddExp(a: Tensor, b: Tensor): Tensor {
  return add(maximum(a, b), log1p(exp(neg(abs(sub(a, b))))));
}

function choosePhase(mask: Tensor, a: Phase, b: Phase): Phase {
  return {
    x: choose(mask, a.x, b.x),
    momentum: choose(mask, a.momentum, b.momentum),
    score: choose(mask, a.score, b.score),
  };
}

function choosePoint(mask: Tensor, a: Point, b: Point): Point {
  return {
    x: choose(mask, a.x, b.x),
    logDensity: choose(mask, a.logDensity, b.logDensity),
    score: choose(mask, a.score, b.score),
  };
}

function copy<T extends Readonly<Record<string, Tensor>>>(tensors: T): T {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, clone(tensor)])) as T;
}

function bitCount(n: number): number {
  return n === 0 ? 0 : (n & 1) + bitCount(n >> 1);
}

function trailingOnes(n: number): number {
  return n & 1 ? 1 + trailingOnes(n >> 1) : 0;
}
