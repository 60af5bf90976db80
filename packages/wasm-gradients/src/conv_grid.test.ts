import "@jem-js-internal/testing";
import {
  backend_util,
  Conv2DBackpropFilter,
  Conv2DBackpropInput,
  engine,
  setBackend,
  type Tensor,
  tensor,
} from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import { expect, test } from "vitest";
import { registerWasmGradients } from "./mod.ts";

registerWasmGradients();
function noise(shape: number[], seed: number): Tensor {
  const n = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from({ length: n }, (_, i) => Math.sin(12.9898 * (i + 1) + seed) * 1.7),
    shape,
  );
}
type Pad = "same" | "valid" | [[number, number], [number, number], [number, number], [number, number]] | number;
test("grid", async () => {
  const pads: Pad[] = [
    "same",
    "valid",
    1,
    [
      [0, 0],
      [2, 0],
      [1, 3],
      [0, 0],
    ],
    [
      [0, 0],
      [6, 5],
      [0, 0],
      [0, 0],
    ],
  ];
  const cases: { H: number; W: number; C: number; O: number; k: [number, number]; s: [number, number]; pad: Pad }[] =
    [];
  for (const [H, W] of [
    [7, 7],
    [8, 5],
    [11, 6],
  ] as [number, number][])
    for (const C of [1, 3, 5, 17])
      for (const k of [
        [1, 1],
        [2, 2],
        [3, 3],
        [4, 4],
        [5, 5],
        [1, 3],
      ] as [number, number][])
        for (const s of [
          [1, 1],
          [2, 2],
          [3, 3],
          [1, 2],
        ] as [number, number][])
          for (const pad of pads) if (H >= k[0] && W >= k[1]) cases.push({ H, W, C, O: C === 3 ? 9 : 4, k, s, pad });
  let bad = 0;
  for (const cs of cases) {
    const run = async (name: string, backend: string) => {
      await setBackend(backend);
      const { H, W, C, O, k, s, pad } = cs;
      const xs: [number, number, number, number] = [2, H, W, C],
        fs: [number, number, number, number] = [k[0], k[1], C, O];
      const info = backend_util.computeConv2DInfo(xs, fs, s, 1, pad as never);
      const x = noise(xs, 1),
        f = noise(fs, 2),
        dy = noise(info.outShape, 3);
      const attrs = { strides: s, pad, dataFormat: "NHWC", inputShape: xs, filterShape: fs };
      const r =
        name === Conv2DBackpropInput
          ? engine().runKernel(name, { dy, filter: f } as never, attrs as never)
          : engine().runKernel(name, { x, dy } as never, attrs as never);
      const v = await (r as Tensor).data();
      const sh = (r as Tensor).shape;
      engine().disposeVariables;
      x.dispose();
      f.dispose();
      dy.dispose();
      (r as Tensor).dispose();
      return { v, sh };
    };
    for (const name of [Conv2DBackpropInput, Conv2DBackpropFilter]) {
      const a = await run(name, "cpu"),
        b = await run(name, "wasm");
      let e = 0;
      a.v.forEach((q, i) => {
        const d = Math.abs(q - b.v[i]!);
        if (!(d <= e)) e = d;
      });
      if (!(e < 1e-3) || a.v.length !== b.v.length || String(a.sh) !== String(b.sh)) {
        bad++;
        if (bad < 10) console.log(name, JSON.stringify(cs), e, a.v.length, b.v.length);
      }
    }
  }
  console.log(cases.length);
  await setBackend("cpu");
  expect(bad).toBe(0);
});
