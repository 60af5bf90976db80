import type { RestrictedBoltzmannMachine } from "./restricted_boltzmann_machine.ts";

/** The most units whose states are counted out: 2^24 states take some seconds. */
const MOST_UNITS = 24;

/**
 * The logarithm of the normaliser of a restricted Boltzmann machine, exact: the sum over all states of its smaller layer (of the
 * hidden one, if the visible units are Gaussian), the other summed out. Float64 on the host.
 *
 * `Z = sum_h exp(c . h) prod_i (1 + exp(b_i + W_i . h))`, the same with the layers exchanged, or for Gaussian units
 * `Z = (2 pi s^2)^(d/2) sum_h exp((b^T W + c) . h + s^2 ||W h||^2 / 2)`.
 *
 * @example Usage
 * ```ts
 * import "@tensorflow/tfjs";
 * import { logPartition, restrictedBoltzmannMachine } from "@jem-js/models";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const rbm = restrictedBoltzmannMachine(key(0), { visible: 2, hidden: 1, units: "gaussian", weightScale: 0 });
 * expect(await logPartition(rbm)).toBeCloseTo(Math.log(2 * Math.PI * 2), 5);
 * rbm.dispose();
 * ```
 *
 * @param rbm The machine; borrowed.
 * @returns `log Z`, in nats.
 * @throws {RangeError} When the layer that is counted out has more than 24 units.
 */
export async function logPartition(rbm: RestrictedBoltzmannMachine): Promise<number> {
  const { units, variance } = rbm;
  const [d, m] = rbm.weights.shape as [number, number];
  const byVisible = units === "bernoulli" && d < m;
  const [counted, other] = byVisible ? [d, m] : [m, d];
  if (counted > MOST_UNITS) {
    throw new RangeError(
      `Cannot compute the partition function: ${byVisible ? "visible" : "hidden"} must be at most ${MOST_UNITS} units but found ${counted}`,
    );
  }
  const [w, b, c] = (await Promise.all(rbm.variables.map((one) => one.data()))) as [Values, Values, Values];
  const weight = (i: number, j: number): number => (byVisible ? w[i * m + j]! : w[j * m + i]!);
  const [own, others] = byVisible ? [b, c] : [c, b];
  // What the counted units that are on say to each other unit; the states come in the order of a Gray code, which changes one
  // unit at a time.
  const input = new Float64Array(other);
  const isOn = new Uint8Array(counted);
  let linear = 0;
  let total = { largest: Number.NEGATIVE_INFINITY, sum: 0 };
  for (let state = 0; state < 2 ** counted; state++) {
    if (state > 0) {
      const unit = 31 - Math.clz32(state & -state);
      const sign = isOn[unit] ? -1 : 1;
      isOn[unit]! ^= 1;
      linear += sign * own[unit]!;
      for (let j = 0; j < other; j++) input[j]! += sign * weight(unit, j);
    }
    total = addExp(total, linear + summedOut(input, others));
  }
  const constant = units === "gaussian" ? (d / 2) * Math.log(2 * Math.PI * variance) : 0;
  return constant + total.largest + Math.log(total.sum);

  /** The logarithm of the sum over the other units, given what is said to them. */
  function summedOut(said: Float64Array, bias: Values): number {
    let sum = 0;
    for (let j = 0; j < said.length; j++) {
      const x = said[j]!;
      sum += units === "gaussian" ? bias[j]! * x + (variance * x * x) / 2 : softplus(bias[j]! + x);
    }
    return sum;
  }
}

type Values = Float32Array;

/** A sum of exponentials, `exp(largest) sum`. */
interface LogSum {
  readonly largest: number;
  readonly sum: number;
}

function addExp({ largest, sum }: LogSum, value: number): LogSum {
  if (value <= largest) return { largest, sum: sum + Math.exp(value - largest) };
  return { largest: value, sum: sum * Math.exp(largest - value) + 1 };
}

function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
