import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { mutate } from "./_mutate.ts";
import { randomStream } from "./_random.ts";
import { LIMIT, TARGETS, type Target } from "./_targets.ts";

/*
 * Feeds damaged files to every parser of @jem-js/data, for a time of the processor each, from a seed:
 *
 *   npm run fuzz -- --seconds 600 --only readPng --seed 1
 *
 * A parser may return, or throw a TypeError or RangeError of its own. All else is a finding: another error, a result of more
 * than the limit, a call of more than two seconds of the processor. The files of findings go to --folder.
 */

/** How long a call may take, in milliseconds of the processor. */
const SLOW = 2000;

interface Finding {
  readonly target: string;
  readonly iteration: number;
  readonly reason: string;
  readonly file: Uint8Array;
}

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "10" },
    seed: { type: "string", default: "0" },
    only: { type: "string", default: "" },
    folder: { type: "string", default: "runs/fuzz" },
  },
});

const targets = TARGETS.filter(({ name }) => name.startsWith(values.only));
if (targets.length === 0) throw new RangeError(`Cannot fuzz: no parser begins with ${values.only}`);
const findings: Finding[] = [];
for (const target of targets) findings.push(...(await fuzz(target, Number(values.seed), Number(values.seconds))));
for (const [i, { target, iteration, reason, file }] of findings.entries()) {
  mkdirSync(values.folder, { recursive: true });
  const path = join(values.folder, `${i}.bin`);
  writeFileSync(path, file);
  console.log(`${target}, iteration ${iteration}: ${reason} (${path})`);
}
console.log(findings.length === 0 ? "no finding" : `${findings.length} findings`);
process.exitCode = findings.length === 0 ? 0 : 1;

/** Runs one parser until the time is over or ten files have been found. */
async function fuzz(target: Target, seed: number, seconds: number): Promise<Finding[]> {
  const { name, seeds, open = same, close = same, parse } = target;
  const random = randomStream(seed);
  const contents = seeds.map(open);
  const found: Finding[] = [];
  const end = processorTime() + 1000 * seconds;
  let [iteration, returned, slowest] = [0, 0, 0];
  for (; processorTime() < end && found.length < 10; iteration++) {
    const content = contents[random.below(contents.length)]!;
    const file = close(mutate(content, random, contents[random.below(contents.length)]!));
    const started = processorTime();
    let reason: string | undefined;
    try {
      const size = sizeOf(await parse(file));
      returned++;
      if (size > 16 * LIMIT) reason = `a result of ${size} bytes`;
    } catch (error) {
      if (!isRefusal(error)) reason = String((error as Error)?.stack ?? error);
    }
    const time = processorTime() - started;
    slowest = Math.max(slowest, time);
    if (time > SLOW) reason ??= `${Math.round(time)} ms`;
    if (reason !== undefined) found.push({ target: name, iteration, reason, file });
  }
  const rate = `${iteration} files, ${returned} read, slowest ${slowest.toFixed(0)} ms, ${found.length} findings`;
  console.log(`${name}: ${rate}`);
  return found;
}

/** The time that the processor has spent on this process, in milliseconds: what else the machine does is not in it. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function same(bytes: Uint8Array): Uint8Array {
  return bytes;
}

/** Whether an error is one that a parser throws on purpose. */
function isRefusal(error: unknown): boolean {
  const isKind = error instanceof TypeError || error instanceof RangeError;
  return isKind && /^Cannot (read|decompress)/.test(error.message);
}

/** The bytes of all arrays in a result. */
function sizeOf(result: unknown): number {
  if (ArrayBuffer.isView(result)) return result.byteLength;
  if (result instanceof Map) return [...result.values()].reduce((sum, value) => sum + sizeOf(value), 0);
  if (typeof result !== "object" || result === null) return 0;
  return Object.values(result).reduce((sum: number, value) => sum + sizeOf(value), 0);
}
