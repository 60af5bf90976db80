import { axisX, frame, image, scale } from "@observablehq/plot";
import { oneLine } from "./_escape.ts";
import type { Panel } from "./_figure.ts";
import { dataUri, type Raster } from "./_raster.ts";
import { MUTED, numberText } from "./_style.ts";

const STEPS = 256;

/** Viridis: steps that look equal are equal, in grey and with any colour vision. */
const VIRIDIS: readonly (readonly number[])[] = (() => {
  const { apply } = scale({ color: { type: "linear", domain: [0, STEPS - 1], scheme: "viridis" } })!;
  return Array.from({ length: STEPS }, (_, i) => rgb(String(apply(i))));
})();

/** The ends of a scale, and which of them is bright. */
export interface HeatScale {
  readonly domain: readonly [lowest: number, highest: number];
  readonly bright: "low" | "high";
}

/** Values as colours; what lies beyond the domain has the colour of its end. */
export function heatRaster(
  values: ArrayLike<number>,
  [height, width]: readonly [number, number],
  { domain: [lowest, highest], bright }: HeatScale,
): Raster {
  const data = new Uint8Array(3 * height * width);
  for (let i = 0; i < height * width; i++) {
    const fraction = Math.min(1, Math.max(0, (values[i]! - lowest) / (highest - lowest)));
    data.set(VIRIDIS[Math.round((STEPS - 1) * (bright === "high" ? fraction : 1 - fraction))]!, 3 * i);
  }
  return { width, height, channels: 3, data };
}

/** The channels of a colour `#rrggbb`. */
export function rgb(colour: string): [number, number, number] {
  const bits = Number.parseInt(colour.slice(1), 16);
  return [bits >> 16, (bits >> 8) & 255, bits & 255];
}

/** The scale of the colours of {@linkcode heatRaster}, with its label. */
export function scalePanel(width: number, label: string, { domain, bright }: HeatScale, marginLeft: number): Panel {
  const length = Math.min(260, width - marginLeft - 16);
  const ramp = heatRaster(
    Array.from({ length: STEPS }, (_, i) => i),
    [1, STEPS],
    { domain: [0, STEPS - 1], bright },
  );
  const size = { width: length, height: 10, preserveAspectRatio: "none" };
  return {
    width,
    height: 60,
    options: {
      marginTop: 6,
      marginBottom: 44,
      marginLeft,
      marginRight: width - marginLeft - length,
      x: { domain: [...domain] },
      y: { axis: null },
      marks: [
        image([0], { ...size, frameAnchor: "middle", src: dataUri(ramp) }),
        axisX({
          ticks: 4,
          tickSize: 4,
          color: MUTED,
          label: oneLine(label),
          labelAnchor: "center",
          labelArrow: "none",
          labelOffset: 36,
          tickFormat: (value: number) => numberText(value),
        }),
        frame({ stroke: MUTED }),
      ],
    },
  };
}
