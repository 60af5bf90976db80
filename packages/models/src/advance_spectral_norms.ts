import type { LayersModel } from "@tensorflow/tfjs-layers";
import { checkInteger } from "./_check.ts";
import { SpectralConv2D } from "./_layers/spectral_conv2d.ts";

/** Options of {@linkcode advanceSpectralNorms}. */
export interface AdvanceSpectralNormsOptions {
  /** How many power iterations to make. @default {1} */
  readonly iterations?: number;
}

/**
 * Follows the spectral norms of an {@linkcode igebmNet} after its weights have changed, by power iteration from where it
 * was. Call it after each step of training; a model that is called in training mode does it by itself.
 *
 * Between calls the model is a fixed function, so that a chain sees one energy. The state of the iteration is the weight `u` of each
 * layer, which is saved with the model.
 *
 * @example Usage
 * ```ts
 * import "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { advanceSpectralNorms, igebmNet } from "@jem-js/models";
 *
 * const model = igebmNet(key(0), { inputShape: [8, 8, 3], classes: 10, filters: [4, 8] });
 * // after optimizer.applyGradients(...):
 * advanceSpectralNorms(model);
 * model.dispose();
 * ```
 *
 * @param model A model with spectrally normalised layers; the state of each is changed.
 * @param options The number of iterations.
 * @throws {TypeError} When the model has no such layer.
 * @throws {RangeError} When `iterations` is not a positive integer.
 */
export function advanceSpectralNorms(model: LayersModel, options: AdvanceSpectralNormsOptions = {}): void {
  const { iterations = 1 } = options;
  checkInteger("advance spectral norms", "iterations", iterations, 1);
  const found = model.layers.filter((layer): layer is SpectralConv2D => layer instanceof SpectralConv2D);
  if (found.length === 0) throw new TypeError("Cannot advance spectral norms: the model has no such layer");
  for (const layer of found) layer.advance(iterations);
}
