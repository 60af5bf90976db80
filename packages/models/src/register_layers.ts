import { serialization } from "@tensorflow/tfjs-core";
import { ActNormalization } from "./_layers/act_normalization.ts";
import { GroupNormalization } from "./_layers/group_normalization.ts";
import { SpectralConv2D } from "./_layers/spectral_conv2d.ts";

/**
 * Registers the layers of this package with TensorFlow.js, so that `tf.loadLayersModel` knows them.
 *
 * Call it before loading a {@linkcode wideResNet} with instance, layer or activation normalisation, or an
 * {@linkcode igebmNet}, in a process that has built none; the builders call it. All other models consist of built-in layers. Registering
 * again changes nothing.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { registerLayers } from "@jem-js/models";
 * import { expect } from "vitest";
 *
 * registerLayers();
 * expect(tf.serialization.getRegisteredName).toBeDefined(); // tf.loadLayersModel("file://...") can follow
 * ```
 */
export function registerLayers(): void {
  for (const kind of [ActNormalization, GroupNormalization, SpectralConv2D]) serialization.registerClass(kind);
}
