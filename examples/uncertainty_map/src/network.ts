import { foldIn, type Key, normalValues, permutationValues } from "@jem-js/random";
import * as tf from "@tensorflow/tfjs";
import { classNames, type Scenes, SIDE } from "./scenes.ts";

/** A small fully convolutional network: six convolutions that are batch normalised, one of stride 2, the last after an upsampling. */
export function fullyConvolutional(key: Key): tf.LayersModel {
  const model = tf.sequential();
  const block = (filters: number, strides: number, options: object = {}): void => {
    model.add(tf.layers.conv2d({ filters, kernelSize: 3, strides, padding: "same", useBias: false, ...options }));
    model.add(tf.layers.batchNormalization({ momentum: 0.9 }));
    model.add(tf.layers.reLU());
  };
  block(16, 1, { inputShape: [SIDE, SIDE, 1] });
  block(32, 2);
  block(48, 1);
  block(48, 1);
  block(48, 1);
  model.add(tf.layers.upSampling2d({ size: [2, 2] }));
  block(24, 1);
  model.add(tf.layers.conv2d({ filters: classNames.length, kernelSize: 1 }));
  model.layers.forEach((layer, i) => {
    if (layer.getClassName() !== "Conv2D") return;
    const [kernel] = layer.trainableWeights;
    const shape = kernel!.shape as number[];
    const [area, inputs, filters] = [shape[0]! * shape[1]!, shape[2]!, shape[3]!];
    const values = normalValues(foldIn(key, i), area * inputs * filters).map((z) => z * Math.sqrt(2 / (area * inputs)));
    const value = tf.tensor(values, shape);
    kernel!.write(value);
    value.dispose();
  });
  return model;
}

/** The tensor of scenes, `[count, 32, 32, 1]`. */
export function imagesOf({ images, count }: Scenes): tf.Tensor4D {
  return tf.tensor4d(images, [count, SIDE, SIDE, 1]);
}

/** Options of {@linkcode trainSegmentation}. */
export interface TrainSegmentationOptions {
  readonly key: Key;
  readonly iterations: number;
  readonly batchSize: number;
  /** Called with the mean loss of the last fifty iterations. */
  readonly onLoss: (iteration: number, loss: number) => void;
}

/** Trains by cross-entropy of each pixel, by Adam whose learning rate falls along a cosine. */
export async function trainSegmentation(
  model: tf.LayersModel,
  scenes: Scenes,
  { key, iterations, batchSize, onLoss }: TrainSegmentationOptions,
): Promise<void> {
  const optimizer = tf.train.adam(0.004);
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const size = SIDE * SIDE;
  let sum = 0;
  for (let i = 0; i < iterations; i++) {
    Object.assign(optimizer, { learningRate: 0.002 * (1 + Math.cos((Math.PI * i) / iterations)) });
    const rows = permutationValues(foldIn(key, i), scenes.count).slice(0, batchSize);
    const pick = <A extends Float32Array | Int32Array>(values: A, out: A): A => {
      rows.forEach((row, j) => {
        out.set(values.subarray(row * size, (row + 1) * size), j * size);
      });
      return out;
    };
    const loss = tf.tidy(() => {
      const x = tf.tensor4d(pick(scenes.images, new Float32Array(batchSize * size)), [batchSize, SIDE, SIDE, 1]);
      const labels = tf.tensor1d(pick(scenes.labels, new Int32Array(batchSize * size)), "int32");
      const targets = tf.oneHot(labels, classNames.length).toFloat();
      return optimizer.minimize(
        () => {
          const logits = model.apply(x, { training: true }) as tf.Tensor;
          const flat = logits.reshape([batchSize * size, classNames.length]);
          // The background fills most of a scene: its pixels count a fifth.
          const weights = tf.where(labels.equal(0), 0.2, 1);
          return tf.logSoftmax(flat).mul(targets).sum(-1).mul(weights).mean().neg() as tf.Scalar;
        },
        true,
        variables,
      )!;
    });
    sum += (await loss.data())[0]!;
    loss.dispose();
    if ((i + 1) % 50 === 0) {
      onLoss(i + 1, sum / 50);
      sum = 0;
    }
  }
  optimizer.dispose();
}
