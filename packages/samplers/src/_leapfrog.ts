import { type Key, normal } from "@jem-js/random";
import { add, div, mul, sqrt, square, sub, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { sumPerChain } from "./_chains.ts";

/** Positions with their momenta and scores; all of the shape of `x`. */
export interface Phase {
  readonly x: Tensor;
  readonly momentum: Tensor;
  readonly score: Tensor;
}

/** The kinetic energy `p M^-1 p / 2` of a diagonal mass matrix, the identity unless `inverseMass` is given. */
export interface Mass {
  /** `p ~ N(0, M)`. */
  draw(key: Key, x: Tensor): Tensor;
  /** `M^-1 p`. */
  velocity(momentum: Tensor): Tensor;
  /** `[batch]`. */
  kineticEnergy(momentum: Tensor): Tensor;
}

/** Makes the mass matrix of the inverse masses, of a shape that goes with one input. */
export function diagonalMass(inverseMass: Tensor | undefined): Mass {
  const velocity = (momentum: Tensor): Tensor => (inverseMass ? mul(momentum, inverseMass) : momentum);
  return {
    draw(key, x) {
      const noise = normal(key, x.shape);
      return inverseMass ? div(noise, sqrt(inverseMass)) : noise;
    },
    velocity,
    kineticEnergy: (momentum) =>
      mul(sumPerChain(inverseMass ? mul(momentum, velocity(momentum)) : square(momentum)), 0.5),
  };
}

/** How Hamiltonian dynamics of potential `-f / temperature` are integrated. */
export interface Leapfrog {
  readonly score: (x: Tensor) => Tensor;
  readonly mass: Mass;
  readonly temperature: number;
}

/** One leapfrog step; `stepSize` may be a tensor that goes with `x`, negative to go back in time. */
export function leapfrog({ score, mass, temperature }: Leapfrog, from: Phase, stepSize: number | Tensor): Phase {
  return tidy(() => {
    const kick = (momentum: Tensor, slope: Tensor): Tensor =>
      add(momentum, mul(mul(slope, stepSize), 0.5 / temperature));
    const half = kick(from.momentum, from.score);
    const x = add(from.x, mul(mass.velocity(half), stepSize));
    const slope = score(x);
    return { x, momentum: kick(half, slope), score: slope };
  });
}

/** The energy lost, `H(from) - H(to)`: the logarithm of the acceptance ratio of a Hamiltonian trajectory; `[batch]`. */
export function energyLoss(
  { mass, temperature }: Leapfrog,
  from: { logDensity: Tensor; momentum: Tensor },
  to: { logDensity: Tensor; momentum: Tensor },
): Tensor {
  const potential = div(sub(to.logDensity, from.logDensity), temperature);
  return sub(potential, sub(mass.kineticEnergy(to.momentum), mass.kineticEnergy(from.momentum)));
}
