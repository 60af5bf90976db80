/** Trains the networks that the scripts share. See README.md. */
import { experiment } from "./src/experiment.ts";
import { extractorOf } from "./src/extractor.ts";
import { table1 } from "./src/models.ts";

await experiment({
  name: "train",
  claim: "The networks of the other scripts: a JEM, its ablations, and the same network by cross-entropy alone.",
  async measure(context) {
    await extractorOf(context);
    for (const { spec } of Object.values(table1)) await context.network(spec);
    return {};
  },
});
