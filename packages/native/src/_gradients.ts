import {
  cast,
  engine,
  type GradConfig,
  getGradient,
  getKernel,
  greater,
  mul,
  type NamedAttrMap,
  type NamedTensorMap,
  ones,
  registerGradient,
  reshape,
  step,
  sum,
  type Tensor,
  util,
  where,
  zerosLike,
} from "@tensorflow/tfjs-core";

/** The gradients below, so that installing them again does not take one of them for the stock gradient. */
const installed = new WeakSet<GradConfig>();

/**
 * Replaces gradients whose stock form costs several passes over memory. The registry is global: on other backends each
 * gives what the stock gradient gives.
 */
export function installGradients(): void {
  install({
    kernelName: "LeakyRelu",
    // The output decides where the input was positive, unless the slope is negative. A saved input that is a deferred
    // convolution is never computed.
    inputsToSave: ["x"],
    outputsToSave: [true],
    gradFunc: (dy, [x, y], attrs) => {
      const { alpha } = attrs as unknown as { alpha: number };
      if (alpha < 0) return { x: () => where(greater(x!, 0), dy as Tensor, mul(dy as Tensor, alpha)) };
      return { x: () => leakyReluGrad(dy as Tensor, y!, alpha) };
    },
  });
  install({
    kernelName: "Relu",
    inputsToSave: [],
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({
      x: () =>
        has("LeakyReluGrad") ? leakyReluGrad(dy as Tensor, y!, 0) : mul(dy as Tensor, cast(step(y!), "float32")),
    }),
  });
  install({
    kernelName: "LeakyReluGrad",
    inputsToSave: ["y"],
    gradFunc: (ddy, [y], attrs) => {
      const { alpha } = attrs as unknown as { alpha: number };
      return { dy: () => leakyReluGrad(ddy as Tensor, y!, alpha), y: () => zerosLike(y!) };
    },
  });
  install({
    kernelName: "BroadcastScale",
    inputsToSave: ["x"],
    gradFunc: (dy, [x], attrs) => {
      const { scale } = attrs as unknown as { scale: number };
      return { x: () => mul(sumTo(dy as Tensor, x!.shape), scale) };
    },
  });
  installReduction("Sum", () => 1);
  installReduction("Mean", (count) => 1 / count);
}

function install(config: GradConfig): void {
  installed.add(config);
  registerGradient(config);
}

function installReduction(kernelName: string, scaleOf: (count: number) => number): void {
  const found = getGradient(kernelName) as GradConfig | undefined;
  const stock = found !== undefined && !installed.has(found) ? found : undefined;
  if (found !== undefined && stock === undefined) return;
  install({
    kernelName,
    inputsToSave: ["x"],
    gradFunc: (dy, saved, attrs) => {
      if (!has("BroadcastScale") && stock !== undefined) return stock.gradFunc(dy, saved, attrs);
      const [x] = saved as [Tensor];
      const { axis } = attrs as unknown as { axis: number | number[] };
      const kept = [...x.shape];
      let count = 1;
      for (const i of util.parseAxisParam(axis as number, x.shape)) {
        count *= kept[i]!;
        kept[i] = 1;
      }
      const scale = scaleOf(count);
      return { x: () => broadcastScale(reshape(dy as Tensor, kept), x.shape, scale) };
    },
  });
}

function has(kernelName: string): boolean {
  return getKernel(kernelName, engine().backendName) != null;
}

function runKernel(name: string, inputs: Record<string, Tensor>, attrs: object): Tensor {
  return engine().runKernel(name, inputs as unknown as NamedTensorMap, attrs as NamedAttrMap) as Tensor;
}

function leakyReluGrad(dy: Tensor, y: Tensor, alpha: number): Tensor {
  if (has("LeakyReluGrad")) return runKernel("LeakyReluGrad", { dy, y }, { alpha });
  return where(greater(y, 0), dy, mul(dy, alpha));
}

function broadcastScale(x: Tensor, shape: number[], scale: number): Tensor {
  if (has("BroadcastScale")) return runKernel("BroadcastScale", { x }, { shape, scale });
  return mul(mul(x, scale), ones(shape, "float32"));
}

/** Sums over the axes along which a tensor of `shape` was repeated. */
function sumTo(x: Tensor, shape: readonly number[]): Tensor {
  const axes = shape.flatMap((side, i) => (side === 1 && x.shape[i] !== 1 ? [i] : []));
  return axes.length > 0 ? sum(x, axes, true) : x;
}
