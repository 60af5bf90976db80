import type { Key } from "@jem-js/random";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { AttackRunOptions } from "./attack_task.ts";

/** One example as an attack that needs no gradients sees it, in host arrays. */
export interface DecisionExample {
  /** Its elements in row-major order, within the bounds; borrowed. */
  readonly x: Float32Array;
  /** Its shape, `[...input]`. */
  readonly shape: readonly number[];
  /** The smallest and the largest value of an input. */
  readonly bounds: readonly [low: number, high: number];
  /** The key of all that is random about it. */
  readonly key: Key;
  /** Its place in what was given to the attack. */
  readonly place: number;
}

/**
 * What is done to one example: yields candidates, the elements of one or several after one another, and gets an answer of the classifier
 * for each of them.
 */
export type Walk<Answer, Result = void> = Generator<Float32Array, Result, readonly Answer[]>;

/**
 * Looks for an adversarial input to start from: yields candidates, is told which of them are adversarial, and returns one that is, or
 * undefined. Made by `startFromNoise`, `startFromSaltAndPepper` and `startFromImages`; a generator function of your own will do as well.
 */
export type StartSearch = (example: DecisionExample) => Walk<boolean, Float32Array | undefined>;

/** Where to start: adversarial inputs in the bounds, shape of `x`, or a search for one. */
export type Start = Tensor | StartSearch;

/** Options that the attacks which ask only for decisions or scores have in common. */
export interface DecisionOptions extends AttackRunOptions {
  /** The key of what is random: a key for each example, or one of which example `i` gets `foldIn(key, i)`. */
  readonly key: Key | readonly Key[];
}

/** Options of the attacks that start from an adversarial input. */
export interface StartedOptions extends DecisionOptions {
  /** The radius at which `success` is judged, at least 0. @default {undefined: any distance will do} */
  readonly epsilon?: number;
  /** Where to start. Of several the first is taken that leads to an adversarial input. @default {the searches of the attack} */
  readonly starts?: Start | readonly Start[];
}
