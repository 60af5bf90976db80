import { engine, type TensorContainer, tidy } from "@tensorflow/tfjs-core";

/**
 * Runs `f` in a tidy as if no gradient were being computed around it: nothing of it is recorded, and it may compute gradients of its own, also where
 * TensorFlow.js lets nobody, inside a `customGrad`.
 */
export function offTape<T extends TensorContainer>(f: () => T): T {
  const { state } = engine();
  const { activeTape, gradientDepth, kernelDepth } = state;
  Object.assign(state, { gradientDepth: 0, kernelDepth: 0 });
  try {
    return tidy(f);
  } finally {
    // A gradient that throws leaves behind what it has saved.
    const left = state.activeTape === activeTape ? [] : (state.activeTape ?? []);
    for (const { saved } of left) for (const tensor of saved ?? []) tensor.dispose();
    Object.assign(state, { activeTape, gradientDepth, kernelDepth });
  }
}
