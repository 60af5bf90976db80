import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Listener } from "./events.ts";
import type { Incident, Remedy } from "./recovery.ts";

/**
 * Writes a report of each divergence that a run recovers from: `incident-1.json` with everything that is known, and
 * `incident-1.md` to be read. No times are in them, so that equal runs give equal bytes.
 *
 * @example Usage
 * ```ts
 * import { mkdtempSync, readdirSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { incidentReports } from "@jem-js/trainer/node";
 * import { expect } from "vitest";
 *
 * const folder = join(mkdtempSync(join(tmpdir(), "run-")), "incidents");
 * const divergence = { iteration: 7, reason: "loss is NaN", terms: {} };
 * const adjustments = { learningRate: 0.5, steps: 1, energyL2: 0 };
 * const more = { history: [], quarantined: [], remedy: { learningRate: 0.5 } };
 * const incident = { number: 1, retriesLeft: 7, divergence, resumedFrom: 5, adjustments, ...more };
 * await incidentReports(folder)({ type: "recovery", incident });
 * expect(readdirSync(folder)).toEqual(["incident-1.json", "incident-1.md"]);
 * ```
 *
 * @param folder Where the reports go; made at the first incident.
 * @returns A listener for `fit`.
 */
export function incidentReports(folder: string): Listener {
  return (event) => {
    if (event.type !== "recovery") return;
    const path = join(folder, `incident-${event.incident.number}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${path}.json`, `${JSON.stringify(event.incident, nonFiniteAsText, 2)}\n`);
    writeFileSync(`${path}.md`, readable(event.incident));
  };
}

/** The terms of a divergence need not be finite, and JSON has no other way to say so. */
function nonFiniteAsText(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

function readable(incident: Incident): string {
  const { number, retriesLeft, divergence, history, remedy, resumedFrom, quarantined, adjustments } = incident;
  const { learningRate, steps, energyL2 } = adjustments;
  const rows = [...history.slice(-10), { iteration: divergence.iteration, ...divergence.terms }];
  const columns = Object.keys(rows[0]!);
  const table = [columns, columns.map(() => "---"), ...rows.map((row) => columns.map((name) => format(row[name])))];
  return `# Incident ${number}

Training diverged at iteration ${divergence.iteration}: ${divergence.reason}.

It goes on from iteration ${resumedFrom}: ${describe(remedy, quarantined.length)}.
From now on: learning rate x ${learningRate}, sampler steps x ${steps}, energy penalty of at least ${energyL2}.
Retries left: ${retriesLeft}.

## The iterations before it

${table.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}
`;
}

function describe(remedy: Remedy, quarantined: number): string {
  const { newKey = true, learningRate = 1, steps = 1, energyL2 = 0 } = remedy;
  const done = [
    newKey && "other random numbers",
    quarantined > 0 && `${quarantined} chains of the buffer started anew`,
    learningRate !== 1 && `the learning rate times ${learningRate}`,
    steps !== 1 && `sampler steps times ${steps}`,
    energyL2 > 0 && `an energy penalty of ${energyL2}`,
  ];
  return done.filter((part) => part !== false).join(", ") || "nothing else changed";
}

function format(value: number | undefined): string {
  if (value === undefined) return "";
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}
