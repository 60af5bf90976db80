import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { foldIn, key } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import { mul, type Scalar, type Tensor, train } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { contents } from "../testing/contents.ts";
import { type TinyJem, tinyJem } from "../testing/tiny_jem.ts";
import {
  type Adjustments,
  DivergenceError,
  type FitOptions,
  fit,
  type Incident,
  memoryCheckpoints,
  type Procedure,
  type StepContext,
  type TrainingEvent,
} from "./mod.ts";
import { fileCheckpoints, incidentReports, jsonlMetrics } from "./node.ts";

/** A run whose loss is NaN where `diverges` says so. */
function poisoned(
  iterations: number,
  diverges: (context: StepContext) => boolean,
): TinyJem & { incidents: Incident[] } {
  const tiny = tinyJem(iterations);
  const incidents: Incident[] = [];
  const procedure: typeof tiny.procedure = async (batch, context) => {
    const step = await tiny.procedure(batch, context);
    if (!diverges(context)) return step;
    return { ...step, loss: () => ({ ...step.loss(), loss: mul(step.loss().loss, Number.NaN) as Scalar }) };
  };
  const listener = (event: TrainingEvent): void => void (event.type === "recovery" && incidents.push(event.incident));
  const options = { ...tiny.options, listeners: [...tiny.options.listeners!, listener] };
  return { ...tiny, procedure, options, incidents };
}

/** With the random numbers that the run begins with, iteration 17 diverges. */
const unlucky = ({ iteration, key: own }: StepContext): boolean =>
  iteration === 17 && String(own) === String(foldIn(key(2), 17));

test("fit() goes back in memory and on with other random numbers", async () => {
  const { procedure, batches, options, incidents } = poisoned(30, unlucky);
  const rows: number[] = [];
  const listeners = [
    ...options.listeners!,
    (event: TrainingEvent) => void (event.type === "iteration" && rows.push(event.iteration)),
  ];
  const checkpoints = { store: memoryCheckpoints(), every: 5 };
  const result = await fit(procedure, batches, { ...options, listeners, checkpoints, recovery: {} });
  expect(result).toEqual({ reason: "completed", iterations: 30 });
  const upTo = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
  expect(rows).toEqual([...upTo(0, 17), ...upTo(15, 30)]);
  expect(incidents).toHaveLength(1);
  expect(incidents[0]).toMatchObject({
    number: 1,
    retriesLeft: 7,
    resumedFrom: 15,
    remedy: { rollback: 1 },
    divergence: { iteration: 17, reason: "loss is NaN" },
    adjustments: { learningRate: 1, steps: 1, energyL2: 0 },
  });
  expect(incidents[0]!.history.map(({ iteration }) => iteration)).toEqual(upTo(0, 17));
});

test("fit() begins again where every later checkpoint diverges", async () => {
  // Whoever gets to iteration 25 at the full rate is lost from then on.
  let lost = false;
  const { procedure, batches, options, incidents } = poisoned(60, ({ iteration, adjustments }) => {
    if (iteration === 0) lost = false;
    if (iteration === 25 && adjustments?.learningRate === 1) lost = true;
    return lost && iteration > 50;
  });
  const remedies = [{ rollback: 2, learningRate: 0.5 }];
  const checkpoints = { store: memoryCheckpoints(), every: 10, keep: 2 };
  const result = await fit(procedure, batches, { ...options, checkpoints, recovery: { remedies } });
  expect(result.reason).toBe("completed");
  expect(incidents.map(({ resumedFrom }) => resumedFrom)).toEqual([40, 0]);
});

test("fit() makes its own checkpoints in memory when it is only told to recover", async () => {
  const { procedure, batches, options, incidents } = poisoned(30, unlucky);
  await fit(procedure, batches, { ...options, recovery: {} });
  expect(incidents[0]!.resumedFrom).toBe(0);
});

test("a rollback restores weights, optimizer, average and chains to the bit", async () => {
  const remember = async (tiny: TinyJem): Promise<string> => {
    const weights = await Promise.all(tiny.variables.map((variable) => variable.data()));
    return JSON.stringify([weights.map((w) => [...w]), [...tiny.buffer.values], await tiny.average.snapshot()]);
  };
  const run = async (diverges: boolean): Promise<string> => {
    // No new key and no quarantine: the second attempt repeats the first, and then does not diverge.
    let failures = 0;
    const tiny = poisoned(30, ({ iteration }) => diverges && iteration === 17 && failures++ === 0);
    const recovery = { remedies: [{ newKey: false, quarantine: false }] };
    await fit(tiny.procedure, tiny.batches, {
      ...tiny.options,
      recovery,
      checkpoints: { store: memoryCheckpoints(), every: 5 },
    });
    expect(tiny.incidents).toHaveLength(diverges ? 1 : 0);
    return remember(tiny);
  };
  expect(await run(true)).toBe(await run(false));
});

