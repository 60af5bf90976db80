/** Throws unless there are distances, as many of each attack; returns how many. */
export function checkDistances(action: string, distances: Readonly<Record<string, ArrayLike<number>>>): number {
  const [first, ...others] = Object.entries(distances);
  if (!first) throw new RangeError(`Cannot ${action}: there must be distances of an attack but found none`);
  const examples = first[1].length;
  if (examples === 0)
    throw new RangeError(`Cannot ${action}: distances must be of at least one example but found none`);
  for (const [name, found] of others) {
    if (found.length !== examples) {
      throw new TypeError(`Cannot ${action}: distances of ${name} must be ${examples} but found ${found.length}`);
    }
  }
  for (const [name, found] of Object.entries(distances)) {
    const wrong = Array.from(found).find((distance) => !(distance >= 0));
    if (wrong !== undefined) {
      throw new RangeError(`Cannot ${action}: distances of ${name} must be at least 0 but found ${wrong}`);
    }
  }
  return examples;
}
