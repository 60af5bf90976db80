/** Out-of-distribution detection by a JEM and a cross-entropy control: tables 2 and 3 of the paper. See README.md. */
import type { EnergyHead } from "@jem-js/energy";
import { auroc } from "@jem-js/metrics";
import { scoreHistogram } from "@jem-js/report";
import * as tf from "@tensorflow/tfjs";
import type { Context } from "./src/context.ts";
import { experiment } from "./src/experiment.ts";
import { bothOf } from "./src/models.ts";
import { outSets } from "./src/out_sets.ts";
import { readRows } from "./src/read_rows.ts";

/** The scores of table 3, larger for what is more typical. */
const scores: Readonly<Record<string, (head: EnergyHead, x: tf.Tensor4D) => tf.Tensor1D>> = {
  "log p(x)": (head, x) => head.logDensity(x),
  "max p(y|x)": (head, x) => tf.max(head.probabilities(x), 1),
  "approximate mass": (head, x) => head.approximateMass(x),
};

/** The scores of images, by network and score. */
type Scored = Readonly<Record<string, Float32Array>>;

await experiment({
  name: "detection",
  claim: "A JEM tells images that are not of its distribution, by log p(x), max p(y|x) and approximate mass.",
  async measure(context) {
    const networks = await bothOf(context);
    const sets = await outSets(context);
    const figures: Record<string, number> = {};
    for (const [network, { head }] of Object.entries(networks)) {
      const inside = await scoreAll(head, sets.inside);
      const outside: Record<string, Scored> = {};
      for (const [set, images] of Object.entries(sets.outside)) {
        outside[set] = await scoreAll(head, images);
        for (const score of Object.keys(scores)) {
          figures[`${network}: ${score}, ${set}`] = auroc(inside[score]!, outside[set]![score]!);
        }
      }
      drawHistograms(context, network, inside, outside);
    }
    sets.dispose();
    return figures;
  },
});

async function scoreAll(head: EnergyHead, images: tf.Tensor4D): Promise<Scored> {
  const columns = Object.values(scores);
  const { data } = await readRows(images, (x) =>
    tf.stack(
      columns.map((score) => score(head, x)),
      1,
    ),
  );
  return Object.fromEntries(
    Object.keys(scores).map((score, column) => [score, data.filter((_, i) => i % columns.length === column)]),
  );
}

/** Histograms as in table 2: a row for each of three sets, a panel for each of two scores. */
function drawHistograms(
  { seed, figure, data }: Context,
  network: string,
  inside: Scored,
  outside: Readonly<Record<string, Scored>>,
): void {
  const panels = Object.entries(outside)
    .slice(0, 3)
    .flatMap(([set, scored]) =>
      ["log p(x)", "approximate mass"].map((score) => ({
        name: `${score}, ${set}`,
        inScores: inside[score]!,
        outScores: scored[score]!,
        domain: middleOf(inside[score]!, scored[score]!),
      })),
    );
  const title = `Scores of the ${network}`;
  figure(
    `scores_${network.toLowerCase()}`,
    scoreHistogram(panels, { seed, title, inLabel: data.name, outLabel: "other" }),
  );
}

/** From the lowest to the highest but for a hundredth of all on either side. */
function middleOf(...sets: readonly Float32Array[]): readonly [number, number] {
  const sorted = Float32Array.from(sets.flatMap((set) => [...set])).sort();
  const end = Math.floor(sorted.length / 100);
  const [low, high] = [sorted[end]!, sorted.at(-1 - end)!];
  return low < high ? [low, high] : [low - 1, low + 1];
}
