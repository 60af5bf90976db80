import { type Tensor, util } from "@tensorflow/tfjs-core";
import { checkInputs, forEachReading, joinNeeds, type Needs, type Reading } from "./_reading.ts";
import type { Classifier } from "./classifier.ts";
import type { Auxiliary, Detector, DetectorState } from "./detector.ts";
import { type OpenClassifier, openClassifier } from "./open_classifier.ts";
import type { Source } from "./source.ts";

/** What a pass of a fit goes over. */
type Role = "inDistribution" | "validation" | "outOfDistribution";

/** A pass over some examples. */
export interface Pass {
  readonly over: Role;
  visit(reading: Reading): void | Promise<void>;
}

/** What a fit was given. */
interface Given {
  /** Whether validation examples are others than the in-distribution ones. */
  readonly validation: boolean;
}

/** A fit under way. */
export interface Fitting<S> {
  /** Rounds of passes: one round begins when all passes of the one before have ended. */
  readonly rounds: readonly (readonly Pass[])[];
  /** Makes the state, which is JSON: no typed arrays, no numbers that are not finite. */
  finish(note: (text: string) => void): S | Promise<S>;
}

/** Scores a reading: `[size]`, larger for more anomalous examples. */
export type Scorer = (reading: Reading) => Float64Array | Promise<Float64Array>;

/** A method of detection: what {@linkcode detectorOf} makes a detector of. */
export interface Method<S extends object = object, Tuned extends boolean = boolean> {
  readonly name: string;
  readonly tuned: Tuned;
  /** Plain data, from which the same method can be made again. */
  readonly options: object;
  /** What it reads to be fitted (no state) or to score. */
  needs(state?: S): Needs;
  /** Begins a fit; absent when there is nothing to fit. */
  fit?(classifier: OpenClassifier, given: Given): Fitting<S>;
  /** Makes what scores; throws when the classifier lacks something or the state is not one of this method. */
  scorer(state: S, classifier: OpenClassifier): Scorer;
}

/** A detector from inside. */
export interface Internals {
  readonly method: Method;
  fitted: Fitted | undefined;
}

/** What a fit leaves. */
export interface Fitted {
  readonly classifier: OpenClassifier;
  readonly state: object;
  readonly notes: readonly string[];
  readonly scorer: Scorer;
  /** The time that the fit took beside the passes of the classifier, which detectors share; undefined when read from JSON. */
  readonly seconds: number | undefined;
}

const INTERNALS = new WeakMap<object, Internals>();

/** A detector from inside; throws when it is none of this package. */
export function internalsOf(action: string, detector: Detector): Internals {
  const internals = INTERNALS.get(detector);
  if (internals) return internals;
  throw new TypeError(`Cannot ${action}: a detector must be made by this package but found ${typeof detector}`);
}

/** Makes a detector of a method. */
export function detectorOf<S extends object, Tuned extends boolean>(method: Method<S, Tuned>): Detector<Tuned> {
  const internals: Internals = { method: method as unknown as Method, fitted: undefined };
  const { name, tuned } = method;
  const detector: Detector<Tuned> = {
    name,
    tunedWithOutOfDistribution: tuned,
    get fitted() {
      return internals.fitted !== undefined;
    },
    get notes() {
      return internals.fitted?.notes ?? [];
    },
    async fit(classifier, inDistribution, auxiliary) {
      await fitAll([internals], classifier, inDistribution, auxiliary);
      return detector;
    },
    async score(x) {
      const [scores] = await scoreAll([internals], x);
      return scores!;
    },
    toJSON() {
      const { state, notes } = fittedOf(`write ${name} as JSON`, internals);
      return { format: "jem-js/detector", version: 1, name, options: method.options, notes, state };
    },
  };
  INTERNALS.set(detector, internals);
  return detector;
}

/** What was fitted; throws when nothing was. */
export function fittedOf(action: string, { method, fitted }: Internals): Fitted {
  if (fitted) return fitted;
  throw new TypeError(`Cannot ${action}: ${method.name} must be fitted first`);
}

