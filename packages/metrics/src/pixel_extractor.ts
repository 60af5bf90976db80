import { identityOf, prepareImages } from "./_prepare_images.ts";
import type { ExtractorInputOptions, FeatureExtractor } from "./feature_extractor.ts";

/**
 * Raw pixels as features: what needs no network, and a floor for what one adds.
 *
 * @example Usage
 * ```ts
 * import { pixelExtractor } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const { features } = await pixelExtractor().extract({ data: [0, 1, 1, 0], shape: [2, 1, 2, 1] });
 * expect(features.shape).toEqual([2, 2]);
 * ```
 *
 * @param options Resizing and range.
 * @returns An extractor.
 */
export function pixelExtractor(options: ExtractorInputOptions = {}): FeatureExtractor {
  return {
    id: identityOf("pixels", options),
    async extract(images) {
      const { data, shape } = prepareImages(images, options);
      return { features: { data, shape: [shape[0], data.length / shape[0]] } };
    },
  };
}
