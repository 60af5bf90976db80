import { engine, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { detach } from "./_detach.ts";

/**
 * What `make` returns as a constant of the gradients around it, which it may well compute gradients of its own for: these do not add to what
 * TensorFlow.js keeps for the outer ones.
 */
export function outsideGradient(make: () => Tensor): Tensor {
  const { state } = engine();
  const { activeTape, gradientDepth } = state;
  state.gradientDepth = 0;
  try {
    return tidy(() => detach(make()));
  } finally {
    state.gradientDepth = gradientDepth;
    if (activeTape) state.activeTape = activeTape;
  }
}
