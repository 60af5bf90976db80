import { type Key, normal, uniform } from "@jem-js/random";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import type { Generator } from "./generator.ts";

/** `count` codes of a generator, `[count, latent]`. */
export function drawCodes(key: Key, { latent, prior }: Generator, count: number): Tensor2D {
  const shape: [number, number] = [count, latent];
  return (prior === "normal" ? normal(key, shape) : uniform(key, shape, { min: -1 })) as Tensor2D;
}
