import { add, clipByValue, equal, sub, type Tensor, tensor, tidy, where } from "@tensorflow/tfjs-core";
import { distanceOf } from "./_distance.ts";
import { project } from "./_norms.ts";
import type { DistanceNorm } from "./attack_options.ts";
import type { AttackResult, AttackStatus } from "./attack_result.ts";
import type { AttackOutcome, AttackTask } from "./attack_task.ts";

/** What the perturbed inputs are brought into. */
interface Ball {
  readonly norm: DistanceNorm;
  readonly epsilon: number | undefined;
  readonly bounds: readonly [low: number, high: number];
}

/** Keeps account of what has been found for each example, in host arrays. */
export interface Ledger {
  /** The places of all examples. */
  readonly everyone: readonly number[];
  /** The forward passes of each example. */
  readonly queries: Int32Array;
  /** The backward passes of each example. */
  readonly gradients: Int32Array;
  /** Writes down which examples of a task are adversarial as they are. */
  clean(task: AttackTask, adversarial: readonly boolean[]): void;
  /** The examples that are yet to be broken or, where there is no ball, could be broken more closely. */
  standing(): number[];
  /** Judges and writes down what an attack returned, and disposes it. */
  record(task: AttackTask, outcome: Tensor | AttackOutcome, aborted: boolean): Promise<void>;
  /** What has been found. */
  result(): AttackResult;
}

/** Opens the account of inputs `[examples, ...input]`. */
export function createLedger(x: Float32Array, shape: readonly number[], ball: Ball): Ledger {
  const { norm, epsilon } = ball;
  const examples = shape[0]!;
  const length = x.length / examples;
  const raw = Float32Array.from(x);
  const clipped = Float32Array.from(x);
  const distances = new Float64Array(examples).fill(Number.POSITIVE_INFINITY);
  const everyone = Array.from({ length: examples }, (_, i) => i);
  const status: (AttackStatus | undefined)[] = everyone.map(() => undefined);
  const [queries, gradients] = [new Int32Array(examples), new Int32Array(examples)];

  function part(values: Float32Array, place: number): Float32Array {
    return values.subarray(place * length, (place + 1) * length);
  }

  function clean({ examples }: AttackTask, adversarial: readonly boolean[]): void {
    examples.forEach((example, row) => {
      if (!adversarial[row]) return;
      status[example] = "alreadyAdversarial";
      distances[example] = 0;
    });
  }

  function standing(): number[] {
    return everyone.filter(
      (i) => status[i] !== "alreadyAdversarial" && (status[i] !== "success" || epsilon === undefined),
    );
  }

  async function record(task: AttackTask, outcome: Tensor | AttackOutcome, aborted: boolean): Promise<void> {
    const { raw: made, noStart } = "noStart" in outcome ? outcome : { raw: outcome, noStart: [] };
    let brought: Tensor | undefined;
    try {
      checkMade(made, task.x);
      brought = tidy(() => bring(made, task.x, ball));
      const adversarial = await task.isAdversarial(brought);
      const [madeValues, broughtValues] = (await Promise.all([made.data(), brought.data()])) as Float32Array[];
      task.examples.forEach((example, row) => {
        const distance = distanceOf(norm, part(broughtValues!, row), part(x, example));
        const success = adversarial[row]! && distance < distances[example]! && !beyond(norm, distance, epsilon);
        if (success || status[example] === undefined) {
          part(raw, example).set(part(madeValues!, row));
          part(clipped, example).set(part(broughtValues!, row));
        }
        if (success) {
          status[example] = "success";
          distances[example] = distance;
        } else status[example] ??= aborted ? "aborted" : noStart.includes(row) ? "noStart" : "failed";
      });
    } finally {
      made.dispose();
      brought?.dispose();
    }
  }

  function result(): AttackResult {
    return {
      raw: tensor(raw, [...shape]),
      clipped: tensor(clipped, [...shape]),
      success: Array.from(distances, Number.isFinite),
      distances,
      status: status.map((one) => one ?? "aborted"),
      queries,
      gradients,
    };
  }

  return { everyone, queries, gradients, clean, standing, record, result };
}

/** Nothing is nearest in an L0 ball: what lies outside stays there. What lies in a ball stays as it is, to the last bit. */
function bring(made: Tensor, x: Tensor, { norm, epsilon, bounds }: Ball): Tensor {
  const [low, high] = bounds;
  if (epsilon === undefined || norm === "l0") return clipByValue(made, low, high);
  const offset = sub(made, x);
  const nearest = project(norm, offset, epsilon);
  return clipByValue(where(equal(nearest, offset), made, add(x, nearest)), low, high);
}

function beyond(norm: DistanceNorm, distance: number, epsilon: number | undefined): boolean {
  return norm === "l0" && epsilon !== undefined && distance > epsilon;
}

function checkMade(made: Tensor, x: Tensor): void {
  if (made.dtype !== "float32" || made.shape.join() !== x.shape.join()) {
    throw new TypeError(
      `Cannot run attack: the attack must return float32 [${x.shape.join(", ")}] but found ${made.dtype} [${made.shape.join(", ")}]`,
    );
  }
}
