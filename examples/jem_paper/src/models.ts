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
