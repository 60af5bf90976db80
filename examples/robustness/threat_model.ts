/** Attacks a JEM that refines its inputs before it looks at them, and asks what it sees in noise. See README.md. */
import { join } from "node:path";
import { foldIn, key } from "@jem-js/random";
import { type Distal, distalTable, drawDistals, makeDistals } from "./src/distals.ts";
import { maskingTable, suspicious } from "./src/doubts.ts";
import { exitWith, finish } from "./src/ending.ts";
import type { Script } from "./src/options.ts";
import {
  type Defence,
  type Effort,
  type Judgement,
  judgeAttacked,
  judgeClean,
  looked,
  maskingOf,
  refinementTable,
} from "./src/refinement.ts";
import { start } from "./src/start.ts";

const script: Script = {
  name: "threat_model",
  summary:
    "Attacks a JEM that takes 0, 1 and 10 Langevin steps before it looks, by three gradients, and makes distal adversarials.",
  images: 40,
};

/** The network alone, and each number of steps by each gradient. */
const defences: readonly Defence[] = [
  { steps: 0, gradient: "none" },
  ...[1, 10].flatMap((steps) =>
    (["none", "straightThrough", "exact"] as const).map((gradient) => ({ steps, gradient })),
  ),
];

function effortOf(isSmoke: boolean): Effort {
  return isSmoke
    ? { epsilon: 0.1, attackSteps: 1, draws: 1, chains: 2, judgements: 1 }
    : { epsilon: 0.1, attackSteps: 10, draws: 2, chains: 5, judgements: 5 };
}

async function main(): Promise<number> {
  const started = await start(script);
  if (!started) return 0;
  const { options, backend, source, subjects, sgld, digits } = started;
  const { images, out, seed, smoke } = options;

  const jem = subjects.find(({ name }) => name === "JEM")!;
  const setting = { head: jem.head, sgld, digits, effort: effortOf(smoke), key: key(seed) };
  const judgements: Judgement[] = [];
  for (const defence of defences) {
    const began = performance.now();
    const clean = judgements.find((former) => former.defence.steps === defence.steps)?.clean;
    judgements.push({
      defence,
      clean: clean ?? (await judgeClean(defence, setting)),
      attacked: await judgeAttacked(defence, setting),
    });
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`${defence.steps} steps, gradient ${defence.gradient}: ${seconds} s`);
  }
  const signs = [];
  for (const steps of [1, 10]) {
    const began = performance.now();
    signs.push({ name: `${steps} steps, exact`, masking: await maskingOf({ steps, gradient: "exact" }, setting) });
    console.log(`signs of masked gradients, ${steps} steps: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  }
  const distals: Distal[] = [];
  for (const subject of subjects) {
    distals.push(await makeDistals(subject, digits, { key: foldIn(key(seed), 3), steps: smoke ? 20 : 1000 }));
  }
  drawDistals(join(out, "distal_adversarials"), distals, seed);
  digits.x.dispose();
  const figures = Object.fromEntries([
    ...judgements.flatMap(({ defence: { steps, gradient }, clean, attacked }) => [
      [`${steps} steps, clean`, clean.majorityAccuracy],
      [`${steps} steps, ${gradient}`, attacked.majorityAccuracy],
    ]),
    ...signs.map(({ name, masking }) => [`${name}, suspicious signs`, suspicious(masking)]),
    ...distals.map(({ name, sure }) => [`${name}, share of noise made sure`, sure]),
  ]);
  const tables = [
    ...refinementTable(judgements),
    ...distalTable(distals),
    `Signs of masked gradients of the refined JEM, on the first ${looked} images; suspicious ones in bold:`,
    maskingTable(signs),
  ];
  return finish({ script, out, smoke, figures, tables, details: { source, backend, images, seed } });
}

await exitWith(main);
