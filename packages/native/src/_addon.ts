import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

/** A tensor's memory, or 0 for none. */
type Optional = Float32Array | 0;

/** The functions of the native addon (`cpp/addon.cc`). They check types, not sizes: callers do. */
export interface Addon {
  /** The number of {@linkcode INTERFACE} that it was built with. */
  readonly interface?: number;
  configure(threads: number, isa: string): string;
  scratchBytes(): number;
  allocate(bytes: number): ArrayBuffer | undefined;
  free(buffer: ArrayBuffer): void;
  convolve(
    kind: number,
    window: Int32Array,
    a: Float32Array,
    b: Float32Array,
    result: Float32Array,
    transformed: Optional | 1,
    bias: Optional,
    addend: Optional,
    mask: Optional,
    activate: number,
    alpha: number,
    lowest: number,
    cap: number,
  ): void;
  packedSize(window: Int32Array): number;
  packFilter(window: Int32Array, filter: Float32Array, packed: Float32Array): void;
  winogradSize(window: Int32Array, forGradient: number): number;
  winogradTransform(window: Int32Array, forGradient: number, filter: Float32Array, transformed: Float32Array): void;
  matmul(
    batch: number,
    aStride: number,
    bStride: number,
    transposeA: number,
    transposeB: number,
    m: number,
    n: number,
    k: number,
    a: Float32Array,
    b: Float32Array,
    c: Float32Array,
  ): void;
  matmulDouble(
    batch: number,
    aStride: number,
    bStride: number,
    transposeA: number,
    transposeB: number,
    m: number,
    n: number,
    k: number,
    a: Float64Array,
    b: Float64Array,
    c: Float64Array,
  ): void;
  squaredDistances(
    rows: number,
    width: number,
    count: number,
    x: Float64Array,
    l: Float64Array | 0,
    c: Float64Array,
    y: Float64Array,
  ): void;
  unary(op: number, size: number, x: Float32Array, y: Float32Array, alpha: number, beta: number): void;
  binary(op: number, broadcast: Int32Array, a: Float32Array, b: Float32Array, y: Float32Array, alpha: number): void;
  compare(op: number, broadcast: Int32Array, a: Float32Array, b: Float32Array, y: Uint8Array): void;
  select(size: number, condition: Uint8Array, a: Float32Array, b: Float32Array, y: Float32Array): void;
  reduce(
    op: number,
    outer: number,
    middle: number,
    inner: number,
    x: Float32Array,
    y: Float32Array,
    scale: number,
  ): void;
  argReduce(largest: number, outer: number, middle: number, inner: number, x: Float32Array, y: Int32Array): void;
  softmax(log: number, rows: number, columns: number, x: Float32Array, y: Float32Array): void;
  batchNorm(
    rows: number,
    channels: number,
    x: Float32Array,
    mean: Float32Array,
    variance: Float32Array,
    offset: Optional,
    scale: Optional,
    epsilon: number,
    y: Float32Array,
  ): void;
  adam(
    size: number,
    gradient: Float32Array,
    value: Float32Array,
    first: Float32Array,
    second: Float32Array,
    newValue: Float32Array,
    newFirst: Float32Array,
    newSecond: Float32Array,
    hyperparameters: Float32Array,
  ): void;
  maxPool(window: Int32Array, x: Float32Array, y: Float32Array): void;
  maxPoolGradient(window: Int32Array, dy: Float32Array, x: Float32Array, dx: Float32Array): void;
  averagePool(window: Int32Array, x: Float32Array, y: Float32Array): void;
  averagePoolGradient(window: Int32Array, dy: Float32Array, dx: Float32Array): void;
  depthwise(window: Int32Array, x: Float32Array, filter: Float32Array, y: Float32Array): void;
  depthwiseInputGradient(window: Int32Array, dy: Float32Array, filter: Float32Array, dx: Float32Array): void;
  depthwiseFilterGradient(window: Int32Array, x: Float32Array, dy: Float32Array, dfilter: Float32Array): void;
  gram(
    batch: number,
    positions: number,
    channels: number,
    count: number,
    powers: Int32Array,
    x: Float32Array,
    y: Float32Array,
  ): void;
  deviations(
    batch: number,
    width: number,
    rows: Float32Array,
    low: Float64Array,
    high: Float64Array,
    which: Int32Array,
    y: Float32Array,
  ): void;
  compression(
    batch: number,
    positions: number,
    channels: number,
    levels: number,
    x: Float32Array,
    edges: Float32Array,
    prototypes: Uint8Array,
    which: Int32Array,
    y: Float32Array,
  ): void;
  langevin(
    size: number,
    x: Float32Array,
    gradient: Float32Array,
    stepSize: number,
    noiseScale: number,
    keyHigh: number,
    keyLow: number,
    gradientClip: number,
    low: number,
    high: number,
    y: Float32Array,
  ): void;
  moveStrided(
    rank: number,
    axes: Int32Array,
    elementBytes: number,
    x: ArrayBufferView,
    xOffset: number,
    y: ArrayBufferView,
    yOffset: number,
  ): void;
  gather(
    batch: number,
    outer: number,
    axis: number,
    count: number,
    inner: number,
    x: Float32Array,
    indices: Int32Array,
    y: Float32Array,
  ): number;
}

/** Says which arguments the addon's functions take: `kInterface` of `cpp/addon.cc`. */
const INTERFACE = 6;

/** What loading came to: the addon with its settings, or why there is none. */
export interface Loaded {
  readonly addon: Addon | null;
  readonly reason: string | null;
  threads: number;
  exact: boolean;
  readonly instructionSet: string | null;
}

/** The addon's settings, for this JavaScript thread. */
export const native: Loaded = load();

/**
 * Where a binary may be, the best first: a prebuilt one of the package, or one built at install. One for another C
 * library does not load, and the next is tried.
 */
function candidates(): string[] {
  const root = new URL("../", import.meta.url);
  const platform = `${process.platform}-${process.arch}`;
  const files = [
    `prebuilds/${platform}/native.node`,
    `prebuilds/${platform}-musl/native.node`,
    "build/Release/native.node",
  ];
  return files.map((file) => fileURLToPath(new URL(file, root)));
}

function load(): Loaded {
  const none = { addon: null, threads: 0, exact: false, instructionSet: null };
  const require = createRequire(import.meta.url);
  const found = candidates().filter((file) => existsSync(file));
  if (found.length === 0) {
    return {
      ...none,
      reason: `@jem-js/native has no binary for ${process.platform}-${process.arch} and none could be built at install (a C++17 compiler and Python are needed)`,
    };
  }
  let failure: unknown;
  for (const file of found) {
    try {
      const addon = require(file) as Addon;
      if (addon.interface !== INTERFACE) {
        throw new Error("it was built for another version of the package; npm rebuild @jem-js/native builds it anew");
      }
      const threads = positiveInteger(process.env.JEM_NATIVE_THREADS) ?? availableParallelism();
      const instructionSet = addon.configure(threads, process.env.JEM_NATIVE_ISA ?? "");
      return { addon, reason: null, threads, exact: false, instructionSet };
    } catch (error) {
      failure = error;
    }
  }
  const message = failure instanceof Error ? failure.message.split("\n")[0] : String(failure);
  return { ...none, reason: `@jem-js/native could not load its binary: ${message}` };
}

function positiveInteger(text: string | undefined): number | null {
  const value = Number(text);
  return text !== undefined && Number.isInteger(value) && value > 0 ? value : null;
}