/** Gives a detector the state that was written as JSON. */
export function restore(detector: Detector, { state, notes }: DetectorState, model: Classifier | OpenClassifier): void {
  const internals = internalsOf("read a detector", detector);
  const { method } = internals;
  if (method.fit && Object.keys(state).length === 0) {
    throw new TypeError(`Cannot read a detector: the state of ${method.name} must not be empty`);
  }
  const classifier = open(model);
  internals.fitted = { classifier, state, notes, scorer: method.scorer(state, classifier), seconds: undefined };
}

/** One open classifier for each classifier, so that detectors which are fitted one by one can score together. */
const OPENED = new WeakMap<object, OpenClassifier>();

function open(model: Classifier | OpenClassifier): OpenClassifier {
  const opened = OPENED.get(model) ?? openClassifier(model);
  OPENED.set(model, opened);
  return opened;
}

/** Fits detectors together: as many passes over the examples as the one that needs most. */
export async function fitAll(
  all: readonly Internals[],
  model: Classifier | OpenClassifier,
  inDistribution: Source | undefined,
  auxiliary: Auxiliary = {},
): Promise<void> {
  const classifier = open(model);
  const given = { validation: auxiliary.validation !== undefined };
  const begun = all.map(({ method }) => ({ method, fitting: method.fit?.(classifier, given), seconds: 0 }));
  const rounds = Math.max(0, ...begun.map(({ fitting }) => fitting?.rounds.length ?? 0));
  for (const { method, fitting } of begun) {
    if (!fitting) continue;
    if (inDistribution === undefined) {
      throw new TypeError(`Cannot fit ${method.name}: it must be given in-distribution examples but found none`);
    }
    if (method.tuned && auxiliary.outOfDistribution === undefined) {
      throw new TypeError(`Cannot fit ${method.name}: it must be given auxiliary.outOfDistribution but found none`);
    }
  }
  const sources = {
    inDistribution,
    validation: auxiliary.validation ?? inDistribution,
    outOfDistribution: auxiliary.outOfDistribution,
  };
  for (let round = 0; round < rounds; round++) {
    for (const over of ["inDistribution", "validation", "outOfDistribution"] as const) {
      const parts = begun.flatMap((entry) =>
        (entry.fitting?.rounds[round] ?? []).filter((pass) => pass.over === over).map((pass) => ({ entry, pass })),
      );
      if (parts.length === 0) continue;
      const needs = joinNeeds(parts.map(({ entry }) => entry.method.needs()));
      const names = [...new Set(parts.map(({ entry }) => entry.method.name))].join(", ");
      // What calibrates needs no labels, and what is out of distribution has none; gradients are of scores.
      const read = { ...needs, objectives: [], labels: over === "inDistribution" && needs.labels === true };
      await forEachReading(`fit ${names}`, classifier, sources[over]!, read, async (reading) => {
        for (const { entry, pass } of parts) {
          const start = util.now();
          await pass.visit(reading);
          entry.seconds += (util.now() - start) / 1000;
        }
      });
    }
  }
  const fitted: Fitted[] = [];
  for (const { method, fitting, seconds } of begun) {
    const notes: string[] = [];
    const start = util.now();
    const state = (await fitting?.finish((text) => notes.push(text))) ?? {};
    const finishing = (util.now() - start) / 1000;
    fitted.push({ classifier, state, notes, scorer: method.scorer(state, classifier), seconds: seconds + finishing });
  }
  all.forEach((internals, i) => {
    internals.fitted = fitted[i];
  });
}

/** Scores inputs by several detectors that were fitted on one classifier: one pass for what they share. */
export async function scoreAll(all: readonly Internals[], x: Tensor): Promise<Float64Array[]> {
  const action = `score by ${all.map(({ method }) => method.name).join(", ")}`;
  const fitted = all.map((internals) => fittedOf(action, internals));
  checkInputs(action, x);
  const results = all.map(() => new Float64Array(x.shape[0]!));
  if (all.length === 0) return results;
  const { classifier } = fitted[0]!;
  if (fitted.some((other) => other.classifier !== classifier)) {
    throw new TypeError(`Cannot ${action}: the detectors must have been fitted on one open classifier`);
  }
  const needs = joinNeeds(all.map(({ method }, i) => ({ ...method.needs(fitted[i]!.state), labels: false })));
  let at = 0;
  await forEachReading(action, classifier, { x }, needs, async (reading) => {
    for (const [i, { scorer }] of fitted.entries()) results[i]!.set(await scorer(reading), at);
    at += reading.size;
  });
  return results;
}
