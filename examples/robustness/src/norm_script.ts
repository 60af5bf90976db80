import { join } from "node:path";
import { foldIn, key } from "@jem-js/random";
import { attackAll, type Finding, type Plan, timed } from "./comparison.ts";
import { type Doubts, doubtFigures, doubtsOf, doubtTables } from "./doubts.ts";
import { finish } from "./ending.ts";
import { drawCurves, drawPerturbations } from "./figures.ts";
import type { Script } from "./options.ts";
import { start } from "./start.ts";
import { figuresOf, tablesOf } from "./tables.ts";

/** Makes the attacks of all plans, of less effort in a smoke run, on both networks; writes tables and figures; returns the exit code. */
export async function runNormScript(script: Script, plansOf: (isSmoke: boolean) => readonly Plan[]): Promise<number> {
  const started = await start(script);
  if (!started) return 0;
  const { options, backend, source, subjects, digits } = started;
  const { images, out, seed, smoke } = options;
  for (const { model } of subjects) await model.validate(digits.x);
  const figures: Record<string, number> = {};
  const tables: string[] = [];
  const endings: string[] = [];
  for (const plan of plansOf(smoke)) {
    const findings: Finding[] = [];
    for (const subject of subjects) {
      const finding = await attackAll(plan, subject, digits, key(seed));
      await drawPerturbations(join(out, `${plan.norm}_${subject.name.toLowerCase()}`), plan, subject, digits, finding);
      findings.push(finding);
    }
    const { norm, claim: epsilon } = plan;
    if (epsilon !== undefined && norm !== "l0") {
      const claim = { norm, epsilon, digits, key: foldIn(key(seed), 1), smoke };
      const doubts: Doubts[] = [];
      for (const [i, subject] of subjects.entries()) {
        const look = () => doubtsOf(subject, findings[i]!, subjects[1 - i]!, claim);
        doubts.push(await timed(subject.name, "checklist and signs of masked gradients", look));
      }
      endings.push(...doubtTables(claim, doubts));
      Object.assign(figures, doubtFigures(norm, doubts));
    }
    drawCurves(join(out, `${plan.norm}_accuracy`), plan, findings, options);
    tables.push(...tablesOf(plan, findings));
    Object.assign(figures, figuresOf(plan, findings));
  }
  digits.x.dispose();
  return finish({
    script,
    out,
    smoke,
    figures,
    tables: [...tables, ...endings],
    details: { source, backend, images, seed },
  });
}
