import { clone, dispose, type Tensor, tidy } from "@tensorflow/tfjs-core";

/** `tidy` for interfaces, which have no index signature. */
export function tidied<T extends object>(body: () => T): T {
  return tidy(body as () => Record<string, Tensor>) as T;
}

/** Disposes all tensors in `container`: `dispose` for interfaces. */
export function disposeAll(container: object): void {
  dispose(container as Record<string, Tensor>);
}

/** A copy of a container: its tensors cloned, all else as it is. */
export function copyTensors<T extends object>(container: T): T {
  const copy = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    return "dataId" in value ? clone(value as Tensor) : copyTensors(value);
  };
  if (Array.isArray(container)) return container.map(copy) as T;
  return Object.fromEntries(Object.entries(container).map(([name, value]) => [name, copy(value)])) as T;
}
