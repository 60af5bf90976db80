import { readFileSync } from "node:fs";
import {
  add,
  conv2d,
  leakyRelu,
  matMul,
  mean,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  tanh,
  tensor,
  tidy,
  type Variable,
  variable,
} from "@tensorflow/tfjs-core";

/** A tensor of a fixture: row-major data. */
export interface GoldenTensor {
  readonly shape: number[];
  readonly data: number[];
}

/** Reads `internal/testing/golden/<name>.json`: numbers made by independent libraries. */
// biome-ignore lint/suspicious/noExplicitAny: each fixture has a shape of its own, documented in golden/README.md
export function golden(name: string): any {
  return JSON.parse(readFileSync(new URL(`../golden/${name}.json`, import.meta.url), "utf8"));
}

/** Reads `internal/testing/golden/<name>.safetensors`: arrays by name, of float16, float32, int64 or uint8. */
export function goldenArrays(name: string): Map<string, { shape: number[]; data: number[] }> {
  const file = readFileSync(new URL(`../golden/${name}.safetensors`, import.meta.url));
  const start = 8 + Number(file.readBigUInt64LE(0));
  const header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }> = JSON.parse(
    file.toString("utf8", 8, start),
  );
  const half = (bits: number): number => {
    const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
    const size = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
    return bits & 0x8000 ? -size : size;
  };
  const types: Record<string, [bytes: number, read: (at: number) => number]> = {
    F16: [2, (at) => half(file.readUInt16LE(at))],
    F32: [4, (at) => file.readFloatLE(at)],
    I64: [8, (at) => Number(file.readBigInt64LE(at))],
    U8: [1, (at) => file.readUInt8(at)],
  };
  const entries = Object.entries(header).filter(([key]) => key !== "__metadata__");
  return new Map(
    entries.map(
      ([
        key,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => {
        const [bytes, read] = types[dtype]!;
        return [
          key,
          { shape, data: Array.from({ length: (to - from) / bytes }, (_, i) => read(start + from + i * bytes)) },
        ];
      },
    ),
  );
}

/** A case of the fixture `ood_metrics`: scores in and out of distribution, and what is expected of them. */
export interface RankingCase {
  readonly scores_id: number[];
  readonly scores_ood: number[];
  readonly expected: Record<
    | "auroc"
    | "aupr_in_ap"
    | "aupr_out_ap"
    | "aupr_in_trapz"
    | "aupr_out_trapz"
    | "fpr95_id_positive"
    | "tpr_at_that_point"
    | "threshold95_id"
    | "fpr95_ood_positive"
    | "detection_error_min",
    number
  >;
}

/** The cases of the fixture `ood_metrics` by name. */
export function rankingCases(): [name: string, fixture: RankingCase][] {
  return Object.entries(golden("ood_metrics").cases as Record<string, RankingCase>);
}

/** Makes a tensor of a fixture's tensor. */
export function goldenTensor<T extends Tensor = Tensor>(value: GoldenTensor): T {
  return tensor(value.data, value.shape, "float32") as T;
}

/** The network of a fixture: its classifier and its weights by their name in the fixture (`layers[0].kernel`). */
export interface GoldenNetwork {
  readonly classifier: (x: Tensor) => Tensor2D;
  readonly weights: Record<string, Variable>;
}

/** Builds the network of the fixture `ebm_cnn` or `ebm_mlp` on trainable variables, owned by the caller. */
export function goldenNetwork(model: { layers: GoldenLayer[] }): GoldenNetwork {
  const weights: Record<string, Variable> = {};
  model.layers.forEach((layer, i) => {
    for (const part of ["kernel", "bias"] as const) {
      if (layer[part]) weights[`layers[${i}].${part}`] = variable(goldenTensor(layer[part]));
    }
  });
  const apply = (x: Tensor, layer: GoldenLayer, i: number): Tensor => {
    const bias = weights[`layers[${i}].bias`]!;
    switch (layer.kind) {
      case "conv2d":
        return add(conv2d(x as Tensor4D, weights[`layers[${i}].kernel`] as Tensor4D, layer.strides!, "same"), bias);
      case "dense":
        return add(matMul(x, weights[`layers[${i}].kernel`]!), bias);
      case "leakyRelu":
        return leakyRelu(x, layer.alpha);
      case "tanh":
        return tanh(x);
      case "globalAveragePooling2d":
        return mean(x, [1, 2]);
      default:
        throw new TypeError(`Cannot build the network of a fixture: layer kind "${layer.kind}" is unknown`);
    }
  };
  return { classifier: (x) => tidy(() => model.layers.reduce(apply, x)) as Tensor2D, weights };
}

interface GoldenLayer {
  readonly kind: string;
  readonly kernel?: GoldenTensor;
  readonly bias?: GoldenTensor;
  readonly strides?: number;
  readonly alpha?: number;
}
