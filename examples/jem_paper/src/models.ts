import type { Context } from "./context.ts";
import type { Network, NetworkSpec } from "./networks.ts";

/** The two networks that scripts share. */
type Shared = "JEM" | "control";

/** The joint model, with log p(x) of all images and log p(y|x) of those with labels; and the same network by cross-entropy alone. */
export const shared: Readonly<Record<Shared, NetworkSpec>> = {
  JEM: { name: "jem", objective: "jem" },
  control: { name: "control", objective: "classifier" },
};

/** The JEM and its control, which have equal initial weights and see equal batches of labelled images. */
export async function bothOf(context: Context): Promise<Readonly<Record<Shared, Network>>> {
  return { JEM: await context.network(shared.JEM), control: await context.network(shared.control) };
}

/** A row of table 1 of the paper, and which chains generate from it: of p(x), or of p(x|y) at classes. */
export interface TableRow {
  readonly spec: NetworkSpec;
  readonly chains?: "marginal" | "classes";
}

/** The rows of table 1 that are trained here. */
export const table1: Readonly<Record<string, TableRow>> = {
  JEM: { spec: shared.JEM, chains: "marginal" },
  control: { spec: shared.control },
  "p(x,y)": { spec: { name: "joint", objective: "joint" }, chains: "marginal" },
  "p(x|y)": {
    spec: { name: "conditional", objective: "jem", settings: { pxWeight: 0, pyxWeight: 0, pxyWeight: 1 } },
    chains: "classes",
  },
  // IGEBM's penalty, and its chains on [0, 1] (step 10, score clipped to 0.01, noise 0.005) in units of [-1, 1].
  "IGEBM-style": {
    spec: {
      name: "igebm",
      objective: "jem",
      settings: {
        ...{ pxWeight: 0, pyxWeight: 0, pxyWeight: 1, energyL2: 1 },
        ...{ sgldStepSize: 40, gradientClip: 0.005, sgldNoise: 0.01 },
      },
    },
    chains: "classes",
  },
};
