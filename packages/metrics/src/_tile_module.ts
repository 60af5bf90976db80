/** Types and instructions of WebAssembly, by their codes. */
const I32 = 0x7f;
const V128 = 0x7b;
const FUNCTION = 0x60;
const LOOP = [0x03, 0x40];
const REPEAT_IF = [0x0d, 0];
const END = 0x0b;
const I32_ADD = 0x6a;
const I32_SUB = 0x6b;
const LOAD = 0x00;
const LOAD_SPLAT = 0x0a;
const STORE = 0x0b;
const CONST = 0x0c;
const F64X2_ADD = 0xf0;
const F64X2_MUL = 0xf2;

/** The arguments of the function, which are its first locals, and the locals after them. */
const A = 0;
const B = 1;
const SUMS = 2;
const DEPTH = 3;
const COUNT = 4;
const DEPTH_LEFT = 5;
const B_NOW = 6;
const FIRST = 7;

/**
 * A WebAssembly module that exports a `memory` of `pages` and `multiply(a, b, sums, depth, count)`, of addresses in bytes:
 * for each of `count` groups at `a`, `[depth, side]`, the products with the group at `b`, `[depth, side]`, summed over the
 * depth in ascending order, `[side, side]`, are stored at `sums`. `side` is even.
 *
 * A product is rounded before it is added, as in JavaScript, so that the sums are equal to the bit.
 */
export function tileModule(side: number, pages: number): Uint8Array {
  const code = multiplyCode(side, side / 2);
  return Uint8Array.of(
    ...[0, ...ascii("asm"), 1, 0, 0, 0],
    ...section(1, [1, FUNCTION, 5, I32, I32, I32, I32, I32, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, ...unsigned(pages)]),
    ...section(7, [2, ...name("memory"), 2, 0, ...name("multiply"), 0, 0]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  );
}

/** The body of the function: a loop over groups, around a loop over the depth that holds all sums of a tile in locals. */
function multiplyCode(rows: number, pairs: number): number[] {
  const sums = range(rows * pairs).map((i) => FIRST + i);
  const right = range(pairs).map((s) => FIRST + sums.length + s);
  const left = FIRST + sums.length + pairs;
  const step = [
    ...right.flatMap((local, s) => [...get(B_NOW), ...memory(LOAD, 16 * s), ...set(local)]),
    ...range(rows).flatMap((r) => [
      ...[...get(A), ...memory(LOAD_SPLAT, 8 * r), ...set(left)],
      ...right.flatMap((local, s) => {
        const sum = sums[r * pairs + s]!;
        return [...get(left), ...get(local), ...simd(F64X2_MUL), ...get(sum), ...simd(F64X2_ADD), ...set(sum)];
      }),
    ]),
  ];
  const depthLoop = [
    ...[...LOOP, ...step],
    ...[...advance(A, 8 * rows), ...advance(B_NOW, 16 * pairs), ...countDown(DEPTH_LEFT)],
    END,
  ];
  const groupLoop = [
    ...[...LOOP, ...sums.flatMap((sum) => [...simd(CONST), ...Array<number>(16).fill(0), ...set(sum)])],
    ...[...get(B), ...set(B_NOW), ...get(DEPTH), ...set(DEPTH_LEFT)],
    ...depthLoop,
    ...sums.flatMap((sum, i) => [...get(SUMS), ...get(sum), ...memory(STORE, 16 * i)]),
    ...[...advance(SUMS, 16 * sums.length), ...countDown(COUNT)],
    END,
  ];
  return [2, 2, I32, ...unsigned(sums.length + pairs + 1), V128, ...groupLoop, END];
}

function get(local: number): number[] {
  return [0x20, ...unsigned(local)];
}

function set(local: number): number[] {
  return [0x21, ...unsigned(local)];
}

function advance(local: number, bytes: number): number[] {
  return [...get(local), ...constant(bytes), I32_ADD, ...set(local)];
}

/** Counts a local down and repeats the loop unless it is 0. */
function countDown(local: number): number[] {
  return [...get(local), ...constant(1), I32_SUB, 0x22, ...unsigned(local), ...REPEAT_IF];
}

/** A constant from 0 to 8191: signed, so that the sixth bit of the last byte must be 0. */
function constant(value: number): number[] {
  return value < 64 ? [0x41, value] : [0x41, (value & 127) | 128, value >> 7];
}

function simd(code: number): number[] {
  return [0xfd, ...unsigned(code)];
}

/** Reads or writes at an address, aligned to 8 bytes, and an offset. */
function memory(code: number, offset: number): number[] {
  return [...simd(code), 3, ...unsigned(offset)];
}

function section(id: number, content: number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function name(text: string): number[] {
  return [text.length, ...ascii(text)];
}

function ascii(text: string): number[] {
  return range(text.length).map((i) => text.charCodeAt(i));
}

/** A whole number in groups of seven bits, the lowest first. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >> 7)];
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