test("fit() climbs the remedies, which add up, and throws when the retries are used up", async () => {
  const seen: (Adjustments | undefined)[] = [];
  const { procedure, batches, options, incidents } = poisoned(30, ({ iteration, adjustments }) => {
    if (iteration === 17) seen.push(adjustments);
    return iteration === 17;
  });
  const rates: number[] = [];
  const events: TrainingEvent[] = [];
  const listeners = [...options.listeners!, (event: TrainingEvent) => void events.push(event)];
  const checkpoints = { store: memoryCheckpoints(), every: 5, keep: 3 };
  const run = fit(procedure, batches, { ...options, listeners, checkpoints, recovery: { retries: 5 } });
  await expect(run).rejects.toThrow(DivergenceError);
  expect(seen).toEqual([
    { learningRate: 1, steps: 1, energyL2: 0 },
    { learningRate: 1, steps: 1, energyL2: 0 },
    { learningRate: 0.5, steps: 1, energyL2: 0 },
    { learningRate: 0.25, steps: 2, energyL2: 0 },
    { learningRate: 0.125, steps: 2, energyL2: 0.1 },
    { learningRate: 0.0625, steps: 2, energyL2: 0.1 },
  ]);
  expect(incidents.map(({ resumedFrom }) => resumedFrom)).toEqual([15, 10, 5, 0, 5]);
  expect(incidents.map(({ retriesLeft }) => retriesLeft)).toEqual([4, 3, 2, 1, 0]);
  expect(events.at(-1)!.type).toBe("divergence");
  for (const event of events)
    if (event.type === "iteration" && event.iteration === 16) rates.push(event.terms.learningRate!);
  expect(rates.map((rate) => rate / rates[0]!)).toEqual([1, 1, 0.5, 0.25, 0.125, 0.0625]);
});

test("jemProcedure() heeds the adjustments: more steps, a penalty", async () => {
  const termsWith = async (adjustments: Adjustments): Promise<{ distance: number; excess: number }> => {
    const { procedure, batches } = tinyJem(1);
    const { value: batch } = batches(0).next() as { value: { x: Tensor; labels: Tensor } };
    const step = await procedure(batch, { key: key(0), iteration: 0, adjustments });
    const { chainDistance, loss, px, crossEntropy } = step.loss();
    const [distance, l, p, c] = await Promise.all(
      [chainDistance, loss, px, crossEntropy].map(async (term) => (await term!.data())[0]!),
    );
    step.dispose();
    return { distance: distance!, excess: l! - p! - c! };
  };
  const plain = await termsWith({ learningRate: 1, steps: 1, energyL2: 0 });
  const more = await termsWith({ learningRate: 1, steps: 40, energyL2: 0 });
  const penalised = await termsWith({ learningRate: 1, steps: 1, energyL2: 0.5 });
  expect(more.distance).toBeGreaterThan(2 * plain.distance);
  // Its own weight is 0.05: the penalty is proportional to the weight.
  expect(penalised.excess / plain.excess).toBeCloseTo(10, 3);
});

test("fit() starts the suspected chains anew, and no others", async () => {
  const quarantined: number[][] = [];
  const { procedure, batches, options, buffer } = tinyJem(12);
  const watched = {
    size: buffer.size,
    reinitialize(own: Parameters<typeof buffer.reinitialize>[0], slots: ArrayLike<number>): void {
      quarantined.push(Array.from(slots));
      buffer.reinitialize(own, slots);
    },
  };
  let failures = 0;
  const detect = ({ iteration }: { iteration: number }) =>
    iteration === 7 && failures++ < 2 ? { reason: "as told", ...(failures === 1 && { slots: [9, 3, 9] }) } : undefined;
  const incidents: Incident[] = [];
  await fit(procedure, batches, {
    ...options,
    detectors: [detect],
    recovery: { buffer: watched, remedies: [{ newKey: false }] },
    listeners: [(event) => void (event.type === "recovery" && incidents.push(event.incident))],
  });
  expect(incidents.map(({ quarantined: slots }) => slots)).toEqual(quarantined);
  expect(quarantined[0]).toEqual([3, 9]);
  // Without slots of its own, a finding suspects the chains of the iteration.
  expect(quarantined[1]!.length).toBeGreaterThan(3);
  expect(quarantined[1]!.length).toBeLessThanOrEqual(16);
});

