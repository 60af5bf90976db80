/**
 * What stands before each activation of {@linkcode wideResNet}:
 *
 * - `"none"`: nothing, as in JEM;
 * - `"batch"`: batch normalisation. In training mode it ties the energies of a batch together, and sampling must not be in
 *   that mode;
 * - `"instance"`: each channel of each image has mean 0 and variance 1, then a scale and an offset;
 * - `"layer"`: the same over all channels of an image together (one group);
 * - `"act"`: a scale and an offset for each channel, which {@linkcode initializeActNormalization} sets from data.
 */
export type Normalization = "none" | "batch" | "instance" | "layer" | "act";
