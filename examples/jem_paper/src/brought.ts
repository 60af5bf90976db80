import { type EnergyHead, energyHead } from "@jem-js/energy";
import { mlp } from "@jem-js/models";
import type { Key } from "@jem-js/random";
import * as tf from "@tensorflow/tfjs";
import type { Context } from "./context.ts";
import { graphModelOf } from "./graph_model.ts";
import type { Network, NetworkSpec } from "./networks.ts";
import { presets } from "./presets.ts";
import { userNet } from "./user_net.ts";

/** A network that somebody brought, read as it is, or what became of it. */
export type Brought = Readonly<Record<string, EnergyHead>>;

/** Trains a user's classifier, and makes of it what can be made of a layers model and of a graph model. */
export async function bring(context: Context): Promise<Brought> {
  const { data, scale, tuning } = context;
  const model = (key: Key): tf.LayersModel => userNet(key, data.shape, data.classes);
  // At the paper's scale the user brings its wide ResNet; that of the graph stays small.
  const small = await context.network({ name: "user", objective: "classifier", model });
  const user = scale === "paper" ? await context.network({ name: "user_wide", objective: "classifier" }) : small;
  const tuned = async (name: string, spec: Partial<NetworkSpec>): Promise<EnergyHead> => {
    // Cross-entropy may leave noise with a far lower energy than data: the gap starts anywhere.
    const { head } = await context.network({
      driftLimit: 1000,
      objective: "jem",
      model: () => copyOf(user),
      settings: tuning,
      plannedIterations: presets[scale].tuning.iterations,
      ...spec,
      name,
    });
    return head;
  };
  const lastLayer = (copy: tf.LayersModel): tf.Variable[] => variablesOf(copy.layers.at(-1)!);
  const graph = graphModelOf(small.model);
  return {
    "as brought": user.head,
    "more cross-entropy": await tuned("tuned_control", { objective: "classifier" }),
    "JEM, all weights": await tuned("tuned_all", {}),
    "JEM, head only": await tuned("tuned_head", { variables: lastLayer }),
    "graph, as brought": energyHead(graph, { numClasses: data.classes }),
    "graph, new head by cross-entropy": await tuned("graph_control", {
      objective: "classifier",
      ...newHead(graph, context),
    }),
    "graph, new head as a JEM": await tuned("graph_jem", newHead(graph, context)),
  };
}

/** A copy of a network with weights of its own. */
async function copyOf({ model }: Network): Promise<tf.LayersModel> {
  let saved: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
    }),
  );
  return tf.loadLayersModel(tf.io.fromMemory(saved!));
}

/** A network with a hidden layer on the features of a graph, which stay as they are. */
function newHead(graph: tf.GraphModel, { data: { classes, shape } }: Context): Pick<NetworkSpec, "model" | "headOf"> {
  const { features } = energyHead(graph, { features: "flat" }) as Required<EnergyHead>;
  const width = tf.tidy(() => features(tf.zeros([1, ...shape])).size);
  return {
    model: (key) => mlp(key, { inputShape: [width], units: [128], classes, activation: "swish" }),
    headOf: (top) =>
      energyHead((x) => top.apply(features(x)) as tf.Tensor2D, { numClasses: classes, variables: variablesOf(top) }),
  };
}

function variablesOf({ trainableWeights }: Pick<tf.layers.Layer, "trainableWeights">): tf.Variable[] {
  return trainableWeights.map((weight) => weight.read() as tf.Variable);
}
