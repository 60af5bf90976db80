import { engine } from "@tensorflow/tfjs-core";

/**
 * Runs `body` as a constant of the gradients around it, which keep nothing of it: what a gradient within a gradient
 * computes would else stay on the outer tape, with all that it saved, until the outer one is done.
 */
export function unrecorded<T>(body: () => T): T {
  const { state } = engine();
  const { activeTape, gradientDepth } = state;
  state.gradientDepth = 0;
  try {
    return body();
  } finally {
    state.activeTape = activeTape;
    state.gradientDepth = gradientDepth;
  }
}
