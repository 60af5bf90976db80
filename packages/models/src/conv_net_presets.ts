import type { ConvNetOptions } from "./conv_net.ts";

/**
 * Widths and strides of {@linkcode convNet} for small images, to be spread into its options. Parameters are counted for one
 * channel and ten classes:
 *
 * - `small`: three layers of stride 2 with 16, 32 and 64 filters; 23,946 parameters;
 * - `base`: four layers with 32, 64, 64 and 128 filters, strides 1, 2, 1, 2; 130,890 parameters.
 *
 * @example Usage
 * ```ts
 * import "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { convNet, convNetPresets } from "@jem-js/models";
 * import { expect } from "vitest";
 *
 * const model = convNet(key(0), { ...convNetPresets.small, inputShape: [28, 28, 1], classes: 10 });
 * expect(model.countParams()).toBe(23_946);
 * model.dispose();
 * ```
 */
export const convNetPresets: {
  readonly small: Pick<ConvNetOptions, "filters" | "strides">;
  readonly base: Pick<ConvNetOptions, "filters" | "strides">;
} = {
  small: { filters: [16, 32, 64], strides: 2 },
  base: { filters: [32, 64, 64, 128], strides: [1, 2, 1, 2] },
};
