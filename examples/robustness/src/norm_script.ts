import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { key } from "@jem-js/random";
import { startBackend } from "./backend.ts";
import { attackAll, type Finding, type Plan } from "./comparison.ts";
import { readDigits } from "./digits.ts";
import { finish } from "./ending.ts";
import { drawCurves, drawPerturbations } from "./figures.ts";
import { subjectsOf } from "./models.ts";
import { readOptions, type Script, usage } from "./options.ts";
import { figuresOf, tablesOf } from "./tables.ts";

/** Makes the attacks of all plans, of less effort in a smoke run, on both networks; writes tables and figures; returns the exit code. */
export async function runNormScript(script: Script, plansOf: (isSmoke: boolean) => readonly Plan[]): Promise<number> {
  const options = readOptions(script, process.argv.slice(2));
  if (!options) {
    console.log(usage(script));
    return 0;
  }
  const { images, out, seed, smoke } = options;
  const backend = await startBackend(options.backend);
  const { source, subjects } = await subjectsOf(options);
  const digits = await readDigits(images);
  for (const { model } of subjects) await model.validate(digits.x);
  console.log(`Attacking the networks of ${source} on ${images} test images, on the ${backend} backend.`);

  mkdirSync(out, { recursive: true });
  const figures: Record<string, number> = {};
  const tables: string[] = [];
  for (const plan of plansOf(smoke)) {
    const findings: Finding[] = [];
    for (const subject of subjects) {
      const finding = await attackAll(plan, subject, digits, key(seed));
      await drawPerturbations(join(out, `${plan.norm}_${subject.name.toLowerCase()}`), plan, subject, digits, finding);
      findings.push(finding);
    }
    drawCurves(join(out, `${plan.norm}_accuracy`), plan, findings, options);
    tables.push(...tablesOf(plan, findings));
    Object.assign(figures, figuresOf(plan, findings));
  }
  digits.x.dispose();
  return finish({ script, out, smoke, figures, tables, details: { source, backend, images, seed } });
}
