import { checkChoice, checkLabels } from "./_check.ts";
import { argmax, type CheckedMatrix, readProbabilities } from "./_read_matrix.ts";
import type { Matrix } from "./matrix.ts";
import type { ReliabilityBin, ReliabilityBinsOptions } from "./reliability_bins.ts";

/** What {@linkcode reliabilityBins} returns, on behalf of `action`. */
export function binByConfidence(
  action: string,
  probabilities: Matrix,
  labels: ArrayLike<number>,
  options: ReliabilityBinsOptions,
): ReliabilityBin[] {
  checkBins(action, options);
  const matrix = readProbabilities(action, probabilities);
  checkLabels(action, labels, matrix.count, matrix.classes);
  const confidences = new Float64Array(matrix.count);
  const hits = new Uint8Array(matrix.count);
  for (let i = 0; i < matrix.count; i++) {
    const predicted = argmax(matrix, i);
    confidences[i] = matrix.data[i * matrix.classes + predicted]!;
    hits[i] = predicted === labels[i] ? 1 : 0;
  }
  return binScores(confidences, hits, options);
}

/** The probabilities of one class that are at least `threshold`, with whether the class was it. */
export function scoresOfClass(
  { data, count, classes }: CheckedMatrix,
  labels: ArrayLike<number>,
  k: number,
  threshold: number = 0,
): { scores: Float64Array; hits: Uint8Array } {
  const scores = new Float64Array(count);
  const hits = new Uint8Array(count);
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const score = data[i * classes + k]!;
    if (score < threshold) continue;
    scores[kept] = score;
    hits[kept] = labels[i] === k ? 1 : 0;
    kept += 1;
  }
  return { scores: scores.subarray(0, kept), hits: hits.subarray(0, kept) };
}

/** Throws unless the options of bins are valid. */
export function checkBins(action: string, options: ReliabilityBinsOptions): void {
  const { bins = 15, closed = "right", binning = "width" } = options;
  if (!Number.isInteger(bins) || bins < 1) {
    throw new RangeError(`Cannot ${action}: bins must be a positive integer but found ${bins}`);
  }
  checkChoice(action, "closed", closed, ["right", "left"]);
  checkChoice(action, "binning", binning, ["width", "mass"]);
}

/** Groups predicted probabilities, with whether each came true, into bins. */
export function binScores(
  confidences: Float64Array,
  hits: Uint8Array,
  options: ReliabilityBinsOptions,
): ReliabilityBin[] {
  const { bins = 15, closed = "right", binning = "width", mergeTies = false } = options;
  if (binning === "mass") return binByMass(confidences, hits, bins, mergeTies);
  const edges = Float64Array.from({ length: bins + 1 }, (_, k) => k / bins);
  const counts = new Float64Array(bins);
  const sums = new Float64Array(bins);
  const correct = new Float64Array(bins);
  for (let i = 0; i < confidences.length; i++) {
    const bin = binOf(confidences[i]!, edges, closed === "right");
    counts[bin]! += 1;
    sums[bin]! += confidences[i]!;
    correct[bin]! += hits[i]!;
  }
  return Array.from({ length: bins }, (_, bin) => ({
    lower: edges[bin]!,
    upper: edges[bin + 1]!,
    count: counts[bin]!,
    meanConfidence: sums[bin]! / counts[bin]!,
    accuracy: correct[bin]! / counts[bin]!,
  }));
}

/** Groups of nearly equal size in ascending order, the first ones larger by one where the division leaves a rest. */
function binByMass(confidences: Float64Array, hits: Uint8Array, bins: number, mergeTies: boolean): ReliabilityBin[] {
  const n = confidences.length;
  const order = Uint32Array.from(confidences, (_, i) => i).sort((i, j) => confidences[i]! - confidences[j]! || i - j);
  const result: ReliabilityBin[] = [];
  let from = 0;
  for (let bin = 0; bin < bins; bin++) {
    let to = Math.max(from, (bin + 1) * Math.floor(n / bins) + Math.min(bin + 1, n % bins));
    while (mergeTies && to > from && to < n && confidences[order[to]!] === confidences[order[to - 1]!]) to++;
    let sum = 0;
    let correct = 0;
    for (let k = from; k < to; k++) {
      sum += confidences[order[k]!]!;
      correct += hits[order[k]!]!;
    }
    const lower = result.at(-1)?.upper ?? 0;
    const upper = bin === bins - 1 ? 1 : to > from ? confidences[order[to - 1]!]! : lower;
    const count = to - from;
    result.push({ lower, upper, count, meanConfidence: sum / count, accuracy: correct / count });
    from = to;
  }
  return result;
}

/** The bin of a confidence. The product only guesses it, for it may round across an edge `k / bins`: the edges decide. */
function binOf(confidence: number, edges: Float64Array, isRight: boolean): number {
  const last = edges.length - 2;
  let bin = Math.min(last, Math.floor(confidence * (last + 1)));
  while (bin > 0 && (confidence < edges[bin]! || (isRight && confidence === edges[bin]))) bin--;
  while (bin < last && (confidence > edges[bin + 1]! || (!isRight && confidence === edges[bin + 1]))) bin++;
  return bin;
}
