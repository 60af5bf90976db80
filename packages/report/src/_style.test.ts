import { expect, test } from "vitest";
import { heatRaster, rgb } from "./_colour_scale.ts";
import { COLOURS, INK, MUTED, numberText, PAPER, shortNumber } from "./_style.ts";

type Triple = readonly [number, number, number];
type Matrix = readonly [Triple, Triple, Triple];

/** What is seen without one kind of cones, in linear RGB: Machado et al. 2009, severity 1. */
const VISIONS: Readonly<Record<string, Matrix>> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};
/** From linear sRGB to XYZ over the white point D65. */
const TO_XYZ: Matrix = [
  [0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047],
  [0.2126729, 0.7151522, 0.072175],
  [0.0193339 / 1.08883, 0.119192 / 1.08883, 0.9503041 / 1.08883],
];

const times = (matrix: Matrix, [a, b, c]: Triple): Triple =>
  matrix.map(([x, y, z]) => x * a + y * b + z * c) as unknown as Triple;

const linear = (colour: Triple): Triple =>
  colour.map((channel) => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as unknown as Triple;

/** CIE L*a*b* of linear RGB. */
function lab(colour: Triple): Triple {
  const [x, y, z] = times(TO_XYZ, colour.map((value) => Math.min(1, Math.max(0, value))) as unknown as Triple).map(
    (value) => (value > 216 / 24389 ? Math.cbrt(value) : (value * 24389) / 27 / 116 + 16 / 116),
  ) as unknown as Triple;
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const distance = (a: Triple, b: Triple): number => Math.hypot(...a.map((value, i) => value - b[i]!));

test.each(Object.entries(VISIONS))("colours of series differ clearly with %s", (_, vision) => {
  const seen = COLOURS.map((colour) => lab(times(vision, linear(rgb(colour)))));
  // A difference of 2.3 is just noticeable.
  for (let i = 0; i < seen.length; i++)
    for (let j = 0; j < i; j++) expect(distance(seen[i]!, seen[j]!)).toBeGreaterThan(10);
});

test("text has the contrast of WCAG AA on the ground", () => {
  const luminance = (colour: string): number => times(TO_XYZ, linear(rgb(colour)))[1];
  for (const colour of [INK, MUTED]) {
    expect((luminance(PAPER) + 0.05) / (luminance(colour) + 0.05)).toBeGreaterThan(4.5);
  }
});

test("heat maps grow lighter in even steps", () => {
  const { data } = heatRaster(
    Array.from({ length: 9 }, (_, i) => i),
    [1, 9],
    { domain: [0, 8], bright: "high" },
  );
  const steps = Array.from({ length: 9 }, (_, i) =>
    lab(linear([...data.slice(3 * i, 3 * i + 3)] as unknown as Triple)),
  );
  const rises = steps.slice(1).map(([lightness], i) => lightness - steps[i]![0]);
  for (const rise of rises) expect(rise).toBeGreaterThan(0);
  expect(Math.max(...rises) / Math.min(...rises)).toBeLessThan(1.5);
});

test("numbers are short enough for axes and captions", () => {
  expect([0, -1500, 1e6, 0.0005, 123456].map((value) => numberText(value))).toEqual([
    "0",
    "−1,500",
    "1e6",
    "5e-4",
    "123,456",
  ]);
  expect([-Math.PI, 123456, 0.00012345].map(shortNumber)).toEqual(["−3.14", "1.23e5", "1.23e-4"]);
});
