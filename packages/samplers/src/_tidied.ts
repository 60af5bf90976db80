import { dispose, type Tensor, tidy } from "@tensorflow/tfjs-core";

/** `tidy` for interfaces, which have no index signature. */
export function tidied<T extends object>(body: () => T): T {
  return tidy(body as () => Record<string, Tensor>) as T;
}

/** Disposes all tensors in `container`: `dispose` for interfaces. */
export function disposeAll(container: object): void {
  dispose(container as Record<string, Tensor>);
}
