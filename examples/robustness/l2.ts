/** Attacks a JEM and a cross-entropy control in the L2 norm. See README.md. */
import { apgd, boundary, carliniWagner, deepFool, epsilonSearch, fab } from "@jem-js/attacks";
import type { Plan } from "./src/comparison.ts";
import { exitWith } from "./src/ending.ts";
import { runNormScript } from "./src/norm_script.ts";

const norm = "l2";

const script = {
  name: "l2",
  summary: "Attacks a JEM and a cross-entropy control in the L2 norm: APGD-CE, PGD, DeepFool, FAB-T, C&W, boundary.",
  images: 100,
};

function plan(isSmoke: boolean): Plan {
  const steps = isSmoke ? 3 : 50;
  return {
    norm,
    claim: 1.5,
    epsilons: [0, 0.5, 1, 1.5, 2, 3, 4],
    balls: {
      "APGD-CE": (model, x, labels, options) => apgd(model, x, labels, { ...options, norm, steps }),
    },
    smallest: {
      "PGD, search": (model, x, labels, key) =>
        epsilonSearch(model, x, labels, { norm, key, initialEpsilon: 1, tolerance: 0.02, tries: isSmoke ? 3 : 40 }),
      DeepFool: (model, x, labels) => deepFool(model, x, labels, { norm, steps }),
      "FAB-T, 3 classes": (model, x, labels) => fab(model, x, labels, { norm, steps, targetClasses: 3 }),
      "C&W": (model, x, labels) =>
        carliniWagner(model, x, labels, { searchSteps: 5, steps: 2 * steps, stepSize: 0.2, initialWeight: 1 }),
      boundary: (model, x, labels, key) => boundary(model, x, labels, { key, steps: isSmoke ? 20 : 1000 }),
    },
  };
}

await exitWith(() => runNormScript(script, (isSmoke) => [plan(isSmoke)]));
