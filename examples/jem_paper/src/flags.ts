import type { Effort, Settings } from "./settings.ts";

/** A flag that changes a setting: the name, mostly that of the paper's code, and how its text is read. */
interface Flag {
  readonly setting: keyof Settings | keyof Effort;
  readonly help: string;
  readonly read: (flag: string, text: string) => unknown;
}

/** The flags by their names; those that say so are of our own, the others of the paper's code. */
export const flags: Readonly<Record<string, Flag>> = {
  dataset: { setting: "dataset", read: oneOf("fashion-mnist", "mnist", "cifar10"), help: "what is learned" },
  model: {
    setting: "network",
    read: oneOf("small", "base", "wide"),
    help: "convNet's small or base, or a wide ResNet",
  },
  depth: { setting: "depth", read: integer(10), help: "of the wide ResNet" },
  width: { setting: "width", read: integer(1), help: "of the wide ResNet" },
  labels_per_class: { setting: "labelsPerClass", read: integer(0), help: "how many labels are known; 0 for all" },
  n_valid: { setting: "validation", read: integer(1), help: "how many training images are held out" },
  n_iters: { setting: "iterations", read: integer(1), help: "training iterations (the code counts epochs)" },
  batch_size: { setting: "batchSize", read: integer(1), help: "images of a batch" },
  lr: { setting: "learningRate", read: positive, help: "Adam's learning rate" },
  warmup_iters: { setting: "warmUp", read: integer(0), help: "iterations during which it rises" },
  n_steps: { setting: "sgldSteps", read: integer(1), help: "Langevin steps an iteration" },
  sgld_lr: { setting: "sgldStepSize", read: positive, help: "their step size" },
  sgld_std: { setting: "sgldNoise", read: number, help: "their noise" },
  reinit_freq: { setting: "reinitProbability", read: number, help: "how often a chain starts anew" },
  buffer_size: { setting: "bufferSize", read: integer(1), help: "how many chains there are" },
  sigma: { setting: "inputNoise", read: number, help: "noise that is added to the data" },
  p_x_weight: { setting: "pxWeight", read: number, help: "weight of log p(x)" },
  p_y_given_x_weight: { setting: "pyxWeight", read: number, help: "weight of log p(y|x)" },
  p_x_y_weight: { setting: "pxyWeight", read: number, help: "weight of log p(x|y), whatever its name says" },
  energy_l2: { setting: "energyL2", read: number, help: "weight of the energy penalty (ours)" },
  images: { setting: "images", read: integer(20), help: "how many test images are measured (ours)" },
  samples: { setting: "samples", read: integer(20), help: "how many images are generated (ours)" },
  sample_steps: { setting: "sampleSteps", read: integer(1), help: "Langevin steps of each (ours)" },
  attacked: { setting: "attacked", read: integer(1), help: "how many images are attacked (ours)" },
  attack_steps: { setting: "attackSteps", read: integer(1), help: "steps of an attack in a ball (ours)" },
  decided: { setting: "decided", read: integer(1), help: "how many of them by decisions alone (ours)" },
};

/** The integers of a flag, at least `minimum`. */
export function integer(minimum: number): (flag: string, text: string) => number {
  return (flag, text) => {
    const value = number(flag, text);
    if (!Number.isSafeInteger(value) || value < minimum) {
      throw new RangeError(`--${flag} must be an integer of at least ${minimum} but is ${text}`);
    }
    return value;
  };
}

function number(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0) {
    throw new RangeError(`--${flag} must be a number of at least 0 but is ${text}`);
  }
  return value;
}

function positive(flag: string, text: string): number {
  const value = number(flag, text);
  if (value === 0) throw new RangeError(`--${flag} must be above 0 but is ${text}`);
  return value;
}

/** One of some words. */
export function oneOf<T extends string>(...words: readonly T[]): (flag: string, text: string) => T {
  return (flag, text) => {
    if (!words.includes(text as T)) throw new RangeError(`--${flag} must be one of ${words.join(", ")} but is ${text}`);
    return text as T;
  };
}
