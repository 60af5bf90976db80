import { energyHead } from "@jem-js/energy";
import { key, normal } from "@jem-js/random";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { graphModelOf } from "./graph_model.ts";
import { userNet } from "./user_net.ts";

const read = async (t: tf.Tensor): Promise<number[]> => Array.from(await t.data());

test("userNet() is a function of its key", async () => {
  const weights = async (seed: number) => read(userNet(key(seed), [8, 8, 1], 3).getWeights()[0]!);
  expect(await weights(0)).toEqual(await weights(0));
  expect(await weights(0)).not.toEqual(await weights(1));
});

test("graphModelOf() computes what the layers model does, its features and its score too", async () => {
  const model = userNet(key(3), [9, 8, 2], 4);
  const graph = graphModelOf(model);
  const x = normal(key(1), [5, 9, 8, 2]);
  const [of, from] = [energyHead(model, { features: "flat" }), energyHead(graph, { features: "flat", numClasses: 4 })];
  await from.validate(x);
  expect(await read(from.logits(x))).toBeAllclose(await read(of.logits(x)));
  expect(await read(from.features!(x))).toBeAllclose(await read(of.features!(x)));
  expect(await read(from.score(x))).toBeAllclose(await read(of.score(x)), { atol: 1e-6 });
  expect(from.variables).toEqual([]);
});

test("graphModelOf() names a layer that it does not know", () => {
  const model = tf.sequential({ layers: [tf.layers.dropout({ rate: 0.1, inputShape: [2], name: "drop" })] });
  expect(() => graphModelOf(model)).toThrow("Cannot make a graph of the layer drop: it is a Dropout");
});