test("fit() starts all chains anew when a remedy says so, by default at the fourth divergence", async () => {
  const { procedure, batches, options, incidents, buffer } = poisoned(30, ({ iteration }) => iteration === 17);
  const checkpoints = { store: memoryCheckpoints(), every: 5 };
  const run = fit(procedure, batches, { ...options, checkpoints, recovery: { buffer, retries: 4 } });
  await expect(run).rejects.toThrow(DivergenceError);
  const everyone = Array.from({ length: buffer.size }, (_, slot) => slot);
  expect(incidents.map(({ quarantined }) => quarantined.length === everyone.length)).toEqual([
    false,
    false,
    false,
    true,
  ]);
  expect(incidents[3]!.quarantined).toEqual(everyone);
});

test("a recovered run that is interrupted before or after the incident ends with the bytes of one that was not", async () => {
  const trainTo = async (folder: string, last: number = Number.POSITIVE_INFINITY): Promise<void> => {
    const controller = new AbortController();
    const { procedure, batches, options } = poisoned(40, unlucky);
    const listeners: FitOptions["listeners"] = [
      ...options.listeners!,
      jsonlMetrics(join(folder, "metrics.jsonl")),
      incidentReports(join(folder, "incidents")),
      (event) => void (event.type === "iteration" && event.iteration >= last && controller.abort()),
    ];
    await fit(procedure, batches, {
      ...options,
      listeners,
      signal: controller.signal,
      checkpoints: { store: fileCheckpoints(join(folder, "checkpoints")), every: 5 },
      recovery: { remedies: [{ rollback: 2, learningRate: 0.5 }] },
    });
  };
  const [whole, cut] = ["whole-", "cut-"].map((name) => mkdtempSync(join(tmpdir(), name))) as [string, string];
  await trainTo(whole);
  for (const last of [3, 16, 18, 31]) await trainTo(cut, last);
  await trainTo(cut);
  expect(contents(cut)).toEqual(contents(whole));
  const lines = contents(whole)
    ["/metrics.jsonl"]!.trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  // Each iteration once, and the incident where the run went on.
  expect(lines.map(({ iteration }) => iteration)).toEqual([
    ...Array(10).keys(),
    10,
    ...Array.from({ length: 30 }, (_, i) => 10 + i),
  ]);
  expect(lines[10]).toEqual({
    iteration: 10,
    incident: 1,
    divergedAt: 17,
    divergence: "loss is NaN",
    remedy: { rollback: 2, learningRate: 0.5 },
  });
  const report = contents(whole)["/incidents/incident-1.md"]!;
  expect(report).toContain("Training diverged at iteration 17: loss is NaN.");
  expect(report).toContain("It goes on from iteration 10: other random numbers, the learning rate times 0.5.");
  expect(JSON.parse(contents(whole)["/incidents/incident-1.json"]!).divergence.terms.loss).toBe("NaN");
});

test("recoveries leave no tensors", async () => {
  const { procedure, batches, options } = poisoned(20, unlucky);
  await fit(procedure, batches, { ...options, iterations: 1 });
  const checkpoints = { store: memoryCheckpoints(), every: 5 };
  await leakFree(() => fit(procedure, batches, { ...options, checkpoints, recovery: {} }));
});

test("fit() refuses bad recovery options by value", async () => {
  const { procedure, batches, options } = tinyJem(1);
  const attempt = (recovery: FitOptions["recovery"]): Promise<unknown> =>
    fit(procedure as Procedure<unknown>, batches, { ...options, recovery: recovery! });
  await expect(attempt({ retries: 0 })).rejects.toThrow("recovery.retries must be a positive integer but found 0");
  await expect(attempt({ remedies: [] })).rejects.toThrow("recovery.remedies must not be empty");
  await expect(attempt({ remedies: [{ rollback: 0 }] })).rejects.toThrow(
    "rollback of a remedy must be a positive integer",
  );
  await expect(attempt({ remedies: [{ learningRate: 0 }] })).rejects.toThrow(
    "learningRate of a remedy must be greater than 0",
  );
  await expect(attempt({ remedies: [{ energyL2: -1 }] })).rejects.toThrow(
    "energyL2 of a remedy must be at least 0 but found -1",
  );
});

test("the optimizer's learning rate is halved without a schedule too", async () => {
  const optimizer = train.sgd(0.02);
  const { procedure, batches, options } = poisoned(20, unlucky);
  const { learningRate: _, ...withoutSchedule } = options;
  await fit(procedure, batches, { ...withoutSchedule, optimizer, recovery: { remedies: [{ learningRate: 0.5 }] } });
  expect((optimizer as unknown as { learningRate: number }).learningRate).toBe(0.01);
});
