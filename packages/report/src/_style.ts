/**
 * The colours of the series: those of Okabe and Ito that stand out on white, which can be told apart with any colour
 * vision.
 */
export const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"] as const;

/** The symbols of the series, for print in grey. */
export const SYMBOLS = ["circle", "square", "triangle", "diamond", "star", "cross", "wye"] as const;

/** The fonts of all text. No space after a comma: resvg would look for a font whose name starts with one. */
export const FONT: string =
  "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,'Liberation Sans','DejaVu Sans',sans-serif";

/** The sizes of text in CSS pixels. */
export const FONT_SIZE = { title: 15, heading: 12.5, text: 11.5 } as const;

/** The ground of a figure. */
export const PAPER = "#ffffff";

/** The colour of text. */
export const INK = "#1f2328";

/** The colour of what explains: axes, facts, references. */
export const MUTED = "#57606a";

/** The colour of the grid. */
export const RULE = "#d0d7de";

/** How opaque bands of confidence are. */
export const BAND_OPACITY = 0.2;

/** What stands for bands and bars of any series in a legend. */
export const BAND = "#c8d0d9";

/** The colour of series `i`. */
export function colour(i: number): string {
  return COLOURS[i % COLOURS.length]!;
}

/** The symbol of series `i`. */
export function symbol(i: number): (typeof SYMBOLS)[number] {
  return SYMBOLS[i % SYMBOLS.length]!;
}

/** A fraction as a percentage: `0.0213` to `2.1%`. */
export function percent(fraction: number, digits = 1): string {
  return `${(100 * fraction).toFixed(digits)}%`;
}

/** A number with a comma every three digits of its integer part: `10000` to `10,000`. */
export function thousands(value: number): string {
  const [integer, ...decimals] = String(value).split(".");
  return [integer!.replace(/\B(?=(\d{3})+$)/g, ","), ...decimals].join(".");
}

/** A number of things in words, such as "1 chain" or "1,200 chains". */
export function counted(n: number, one: string, many: string = `${one}s`): string {
  return `${thousands(n)} ${n === 1 ? one : many}`;
}

/** A number with up to six digits: `−1,500`, or `1.5e6` from `limit` on and `1e-4` below 0.001. */
export function numberText(value: number, limit = 1e6): string {
  const size = Number(Math.abs(value).toPrecision(6));
  const sign = value < 0 && size > 0 ? "−" : "";
  if (size >= limit || (size > 0 && size < 0.001)) return `${sign}${size.toExponential().replace("e+", "e")}`;
  return `${sign}${size >= 1000 ? thousands(size) : size}`;
}

/** A number with up to three digits, for a caption or a legend. */
export function shortNumber(value: number): string {
  return numberText(Number(value.toPrecision(3)), 1e5);
}
