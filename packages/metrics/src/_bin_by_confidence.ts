import { checkChoice, checkLabels } from "./_check.ts";
import { argmax, readProbabilities } from "./_read_matrix.ts";
import type { Matrix } from "./matrix.ts";
import type { ReliabilityBin, ReliabilityBinsOptions } from "./reliability_bins.ts";

/** What {@linkcode reliabilityBins} returns, on behalf of `action`. */
export function binByConfidence(
  action: string,
  probabilities: Matrix,
  labels: ArrayLike<number>,
  options: ReliabilityBinsOptions,
): ReliabilityBin[] {
  const { bins = 15, closed = "right" } = options;
  if (!Number.isInteger(bins) || bins < 1) {
    throw new RangeError(`Cannot ${action}: bins must be a positive integer but found ${bins}`);
  }
  checkChoice(action, "closed", closed, ["right", "left"]);
  const matrix = readProbabilities(action, probabilities);
  checkLabels(action, labels, matrix.count, matrix.classes);

  const counts = new Float64Array(bins);
  const confidences = new Float64Array(bins);
  const correct = new Float64Array(bins);
  for (let i = 0; i < matrix.count; i++) {
    const predicted = argmax(matrix, i);
    const confidence = matrix.data[i * matrix.classes + predicted]!;
    const bin = binOf(confidence, bins, closed);
    counts[bin]! += 1;
    confidences[bin]! += confidence;
    if (predicted === labels[i]) correct[bin]! += 1;
  }
  return Array.from({ length: bins }, (_, bin) => ({
    lower: bin / bins,
    upper: (bin + 1) / bins,
    count: counts[bin]!,
    meanConfidence: confidences[bin]! / counts[bin]!,
    accuracy: correct[bin]! / counts[bin]!,
  }));
}

/** The bin of a confidence. The product only guesses it, for it may round across an edge `k / bins`: the edges decide. */
function binOf(confidence: number, bins: number, closed: "right" | "left"): number {
  const isPast = (edge: number): boolean => (closed === "right" ? confidence > edge : confidence >= edge);
  let bin = Math.min(bins - 1, Math.floor(confidence * bins));
  while (bin > 0 && !isPast(bin / bins)) bin--;
  while (bin < bins - 1 && isPast((bin + 1) / bins)) bin++;
  return bin;
}
