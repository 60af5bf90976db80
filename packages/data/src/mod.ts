/**
 * Data for training and for its tests: read the files of datasets, check them, go through them in seeded, resumable batches,
 * augment and corrupt images, and draw from toy densities whose truth is known.
 *
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { batches, imageDataset, readIdx } from "@jem-js/data";
 * import { key } from "@jem-js/random";
 *
 * const images = readIdx(Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 255, 255, 0));
 * const labels = readIdx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 0, 1));
 * const dataset = imageDataset({ images, labels, classes: 2 });
 * for (const batch of batches(dataset, { key: key(0), batchSize: 2, epochs: 1 })) tf.dispose([batch.x, batch.labels]);
 * ```
 *
 * @module
 */
export * from "./add_noise.ts";
export * from "./balanced_subset.ts";
export * from "./banana.ts";
export * from "./batch_tensor.ts";
export * from "./batches.ts";
export * from "./blur_images.ts";
export * from "./checkerboard.ts";
export * from "./compress_images.ts";
export * from "./constant_images.ts";
export * from "./convert_picture.ts";
export * from "./dataset.ts";
export * from "./dequantize.ts";
export * from "./eight_gaussians.ts";
export * from "./funnel.ts";
export * from "./gaussian_mixture.ts";
export * from "./gunzip.ts";
export * from "./image_dataset.ts";
export * from "./interpolate_images.ts";
export * from "./moons.ts";
export * from "./noise_images.ts";
export * from "./random_crop.ts";
export * from "./random_flip.ts";
export * from "./read_cifar.ts";
export * from "./read_csv.ts";
export * from "./read_idx.ts";
export * from "./read_npy.ts";
export * from "./read_npz.ts";
export * from "./read_png.ts";
export * from "./read_safetensors.ts";
export * from "./read_svhn.ts";
export * from "./read_tar.ts";
export * from "./regression_table.ts";
export * from "./resize_picture.ts";
export * from "./rings.ts";
export * from "./rotate_images.ts";
export * from "./scale_pixels.ts";
export * from "./semi_supervised_batches.ts";
export * from "./spirals.ts";
export * from "./split_dataset.ts";
export * from "./split_rows.ts";
export * from "./standardize_rows.ts";
export * from "./subset.ts";
export * from "./toy_density.ts";
