/** Attacks a JEM and a cross-entropy control in the L∞ norm. See README.md. */
import { apgd, deepFool, epsilonSearch, fab, pgd, runAttack } from "@jem-js/attacks";
import type { Plan } from "./src/comparison.ts";
import { exitWith } from "./src/ending.ts";
import { runNormScript } from "./src/norm_script.ts";

const norm = "linf";

const script = {
  name: "linf",
  summary: "Attacks a JEM and a cross-entropy control in the L∞ norm: PGD, APGD-CE, APGD-DLR, APGD-T, DeepFool, FAB-T.",
  images: 100,
};

function plan(isSmoke: boolean): Plan {
  const steps = isSmoke ? 3 : 50;
  return {
    norm,
    claim: 0.1,
    epsilons: [0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3],
    balls: {
      "PGD, 5 restarts": (model, x, labels, { epsilon, ...options }) =>
        runAttack(model, x, labels, {
          ...options,
          epsilon,
          restarts: 5,
          attack: ({ model, x, criterion, keys }) =>
            pgd(model, x, criterion, { norm, epsilon, steps: isSmoke ? 3 : 20, returnBest: true, key: keys! }),
        }),
      "APGD-CE": (model, x, labels, options) => apgd(model, x, labels, { ...options, norm, steps }),
      "APGD-DLR": (model, x, labels, options) => apgd(model, x, labels, { ...options, norm, steps, loss: "dlr" }),
      "APGD-T, 3 classes": (model, x, labels, options) =>
        apgd(model, x, labels, { ...options, norm, steps, targetClasses: 3 }),
    },
    smallest: {
      "PGD, search": (model, x, labels, key) =>
        epsilonSearch(model, x, labels, { norm, key, initialEpsilon: 0.1, tolerance: 0.02, tries: isSmoke ? 3 : 40 }),
      DeepFool: (model, x, labels) => deepFool(model, x, labels, { norm, steps }),
      "FAB-T, 3 classes": (model, x, labels) => fab(model, x, labels, { norm, steps, targetClasses: 3 }),
    },
  };
}

await exitWith(() => runNormScript(script, (isSmoke) => [plan(isSmoke)]));
