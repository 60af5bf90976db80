import type { Program, Step } from "./_program.ts";

/**
 * The steps of a program that draw: those of a kind, or those of it that are named.
 *
 * @throws {TypeError} When there is none, a name is not one of theirs, or a wrapper hides one.
 */
export function chosenSteps(
  action: string,
  { steps }: Program,
  names: readonly string[] | undefined,
  isOne: (step: Step) => boolean,
  kind: string,
  instead: string,
): ReadonlySet<Step> {
  const hidden = steps.find((step) => step.layer.layer !== undefined && isOne({ ...step, layer: step.layer.layer }));
  if (hidden) {
    throw new TypeError(`Cannot ${action}: layer "${hidden.layer.name}" must not wrap ${kind} but found one in it`);
  }
  const all = steps.filter(isOne);
  if (all.length === 0) {
    const found = [...new Set(steps.map(({ layer }) => layer.getClassName()))].join(", ");
    throw new TypeError(
      `Cannot ${action}: model must have ${kind} but found only ${found}; without one there is nothing to draw, use ${instead}`,
    );
  }
  if (names === undefined) return new Set(all);
  const unknown = names.find((name) => !all.some(({ layer }) => layer.name === name));
  if (names.length === 0 || unknown !== undefined) {
    throw new TypeError(
      `Cannot ${action}: layers must be of ${all.map(({ layer }) => layer.name).join(", ")} but found ${unknown ?? "none"}`,
    );
  }
  return new Set(all.filter(({ layer }) => names.includes(layer.name)));
}
