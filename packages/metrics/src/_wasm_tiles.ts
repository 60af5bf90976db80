import { tileModule } from "./_tile_module.ts";
import { DEPTH, HEIGHT, type Tiles, WIDTH } from "./_tile_shape.ts";

/** Four rows by two registers of two columns: eight registers of sums, and room for what they are made of. */
const SIDE = 4;

const BYTES = 8;
const PAGE = 2 ** 16;

/** What is used of WebAssembly, whose types come with a DOM. */
interface WebAssemblyLike {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  multiply(a: number, b: number, sums: number, depth: number, count: number): void;
}

/** Tiles in WebAssembly, or undefined where there is none, none with SIMD, or a page's policy forbids it. */
export function wasmTiles(): Tiles | undefined {
  const { WebAssembly: wasm } = globalThis as { WebAssembly?: WebAssemblyLike };
  const [aLength, bLength, sumsLength] = [HEIGHT * DEPTH, WIDTH * DEPTH, HEIGHT * SIDE];
  const pages = Math.ceil(((aLength + bLength + sumsLength) * BYTES) / PAGE);
  let exports: Exports;
  try {
    if (!wasm) return undefined;
    exports = new wasm.Instance(new wasm.Module(tileModule(SIDE, pages))).exports as Exports;
  } catch {
    return undefined;
  }
  const { buffer } = exports.memory;
  const a = new Float64Array(buffer, 0, aLength);
  const b = new Float64Array(buffer, aLength * BYTES, bLength);
  const sums = new Float64Array(buffer, (aLength + bLength) * BYTES, sumsLength);
  const multiply: Tiles["multiply"] = (start, depth, count) =>
    exports.multiply(0, b.byteOffset + start * BYTES, sums.byteOffset, depth, count);
  // The bytes of WebAssembly's numbers are little-endian, those of typed arrays the processor's.
  a.set([1, 2, 3, 4]);
  b.set([5, 6, 7, 8]);
  multiply(0, 1, 1);
  return sums[0] === 5 && sums[15] === 32 ? { side: SIDE, a, b, sums, multiply } : undefined;
}
