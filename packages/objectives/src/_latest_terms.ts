import { clone, dispose, keep, type Scalar } from "@tensorflow/tfjs-core";

/** The terms that a sampler measured last. */
export interface LatestTerms {
  /** Takes these over in place of those before. */
  set(terms: Readonly<Record<string, Scalar>>): void;
  /** Copies of them, owned by the caller. */
  read(): Record<string, Scalar>;
  /** Frees them. */
  dispose(): void;
}

/** Holds the terms of a sampler between its calls. */
export function latestTerms(): LatestTerms {
  let latest: Readonly<Record<string, Scalar>> = {};
  return {
    set: (terms) => {
      for (const term of Object.values(terms)) keep(term);
      dispose(latest);
      latest = terms;
    },
    read: () => Object.fromEntries(Object.entries(latest).map(([name, term]) => [name, clone(term)])),
    dispose: () => {
      dispose(latest);
      latest = {};
    },
  };
}
