import { plainTiles } from "./_plain_tiles.ts";
import type { Tiles } from "./_tile_shape.ts";
import { wasmTiles } from "./_wasm_tiles.ts";

let chosen: Tiles | undefined;

/** WebAssembly where it is to be had, else JavaScript: their sums are equal to the bit. The buffers are kept: 4.4 MB. */
export function tiles(): Tiles {
  chosen ??= wasmTiles() ?? plainTiles();
  return chosen;
}
