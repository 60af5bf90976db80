import type { FitOptions } from "./fit_options.ts";

/** The parts of a checkpoint that `fit` makes itself, and names of files in it. */
const RESERVED = ["model", "optimizer", "run", "remedies", "manifest", "weights"];

/** Throws unless the options of `fit` make sense. */
export function checkFitOptions(options: FitOptions, batches: unknown): void {
  const { iterations, lossLimit = 1e8, variables, clip = {}, evaluation, recovery, checkpoints, state = {} } = options;
  if (!Number.isInteger(iterations) || iterations < 1) {
    throw new RangeError(`Cannot fit: iterations must be a positive integer but found ${iterations}`);
  }
  if (!(lossLimit > 0)) throw new RangeError(`Cannot fit: lossLimit must be greater than 0 but found ${lossLimit}`);
  if (variables.length === 0) throw new TypeError("Cannot fit: variables must hold at least one variable but is empty");
  if (evaluation && !(Number.isInteger(evaluation.every) && evaluation.every > 0)) {
    throw new RangeError(`Cannot fit: evaluation.every must be a positive integer but found ${evaluation.every}`);
  }
  for (const [name, bound] of Object.entries(clip)) {
    if (bound !== undefined && !(bound > 0)) {
      throw new RangeError(`Cannot fit: clip.${name} must be greater than 0 but found ${bound}`);
    }
  }
  if ((recovery || checkpoints) && typeof batches !== "function") {
    throw new TypeError(
      "Cannot fit: with checkpoints or recovery, batches must be a function of the first iteration: (start) => batches",
    );
  }
  for (const name of Object.keys(state)) {
    if (!/^[A-Za-z]\w*$/.test(name) || RESERVED.includes(name)) {
      throw new RangeError(`Cannot fit: a name in state must be a word of its own but found "${name}"`);
    }
  }
}
