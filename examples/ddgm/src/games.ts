import type { MlpGenerator, ProductOfExperts } from "@jem-js/models";
import { generatorNegatives } from "@jem-js/objectives";
import { foldIn, type Key, normal, split, uniform } from "@jem-js/random";
import { contrastiveProcedure, fit, type Listener, type Procedure } from "@jem-js/trainer";
import * as tf from "@tensorflow/tfjs";

/** What is trained against what. */
export type Game = "DDGM" | "GAN";

/** Two nets, and how they are trained. */
export interface Players {
  readonly model: ProductOfExperts;
  readonly generator: MlpGenerator;
  readonly modelRate: number;
  readonly generatorRate: number;
  readonly entropyWeight: number;
}

/** How a game is played. */
export interface PlayOptions {
  readonly key: Key;
  readonly iterations: number;
  readonly batch: (k: Key) => tf.Tensor;
  /** How many samples are taken of the generator, after a tenth of the iterations and at the end. */
  readonly samples: number;
  readonly listeners: readonly Listener[];
}

/** Samples `[samples, ...]` of the generator as it was early, and as it is. */
export interface Played {
  readonly early: tf.Tensor;
  readonly final: tf.Tensor;
}

/** Plays `game` and returns what the generator made. */
export async function play(game: Game, players: Players, options: PlayOptions): Promise<Played> {
  const { key, iterations, batch, samples, listeners } = options;
  const { model, generator } = players;
  const [dataKey, runKey, earlyKey, finalKey] = split(key, 4) as [Key, Key, Key, Key];
  const procedure = game === "DDGM" ? ddgmProcedure(players) : ganProcedure(players);
  const draw = (k: Key): tf.Tensor => tf.tidy(() => generator.generate(codes(k, generator, samples)));
  let early: tf.Tensor | undefined;
  function* batches(): Generator<{ x: tf.Tensor }> {
    for (let i = 0; ; i++) yield { x: batch(foldIn(dataKey, i)) };
  }
  await fit(procedure as Procedure<{ x: tf.Tensor }>, batches(), {
    optimizer: tf.train.adam(players.modelRate, 0.5),
    variables: [...model.variables],
    iterations,
    key: runKey,
    clip: { norm: 10 },
    listeners: [
      ...listeners,
      (event) => {
        if (event.type === "iteration" && event.iteration === Math.floor(iterations / 10)) early = draw(earlyKey);
      },
    ],
  });
  return { early: early!, final: draw(finalKey) };
}

/** Energy and generator by turns, with the entropy of the scales of batch normalisation. */
function ddgmProcedure({ model, generator, generatorRate, entropyWeight }: Players): Procedure<{ x: tf.Tensor }> {
  const optimizer = tf.train.adam(generatorRate, 0.5);
  return contrastiveProcedure(model, { sampler: generatorNegatives(model, generator, { optimizer, entropyWeight }) });
}

/** The non-saturating game: `-E(x)` of the same net is the logit that `x` is data. */
function ganProcedure({ model, generator, generatorRate }: Players): Procedure<{ x: tf.Tensor }> {
  const optimizer = tf.train.adam(generatorRate, 0.5);
  return ({ x }, { key }) => {
    const z = codes(key, generator, x.shape[0]!);
    const make = (): tf.Tensor => generator.generate(z, { training: true });
    optimizer.minimize(() => tf.mean(tf.softplus(tf.neg(model.logDensity(make())))) as tf.Scalar, false, [
      ...generator.variables,
    ]);
    const made = make();
    return {
      loss: () => {
        const [ofData, ofMade] = [model.logDensity(x), model.logDensity(made)];
        const loss: tf.Scalar = tf.add(tf.mean(tf.softplus(tf.neg(ofData))), tf.mean(tf.softplus(ofMade)));
        return { loss, energyGap: tf.sub(tf.mean(ofData), tf.mean(ofMade)) as tf.Scalar };
      },
      dispose: () => tf.dispose([z, made]),
    };
  };
}

function codes(k: Key, { latent, prior }: MlpGenerator, count: number): tf.Tensor2D {
  return prior === "normal" ? normal(k, [count, latent]) : uniform(k, [count, latent], { min: -1 });
}
