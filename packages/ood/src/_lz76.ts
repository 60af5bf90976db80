/** A suffix automaton that is used again and again: memory for so many states, and symbols below `alphabet`. */
interface Automaton {
  readonly alphabet: number;
  /** Of state `s`: the states that symbols lead to, 0 for none since nothing leads to the first one. */
  readonly next: Uint16Array | Uint32Array;
  /** State `s` stands for the substrings of lengths `(length[link[s]], length[s]]`. */
  readonly link: Int32Array;
  readonly length: Int32Array;
}

let scratch: Automaton = automatonFor(0, 1);

function automatonFor(states: number, alphabet: number): Automaton {
  return {
    alphabet,
    // Half the memory where that will do: most maps then stay in the first cache.
    next: new (states < 2 ** 16 ? Uint16Array : Uint32Array)(states * alphabet),
    link: new Int32Array(states),
    length: new Int32Array(states),
  };
}

/**
 * The number of phrases of Lempel and Ziv 1976: a phrase is the shortest continuation that does not occur in what precedes its
 * last symbol; a last one that does counts too. Linear in the length, by a suffix automaton that grows with the sequence.
 */
export function lempelZivComplexity(sequence: ArrayLike<number>): number {
  return complexities(sequence, sequence.length).ofAll;
}

/** The complexity of a sequence of integers of at least 0, and that of its first symbols, in one pass. */
function complexities(sequence: ArrayLike<number>, prefix: number): { ofPrefix: number; ofAll: number } {
  let highest = 0;
  for (let i = 0; i < sequence.length; i++) highest = Math.max(highest, sequence[i]!);
  const alphabet = highest + 1;
  const states = 2 * sequence.length + 1;
  if (scratch.alphabet !== alphabet || scratch.link.length < states) scratch = automatonFor(states, alphabet);
  const { next, link, length } = scratch;
  next.fill(0, 0, alphabet);
  link[0] = -1;
  length[0] = 0;
  let count = 1;
  let last = 0;
  let matched = 0;
  let state = 0;
  let phrases = 0;
  let ofPrefix = 0;
  for (let i = 0; i < sequence.length; i++) {
    if (i === prefix) ofPrefix = phrases + (matched > 0 ? 1 : 0);
    const symbol = sequence[i]!;
    const to = next[state * alphabet + symbol]!;
    if (to === 0) {
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
  const ofAll = phrases + (matched > 0 ? 1 : 0);
  return { ofPrefix: prefix < sequence.length ? ofPrefix : ofAll, ofAll };

  function extend(symbol: number): void {
    const added = count++;
    // A loop for so few numbers: the methods of typed arrays take longer to call.
    for (let s = added * alphabet; s < count * alphabet; s++) next[s] = 0;
    length[added] = length[last]! + 1;
    link[added] = 0;
    let from = last;
    while (from !== -1 && next[from * alphabet + symbol] === 0) {
      next[from * alphabet + symbol] = added;
      from = link[from]!;
    }
    last = added;
    if (from === -1) return;
    const target = next[from * alphabet + symbol]!;
    if (length[from]! + 1 === length[target]) {
      link[added] = target;
      return;
    }
    const clone = count++;
    for (let s = 0; s < alphabet; s++) next[clone * alphabet + s] = next[target * alphabet + s]!;
    length[clone] = length[from]! + 1;
    link[clone] = link[target]!;
    while (from !== -1 && next[from * alphabet + symbol] === target) {
      next[from * alphabet + symbol] = clone;
      from = link[from]!;
    }
    link[target] = clone;
    link[added] = clone;
  }
}

/** The normalised compression distance by {@linkcode lempelZivComplexity}: `(C(xy) - min) / max` of `C(x)`, `C(y)`. */
export function compressionDistance(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  ofY: number = lempelZivComplexity(y),
): number {
  const both = new Int32Array(x.length + y.length);
  both.set(x);
  both.set(y, x.length);
  const { ofPrefix: ofX, ofAll } = complexities(both, x.length);
  return distanceOf(ofX, ofY, ofAll);
}

/** The normalised compression distance of the complexities of two sequences and of one after the other. */
export function distanceOf(ofX: number, ofY: number, ofBoth: number): number {
  return (ofBoth - Math.min(ofX, ofY)) / Math.max(ofX, ofY);
}
