import { engine } from "@tensorflow/tfjs-core";

/**
 * Frees what a gradient that threw has left behind, as TensorFlow.js does only when it succeeds. An enclosing gradient
 * keeps its tape.
 */
export function disposeTape(): void {
  const { state } = engine();
  if (state.gradientDepth > 0) return;
  for (const node of state.activeTape ?? []) for (const t of node.saved ?? []) t.dispose();
  state.activeTape = [];
}
