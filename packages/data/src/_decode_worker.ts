/// <reference types="node" />
import { parentPort } from "node:worker_threads";
import { type PictureOptions, readPicture } from "./_read_picture.ts";
import { scalePixels } from "./scale_pixels.ts";

/** What a worker is asked for: the images of one batch. */
export interface DecodeRequest {
  readonly index: number;
  readonly paths: readonly string[];
  readonly options: PictureOptions;
  readonly maxBytes: number;
}

/** What it answers. */
export type DecodeReply =
  | { readonly index: number; readonly shape: readonly [number, number, number]; readonly pixels: Float32Array }
  | { readonly index: number; readonly error: { readonly isRange: boolean; readonly message: string } };

const ACTION = "stream images";

async function decode({ index, paths, options, maxBytes }: DecodeRequest): Promise<DecodeReply> {
  const values = scalePixels(Uint8Array.from({ length: 256 }, (_, byte) => byte));
  let shape: readonly [number, number, number] | undefined;
  let pixels = new Float32Array(0);
  for (const [i, path] of paths.entries()) {
    const picture = await readPicture(ACTION, path, options, maxBytes);
    shape ??= picture.shape;
    if (picture.shape.join() !== shape.join()) {
      throw new TypeError(
        `Cannot ${ACTION}: ${path} must be [${shape.join(", ")}] but found [${picture.shape.join(", ")}]`,
      );
    }
    const { length } = picture.data;
    if (i === 0) pixels = new Float32Array(length * paths.length);
    for (let k = 0; k < length; k++) pixels[i * length + k] = values[picture.data[k]!]!;
  }
  return { index, shape: shape!, pixels };
}

parentPort?.on("message", async (request: DecodeRequest) => {
  try {
    const reply = (await decode(request)) as DecodeReply & { readonly pixels: Float32Array };
    parentPort!.postMessage(reply, [reply.pixels.buffer as ArrayBuffer]);
  } catch (error) {
    const { message } = error as Error;
    parentPort!.postMessage({ index: request.index, error: { isRange: error instanceof RangeError, message } });
  }
});
