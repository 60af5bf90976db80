import { checkArray, checkChoice, checkCount } from "./_check.ts";
import { checkImages, RESIZE_MODES } from "./_check_images.ts";
import type { ExtractorInputOptions } from "./feature_extractor.ts";
import type { Images } from "./images.ts";
import { resizeImages } from "./resize_images.ts";

/** The identity of an extractor: what all of its options say. */
export function identityOf(name: string, options: ExtractorInputOptions): string {
  const { size, resize = "none", inputRange = [0, 1], modelRange = [0, 1], channels } = options;
  const action = "make an extractor";
  if (size) checkArray(action, "size", size);
  checkChoice(action, "resize", resize, RESIZE_MODES);
  if (channels !== undefined) checkCount(action, "channels", channels);
  const resized = size ? ` ${size.join("x")} ${resize}` : "";
  const repeated = channels === undefined ? "" : ` ${channels} channels`;
  return `${name}${resized}${repeated} [${inputRange.join(", ")}] to [${modelRange.join(", ")}]`;
}

/** Images resized, in the range and with the channels of the model. */
export function prepareImages(images: Images, options: ExtractorInputOptions): ReturnType<typeof resizeImages> {
  const { size, resize = "none", inputRange = [0, 1], modelRange = [0, 1], channels } = options;
  checkImages("extract features", images);
  const [count, height, width, given] = images.shape;
  const resized = resizeImages(images, size ?? [height, width], resize);
  const scale = (modelRange[1] - modelRange[0]) / (inputRange[1] - inputRange[0]);
  const scaled = resized.data.map((value) => modelRange[0] + scale * (value - inputRange[0]));
  if (channels === undefined || channels === given) return { data: scaled, shape: resized.shape };
  if (given !== 1) {
    throw new TypeError(`Cannot extract features: images must have 1 or ${channels} channels but found ${given}`);
  }
  const data = new Float64Array(scaled.length * channels);
  for (let i = 0; i < data.length; i++) data[i] = scaled[Math.floor(i / channels)]!;
  return { data, shape: [count, resized.shape[1], resized.shape[2], channels] };
}
