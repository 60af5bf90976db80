/** Attacks a JEM and a cross-entropy control in the L1 norm, and in L0, the number of pixels. See README.md. */
import { apgd, epsilonSearch, fab, pointwise, saltAndPepper } from "@jem-js/attacks";
import type { Plan } from "./src/comparison.ts";
import { exitWith } from "./src/ending.ts";
import { runNormScript } from "./src/norm_script.ts";

const script = {
  name: "l0_l1",
  summary:
    "Attacks a JEM and a cross-entropy control in the L1 norm: APGD-CE, PGD, FAB-T; and in the number of pixels: pointwise, salt and pepper.",
  images: 100,
};

function inL1(isSmoke: boolean): Plan {
  const norm = "l1";
  return {
    norm,
    claim: 5,
    epsilons: [0, 2.5, 5, 7.5, 10, 15, 20, 30],
    balls: {
      "APGD-CE": (model, x, labels, options) => apgd(model, x, labels, { ...options, norm, steps: isSmoke ? 3 : 50 }),
    },
    smallest: {
      "PGD, search": (model, x, labels, key) =>
        epsilonSearch(model, x, labels, { norm, key, initialEpsilon: 5, tolerance: 0.02, tries: isSmoke ? 3 : 40 }),
      "FAB-T, 3 classes": (model, x, labels) =>
        fab(model, x, labels, { norm, steps: isSmoke ? 3 : 50, targetClasses: 3 }),
    },
  };
}

function inL0(isSmoke: boolean): Plan {
  return {
    norm: "l0",
    epsilons: [0, 2, 4, 8, 12, 16, 24, 32],
    smallest: {
      "pointwise, 10 restarts": (model, x, labels, key) =>
        pointwise(model, x, labels, { key, restarts: isSmoke ? 1 : 10 }),
      "salt and pepper": (model, x, labels, key) =>
        saltAndPepper(model, x, labels, { key, norm: "l0", steps: isSmoke ? 50 : 1000 }),
    },
  };
}

await exitWith(() => runNormScript(script, (isSmoke) => [inL1(isSmoke), inL0(isSmoke)]));
