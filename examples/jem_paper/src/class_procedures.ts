import { addNoise } from "@jem-js/data";
import type { EnergyHead } from "@jem-js/energy";
import { conditionalLikelihood, jointLikelihood, type LabeledBatch } from "@jem-js/objectives";
import { categorical, type Key, split } from "@jem-js/random";
import { type Kernel, type ReplayBuffer, run } from "@jem-js/samplers";
import type { Procedure } from "@jem-js/trainer";
import * as tf from "@tensorflow/tfjs";

/** The chains of a procedure, and what is beside them in its loss. */
export interface ClassProcedureOptions {
  readonly buffer: ReplayBuffer;
  readonly steps: number;
  readonly inputNoise: number;
  readonly energyL2: number;
}

/**
 * The ablation p(x|y): chains at the labels of the data, from the block of their class in the buffer; what `--p_x_y_weight` of the
 * paper's code weighs.
 */
export function conditionalProcedure(
  head: EnergyHead,
  kernelAt: (labels: Int32Array) => Kernel,
  { buffer, steps, inputNoise, energyL2 }: ClassProcedureOptions,
): Procedure<LabeledBatch> {
  return async ({ x, labels }, { key }) => {
    const [drawKey, chainKey, noiseKey] = split(key, 3) as [Key, Key, Key];
    const classes = await valuesOf(labels);
    const draw = buffer.draw(drawKey, x.shape[0]!, { labels: classes });
    const { x: negatives } = run(kernelAt(classes), draw.x, { key: chainKey, steps });
    draw.x.dispose();
    await buffer.write(draw, negatives, { steps });
    const noisy = addNoise(noiseKey, x, { scale: inputNoise });
    return {
      slots: draw.drawn,
      loss: () => ({ ...conditionalLikelihood(head, { x: noisy, labels, negatives }, { energyL2 }) }),
      dispose: () => tf.dispose([noisy, negatives]),
    };
  };
}

/** The ablation p(x, y): chains of p(x), and their labels drawn from p(y|x). */
export function jointProcedure(
  head: EnergyHead,
  kernel: Kernel,
  { buffer, steps, inputNoise, energyL2 }: ClassProcedureOptions,
): Procedure<LabeledBatch> {
  return async ({ x, labels }, { key }) => {
    const [drawKey, chainKey, labelKey, noiseKey] = split(key, 4) as [Key, Key, Key, Key];
    const draw = buffer.draw(drawKey, x.shape[0]!);
    const { x: negatives } = run(kernel, draw.x, { key: chainKey, steps });
    draw.x.dispose();
    await buffer.write(draw, negatives, { steps });
    const negativeLabels = tf.tidy(() => categorical(labelKey, head.logits(negatives)));
    const noisy = addNoise(noiseKey, x, { scale: inputNoise });
    return {
      slots: draw.drawn,
      loss: () => ({ ...jointLikelihood(head, { x: noisy, labels, negatives, negativeLabels }, { energyL2 }) }),
      dispose: () => tf.dispose([noisy, negatives, negativeLabels]),
    };
  };
}

/** The weighted sum of two losses on equal batches; the terms are those of the first. */
export function sumOf<Batch>(first: Procedure<Batch>, second: Procedure<Batch>, weight: number): Procedure<Batch> {
  return async (batch, context) => {
    const [firstKey, secondKey] = split(context.key) as [Key, Key];
    const a = await first(batch, { ...context, key: firstKey });
    const b = await second(batch, { ...context, key: secondKey });
    return {
      ...(a.slots && { slots: a.slots }),
      loss: () => {
        const terms = a.loss();
        return { ...terms, loss: tf.add(terms.loss, tf.mul(b.loss().loss, weight)) };
      },
      dispose: () => {
        a.dispose();
        b.dispose();
      },
    };
  };
}

async function valuesOf(labels: LabeledBatch["labels"]): Promise<Int32Array> {
  return Int32Array.from(labels instanceof tf.Tensor ? await labels.data() : labels);
}
