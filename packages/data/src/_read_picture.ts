/// <reference types="node" />
import { readFile } from "node:fs/promises";
import { convertPicture } from "./convert_picture.ts";
import { readJpeg } from "./read_jpeg.ts";
import { type Picture, readPng } from "./read_png.ts";
import { type ResizePictureOptions, resizePicture } from "./resize_picture.ts";

/** How the pictures of files become images of one shape. */
export interface PictureOptions {
  /** Height and width of all images, or the side of a square. @default {that of the files, which must be one} */
  readonly size?: ResizePictureOptions["size"];
  /** Whether what is too long is cut off at both ends (`"cover"`) or the picture is distorted (`"stretch"`). @default {"cover"} */
  readonly fit?: ResizePictureOptions["fit"];
  /** 1 for grey, 3 for colour. @default {that of the files, which must be one} */
  readonly channels?: 1 | 3;
}

/** Reads a PNG or JPEG file, whichever its first byte says, and brings it to the shape that is asked for. */
export async function readPicture(
  action: string,
  path: string,
  options: PictureOptions,
  maxBytes: number,
): Promise<Picture> {
  const { size, fit, channels } = options;
  const bytes = await readFile(path);
  const read = bytes[0] === 0xff ? readJpeg : readPng;
  const found = await read(bytes, { maxBytes }).catch((error: Error) => {
    const Kind = error instanceof RangeError ? RangeError : TypeError;
    throw new Kind(`Cannot ${action}: ${path}: ${error.message}`, { cause: error });
  });
  const converted = channels === undefined ? found : convertPicture(found, { channels });
  return size === undefined ? converted : resizePicture(converted, { size, ...(fit && { fit }) });
}
