import { checkBytes, checkInteger } from "./_check.ts";
import { inflate } from "./_inflate.ts";
import type { NumericArray } from "./_row_major.ts";

/** A numeric variable of a .mat file, its first index varying fastest. */
export interface MatVariable {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: NumericArray;
}

interface Element {
  readonly type: number;
  readonly data: DataView;
  /** Where the next element begins. */
  readonly next: number;
}

type Read = (view: DataView, at: number) => number;

/** How each numeric type of MATLAB is stored. */
const STORED: Readonly<Record<number, readonly [bytes: number, read: Read]>> = {
  1: [1, (view, at) => view.getInt8(at)],
  2: [1, (view, at) => view.getUint8(at)],
  3: [2, (view, at) => view.getInt16(at, true)],
  4: [2, (view, at) => view.getUint16(at, true)],
  5: [4, (view, at) => view.getInt32(at, true)],
  6: [4, (view, at) => view.getUint32(at, true)],
  7: [4, (view, at) => view.getFloat32(at, true)],
  9: [8, (view, at) => view.getFloat64(at, true)],
};

/** The array that holds each numeric class of MATLAB. */
const CLASSES: Readonly<Record<number, new (length: number) => NumericArray>> = {
  6: Float64Array,
  7: Float32Array,
  8: Int8Array,
  9: Uint8Array,
  10: Int16Array,
  11: Int32Array, // uint16
  12: Int32Array,
  13: Float64Array, // uint32
};

const [COMPRESSED, MATRIX] = [15, 14];

/** Reads the real numeric variables of a MATLAB 5 file; others are passed over. */
export async function readVariables(action: string, bytes: Uint8Array, maxBytes: number): Promise<MatVariable[]> {
  checkBytes(action, bytes);
  checkInteger(action, "maxBytes", maxBytes, 1);
  if (bytes.length < 128 || bytes[126] !== 0x49 || bytes[127] !== 0x4d || bytes[125] !== 1) {
    throw new TypeError(
      `Cannot ${action}: expected a little-endian MATLAB 5 file (save -v7) but found ${bytes.length} bytes of another`,
    );
  }
  let left = maxBytes;
  const variables: MatVariable[] = [];
  const whole = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 128; at < bytes.length; ) {
    // Compressed elements are not padded to a multiple of 8 bytes.
    let element = readElement(action, whole, at, false);
    at = element.next;
    if (element.type === COMPRESSED) {
      const { data } = element;
      const inner = await inflate(
        action,
        new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
        "deflate",
        left,
      );
      left -= inner.length;
      element = readElement(action, new DataView(inner.buffer), 0, false);
    }
    if (element.type !== MATRIX) continue;
    const variable = readMatrix(action, element.data, left);
    if (variable === undefined) continue;
    left -= variable.data.byteLength;
    variables.push(variable);
  }
  return variables;
}

function readElement(action: string, view: DataView, at: number, padded: boolean = true): Element {
  const need = (end: number): void => {
    if (end > view.byteLength) {
      throw new RangeError(`Cannot ${action}: expected ${end} bytes but found ${view.byteLength} (truncated)`);
    }
  };
  need(at + 8);
  const type = view.getUint32(at, true);
  // Up to four bytes of data fit beside the type.
  const small = type >>> 16;
  const size = small > 0 ? small : view.getUint32(at + 4, true);
  const start = at + (small > 0 ? 4 : 8);
  if (small > 4)
    throw new RangeError(`Cannot ${action}: expected at most 4 bytes in a small element but found ${small}`);
  need(start + size);
  const next = small > 0 ? at + 8 : start + (padded ? 8 * Math.ceil(size / 8) : size);
  return {
    type: small > 0 ? type & 0xffff : type,
    data: new DataView(view.buffer, view.byteOffset + start, size),
    next,
  };
}

function readMatrix(action: string, view: DataView, left: number): MatVariable | undefined {
  const flags = readElement(action, view, 0);
  if (flags.data.byteLength < 8)
    throw new RangeError(`Cannot ${action}: expected 8 bytes of flags but found ${flags.data.byteLength}`);
  const bits = flags.data.getUint32(0, true);
  const type = CLASSES[bits & 0xff];
  const isComplex = (bits & 0x800) !== 0;
  if (type === undefined || isComplex) return undefined;
  const sides = readElement(action, view, flags.next);
  const name = readElement(action, view, sides.next);
  const values = readElement(action, view, name.next);
  const shape = Array.from({ length: sides.data.byteLength >> 2 }, (_, i) => sides.data.getInt32(4 * i, true));
  const stored = STORED[values.type];
  if (stored === undefined)
    throw new TypeError(`Cannot ${action}: expected numbers but found an element of type ${values.type}`);
  const [width, read] = stored;
  const count = shape.reduce((product, side) => product * side, 1);
  const described = `[${shape.slice(0, 8).join(", ")}]`;
  if (shape.length < 2 || shape.some((side) => side < 0) || count * width !== values.data.byteLength) {
    throw new RangeError(
      `Cannot ${action}: expected ${count * width} bytes for shape ${described} but found ${values.data.byteLength}`,
    );
  }
  if (new type(0).BYTES_PER_ELEMENT * count > left) {
    throw new RangeError(`Cannot ${action}: expected at most ${left} bytes of values but found shape ${described}`);
  }
  const data = new type(count);
  for (let i = 0; i < count; i++) data[i] = read(values.data, i * width);
  return {
    name: String.fromCharCode(
      ...new Uint8Array(name.data.buffer, name.data.byteOffset, Math.min(name.data.byteLength, 63)),
    ),
    shape,
    data,
  };
}
