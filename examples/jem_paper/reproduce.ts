/** Runs all scripts one after another and writes one summary of them. See README.md. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readOptions, usage } from "./src/options.ts";
import { type Outcome, runStep, type Step, summaryTable } from "./src/reproduction.ts";

const script = {
  name: "reproduce",
  claim: "All claims of the JEM paper that are looked into here, one after another.",
};

/** The scripts of this folder, in the order of the README. */
const names = [
  "hybrid",
  "calibration",
  "detection",
  "flow",
  "robustness",
  "semi_supervised",
  "inpainting",
  "bring_your_own",
];

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(script, args);
  if (!options) {
    console.log(usage(script));
    return 0;
  }
  const { seeds, scale, run, out, backend } = options;
  mkdirSync(out, { recursive: true });
  const passed = without(args, "--out");
  const steps: Step[] = names.map((name) => ({
    name,
    command: [join(import.meta.dirname, `${name}.ts`), ...passed],
    out: join(run, name),
  }));
  if (scale !== "paper") {
    const folder = join(run, "four_gaussians");
    const chosen = scale === "smoke" ? ["--smoke"] : ["--seeds", seeds.join(",")];
    const flags = [...chosen, "--out", folder, ...(backend ? ["--backend", backend] : [])];
    const main = join(import.meta.dirname, "../four_gaussians/main.ts");
    steps.push({ name: "four_gaussians", command: [main, ...flags], out: folder });
  }
  const outcomes: Outcome[] = [];
  process.on("SIGINT", () => {}); // goes to the script that runs as well, which ends with what it has
  for (const step of steps) {
    console.log(`\n## ${step.name}\n`);
    outcomes.push(await runStep(step));
    if (outcomes.at(-1)!.code === 130) return 130;
  }
  const table = summaryTable(outcomes);
  writeFileSync(join(out, "summary.md"), `${table}\n`);
  writeFileSync(join(out, "summary.json"), `${JSON.stringify({ scale, seeds, scripts: outcomes }, undefined, 2)}\n`);
  console.log(`\n${table}\n`);
  for (const { name, code, minutes } of outcomes) console.log(`${name}: exit code ${code}, ${minutes} minutes`);
  console.log(`The summary is in ${out}.`);
  return outcomes.some(({ code }) => code !== 0) ? 1 : 0;
}

/** The arguments without a flag and its value. */
function without(args: readonly string[], flag: string): string[] {
  return args.filter((arg, i) => arg !== flag && !arg.startsWith(`${flag}=`) && args[i - 1] !== flag);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
