/**
 * The number of phrases of Lempel and Ziv 1976: a phrase is the shortest continuation that does not occur in what precedes its
 * last symbol; a last one that does counts too. Linear in the length, by a suffix automaton that grows with the sequence.
 */
export function lempelZivComplexity(sequence: ArrayLike<number>): number {
  // State s stands for substrings of lengths (length[link[s]], length[s]].
  const next: Map<number, number>[] = [new Map()];
  const link = [-1];
  const length = [0];
  let last = 0;
  let matched = 0;
  let state = 0;
  let phrases = 0;
  for (let i = 0; i < sequence.length; i++) {
    const symbol = sequence[i]!;
    const to = next[state]!.get(symbol);
    if (to === undefined) {
      phrases += 1;
      matched = 0;
      state = 0;
    } else {
      matched += 1;
      state = to;
    }
    extend(symbol);
    // A state that was split no longer holds the shorter of its substrings.
    while (state > 0 && matched <= length[link[state]!]!) state = link[state]!;
  }
  return phrases + (matched > 0 ? 1 : 0);

  function extend(symbol: number): void {
    const added = push(new Map(), length[last]! + 1, 0);
    let from = last;
    while (from !== -1 && !next[from]!.has(symbol)) {
      next[from]!.set(symbol, added);
      from = link[from]!;
    }
    last = added;
    if (from === -1) return;
    const target = next[from]!.get(symbol)!;
    if (length[from]! + 1 === length[target]) {
      link[added] = target;
      return;
    }
    const clone = push(new Map(next[target]), length[from]! + 1, link[target]!);
    while (from !== -1 && next[from]!.get(symbol) === target) {
      next[from]!.set(symbol, clone);
      from = link[from]!;
    }
    link[target] = clone;
    link[added] = clone;
  }

  function push(edges: Map<number, number>, size: number, to: number): number {
    next.push(edges);
    length.push(size);
    link.push(to);
    return next.length - 1;
  }
}

/** The normalised compression distance by {@linkcode lempelZivComplexity}: `(C(xy) - min) / max` of `C(x)`, `C(y)`. */
export function compressionDistance(
  x: readonly number[],
  y: readonly number[],
  ofY: number = lempelZivComplexity(y),
): number {
  const ofX = lempelZivComplexity(x);
  return (lempelZivComplexity([...x, ...y]) - Math.min(ofX, ofY)) / Math.max(ofX, ofY);
}
