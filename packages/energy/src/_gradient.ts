import { engine, grad, type Tensor } from "@tensorflow/tfjs-core";

/**
 * The gradient of `f` at `x`. When it throws it frees what it has saved, as TensorFlow.js does only when it succeeds; an
 * enclosing gradient keeps its tape.
 */
export function gradient(f: (x: Tensor) => Tensor, x: Tensor): Tensor {
  try {
    return grad(f)(x);
  } catch (error) {
    const { state } = engine();
    if (state.gradientDepth === 0) {
      for (const node of state.activeTape ?? []) for (const t of node.saved ?? []) t.dispose();
      state.activeTape = [];
    }
    throw error;
  }
}
