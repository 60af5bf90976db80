import { reshape, type Tensor } from "@tensorflow/tfjs-core";

/** The one tensor that a layer is called with. */
export function single(inputs: Tensor | Tensor[]): Tensor {
  return Array.isArray(inputs) ? inputs[0]! : inputs;
}

/** The number of channels in a shape `[batch, height, width, channels]`, which must be known and channels last. */
export function channelsOf(kind: string, shape: unknown): number {
  const found = (Array.isArray(shape) && Array.isArray(shape[0]) ? shape[0] : shape) as (number | null)[];
  const channels = found?.length === 4 ? found[3] : undefined;
  if (channels == null) {
    throw new TypeError(`Cannot build ${kind}: inputs must be [batch, height, width, channels] but found [${found}]`);
  }
  return channels;
}

/** Values for each channel, `[channels]`, in a shape that broadcasts over images. */
export function perChannel(values: Tensor): Tensor {
  return reshape(values, [1, 1, 1, values.size]);
}
