import type { Key } from "@jem-js/random";
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import type { LogitsModel } from "./classifier.ts";
import type { Criterion } from "./criterion.ts";

/** The classifier as an attack sees it: what is asked of it is counted. */
export interface CountedModel extends LogitsModel {
  /** The smallest and the largest value of an input. */
  readonly bounds: readonly [low: number, high: number];
  /**
   * The logits `[rows, classes]` of candidates `[rows, ...input]` for the examples of the task at these places, which may repeat;
   * owned by the caller. Without `rows` there is one candidate for each example.
   */
  logits(candidates: Tensor, rows?: readonly number[]): Tensor2D;
}

/** The examples that an attack is to break, and what it needs for that. Everything is borrowed. */
export interface AttackTask {
  /** The classifier. */
  readonly model: CountedModel;
  /** The examples, `[batch, ...input]`, within the bounds, none of them adversarial. */
  readonly x: Tensor;
  /** What counts as adversarial, for these examples. */
  readonly criterion: Criterion;
  /** The places of the examples in what was given to `runAttack`. */
  readonly examples: readonly number[];
  /** Which restart it is, from 0 on. */
  readonly restart: number;
  /** A key for each example, another one at each restart. Without a `key` in the options there are none. */
  readonly keys?: readonly Key[];
  /** Asks the classifier whether these candidates are adversarial for the examples at these places: one forward pass, read. */
  isAdversarial(candidates: Tensor, rows?: readonly number[]): Promise<boolean[]>;
  /** To be awaited before each of `steps` steps: tells of the progress, gives the event loop a turn, and whether to go on. */
  proceed(step: number, steps: number): Promise<boolean>;
}

/** What an attack returns when some examples have no adversarial point to start from. */
export interface AttackOutcome {
  /** The perturbed inputs, shape of the `x` of the task. */
  readonly raw: Tensor;
  /** The places in the task of the examples that could not be started. */
  readonly noStart: readonly number[];
}

/** An attack: makes of the examples of a task perturbed inputs, shape of its `x`, which `runAttack` takes over. */
export type Attack = (task: AttackTask) => Tensor | AttackOutcome | Promise<Tensor | AttackOutcome>;

/** How far a run is. */
export interface AttackProgress {
  /** How many examples are done with in this restart. */
  readonly done: number;
  /** How many examples this restart attacks. */
  readonly total: number;
  /** Which restart it is, from 0 on. */
  readonly restart: number;
  /** The step that begins on the current batch, from 0 on. */
  readonly step: number;
  /** How many steps there are, at most. */
  readonly steps: number;
}

/** Options of all attacks that return an `AttackResult`. */
export interface AttackRunOptions {
  /** The smallest and the largest value of an input. @default {those of the model, or [0, 1]} */
  readonly bounds?: readonly [low: number, high: number];
  /**
   * The key of what is random: a key for each example, or one of which example `i` gets `foldIn(key, i)`. What an example meets depends on
   * its key alone, not on its batch. @default {undefined: nothing is random}
   */
  readonly key?: Key | readonly Key[];
  /**
   * How often the attack is made, each time with other keys. With `epsilon` only on examples that are still standing; without, the
   * closest success counts. @default {1}
   */
  readonly restarts?: number;
  /** How many examples are attacked at once. @default {100} */
  readonly batchSize?: number;
  /** Ends the attack before the next step; what was found so far is returned. An `AbortSignal`. @default {undefined} */
  readonly signal?: { readonly aborted: boolean };
  /** Is told how far the run is before each step. @default {nothing is called} */
  readonly onProgress?: (progress: AttackProgress) => void;
}
