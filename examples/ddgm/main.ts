/** Trains deep directed generative models, and GANs of the same nets, on the plane and on digits. See README.md. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { eightGaussians, moons, type ToyDensity } from "@jem-js/data";
import { mlpGenerator, productOfExperts } from "@jem-js/models";
import { isAvailable } from "@jem-js/native";
import { type Key, key, split } from "@jem-js/random";
import { energyLandscape, sampleGrid, toPng } from "@jem-js/report";
import { progressBar } from "@jem-js/trainer/node";
import * as tf from "@tensorflow/tfjs";
import { type DigitsRow, drawDigits, measureDigits, readDigits } from "./src/digits.ts";
import { type Game, play } from "./src/games.ts";
import { measurePlane, type PlaneRow, SIDE, truth } from "./src/plane.ts";

const usage = `Trains deep directed generative models, and GANs of the same nets.

Usage: npm start --workspace @jem-js-examples/ddgm -- [options]

  --seed N        the seed of nets, data and codes (default 0)
  --plane N       iterations on each density in the plane, 0 for none (default 3000)
  --digits N      iterations on MNIST, 0 for none (default 1000)
  --smoke         a few iterations of everything, to see that it works
  --out FOLDER    where figures and results.json go (default runs/ddgm-<time>)`;

const games: readonly Game[] = ["DDGM", "GAN"];
/** Densities in the plane, with what their energies are like: the quadratic term must let all of the data be. */
const tasks: readonly PlaneTask[] = [
  { name: "eight_gaussians", density: eightGaussians(), variance: 16, experts: 4, entropyWeight: 1 },
  { name: "moons", density: moons(), variance: 2, experts: 16, entropyWeight: 0.1 },
];

interface PlaneTask {
  readonly name: string;
  readonly density: ToyDensity;
  readonly variance: number;
  readonly experts: number;
  readonly entropyWeight: number;
}

const terms = { loss: "loss", energyGap: "gap" };

async function playPlane(seed: number, iterations: number, out: string): Promise<PlaneRow[]> {
  const rows: PlaneRow[] = [];
  for (const { name, density, entropyWeight, ...energy } of tasks) {
    const [forModel, forGenerator, forRun, forTest] = split(key(seed), 4) as [Key, Key, Key, Key];
    const panels = [await truth(density, forTest)];
    for (const game of games) {
      const model = productOfExperts(forModel, { inputShape: [2], units: [128, 128], ...energy });
      const generator = mlpGenerator(forGenerator, { latent: 4, units: [128, 128], outputShape: [2] });
      const played = await play(
        game,
        { model, generator, modelRate: 1e-3, generatorRate: 1e-3, entropyWeight },
        {
          key: forRun,
          iterations,
          samples: 2000,
          batch: (k) => {
            const { x, labels } = density.sample(k, 100);
            labels.dispose();
            return x;
          },
          listeners: [progressBar({ label: `${name}, ${game}`, terms })],
        },
      );
      const { row, series } = await measurePlane(name, game, density, { model, played, key: forTest });
      rows.push(row);
      panels.push(series);
      tf.dispose([played.early, played.final]);
      model.dispose();
      generator.dispose();
    }
    const svg = energyLandscape(panels, {
      shape: [SIDE, SIDE],
      x: [-5, 5],
      y: [5, -5],
      domain: [0, 15],
      energyLabel: "-log p(x)",
      title: name.replace("_", " "),
      seed,
    });
    writeFileSync(join(out, `${name}.svg`), svg);
    writeFileSync(join(out, `${name}.png`), toPng(svg, { scale: 1 }));
  }
  return rows;
}

async function playDigits(seed: number, iterations: number, out: string): Promise<DigitsRow[]> {
  const data = { training: await readDigits("train"), test: await readDigits("t10k") };
  const [forModel, forGenerator, forRun] = split(key(seed), 3) as [Key, Key, Key];
  const rows: DigitsRow[] = [];
  for (const game of games) {
    // The pixels are bounded by tanh: no quadratic term is needed.
    const bounded = { variance: Number.POSITIVE_INFINITY };
    const model = productOfExperts(forModel, {
      inputShape: [784],
      units: [1000, 500, 250, 128],
      experts: 128,
      ...bounded,
    });
    const generator = mlpGenerator(forGenerator, { latent: 10, units: [500, 500], outputShape: [784], output: "tanh" });
    const played = await play(
      game,
      { model, generator, modelRate: 2e-4, generatorRate: 2e-4, entropyWeight: 1 },
      {
        key: forRun,
        iterations,
        samples: 1000,
        batch: (k) => drawDigits(data.training, k, 100),
        listeners: [progressBar({ label: `MNIST, ${game}`, terms })],
      },
    );
    rows.push(await measureDigits(game, { model, played }, data));
    const shown = (await played.final.slice([0, 0], [100, 784]).data()) as Float32Array;
    writeFileSync(join(out, `digits_${game.toLowerCase()}.png`), sampleGrid(shown, [100, 28, 28, 1], { columns: 10 }));
    tf.dispose([played.early, played.final]);
    model.dispose();
    generator.dispose();
  }
  return rows;
}

async function startBackend(): Promise<string> {
  tf.enableProdMode();
  if (isAvailable()) await tf.setBackend("native");
  else {
    await import("@tensorflow/tfjs-backend-wasm");
    (await import("@jem-js/wasm-gradients")).registerWasmGradients();
    await tf.setBackend("wasm");
  }
  return tf.getBackend();
}

function readCount(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0 && text.trim() !== "") return value;
  throw new RangeError(`${flag} must be an integer of at least 0 but is ${text}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "0" },
      plane: { type: "string" },
      digits: { type: "string" },
      smoke: { type: "boolean", default: false },
      out: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(usage);
  const seed = readCount("--seed", values.seed);
  const onPlane = readCount("--plane", values.plane ?? (values.smoke ? "20" : "3000"));
  const onDigits = readCount("--digits", values.digits ?? (values.smoke ? "10" : "1000"));
  const out = values.out ?? join("runs", `ddgm-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}`);
  mkdirSync(out, { recursive: true });
  const backend = await startBackend();
  console.log(`On the ${backend} backend.`);
  const plane = onPlane > 0 ? await playPlane(seed, onPlane, out) : [];
  const digits = onDigits > 0 ? await playDigits(seed, onDigits, out) : [];
  const iterations = { plane: onPlane, digits: onDigits };
  writeFileSync(
    join(out, "results.json"),
    `${JSON.stringify({ seed, backend, iterations, plane, digits }, undefined, 2)}\n`,
  );
  console.table(plane.map(shorten));
  console.table(digits.map(shorten));
  console.log(`Everything is in ${out}.`);
}

function shorten(row: object): object {
  const entries = Object.entries(row).map(([name, v]) => [name, typeof v === "number" ? Number(v.toFixed(3)) : v]);
  return Object.fromEntries(entries);
}

await main();
