import { concat, ones, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { type Program, programOf, runSteps, type Step } from "./_program.ts";
import type { LayersModel } from "./layers_model.ts";

/** A model as features and a last dense layer. */
export interface LastLayer {
  readonly program: Program;
  /** The weights `[features + 1, outputs]`, the bias as the last row if there is one; to be read once. */
  weights(): Promise<Float64Array>;
  readonly inputs: number;
  readonly outputs: number;
  readonly hasBias: boolean;
  /** What the last layer takes in, with a column of 1 for the bias: `[batch, inputs]`, a new tensor. */
  features(x: Tensor): Tensor2D;
}

/** Opens a model whose last layer is dense and linear. */
export function lastLayerOf(action: string, model: LayersModel): LastLayer {
  const program = programOf(action, model);
  const last = program.steps.at(-1) as Step | undefined;
  const layer = last?.layer as (Step["layer"] & DenseLayer) | undefined;
  const isLinear = [undefined, null, "linear"].includes(layer?.activation?.getClassName());
  if (last === undefined || layer?.getClassName() !== "Dense" || !isLinear || !layer.kernel) {
    const found = `${layer?.getClassName()} ${layer?.activation?.getClassName() ?? ""}`.trim();
    throw new TypeError(`Cannot ${action}: the last layer must be Dense and linear but found ${found}`);
  }
  const [width, outputs] = layer.kernel.shape as [number, number];
  const { kernel, bias } = layer;
  const hasBias = bias !== undefined && bias !== null;
  return {
    program,
    inputs: width + (hasBias ? 1 : 0),
    outputs,
    hasBias,
    async weights() {
      const parts = await Promise.all([kernel.read().data(), ...(bias ? [bias.read().data()] : [])]);
      return Float64Array.from(parts.flatMap((part) => [...part]));
    },
    features: (x) =>
      tidy(() => {
        const [features] = runSteps(program.steps.slice(0, -1), new Map([[0, x]]), last.inputs);
        if (features!.rank !== 2) {
          throw new TypeError(
            `Cannot ${action}: the last layer must take in [batch, n] but found [${features!.shape}]`,
          );
        }
        return (hasBias ? concat([features!, ones([features!.shape[0]!, 1])], 1) : features!) as Tensor2D;
      }),
  };
}

/** What is used of a dense layer. */
interface DenseLayer {
  readonly activation?: { getClassName(): string } | null;
  readonly kernel?: { read(): Tensor; readonly shape: readonly (number | null)[] };
  readonly bias?: { read(): Tensor } | null;
}
