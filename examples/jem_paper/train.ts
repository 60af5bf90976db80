/** Trains the networks that the scripts share. See README.md. */
import { experiment } from "./src/experiment.ts";
import { bothOf } from "./src/models.ts";

await experiment({
  name: "train",
  claim: "The networks of the other scripts: a JEM, and the same network trained by cross-entropy alone.",
  async measure(context) {
    await bothOf(context);
    return {};
  },
});
