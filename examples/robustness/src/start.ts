import { mkdirSync } from "node:fs";
import { startBackend } from "./backend.ts";
import { type Digits, readDigits } from "./digits.ts";
import { type Subjects, subjectsOf } from "./models.ts";
import { type Options, readOptions, type Script, usage } from "./options.ts";

/** What a script starts with. */
export interface Start extends Subjects {
  readonly options: Options;
  readonly backend: string;
  readonly digits: Digits;
}

/** Reads the command line, the networks and the digits, and makes the folder for what comes out; undefined when help was asked for. */
export async function start(script: Script): Promise<Start | undefined> {
  const options = readOptions(script, process.argv.slice(2));
  if (!options) {
    console.log(usage(script));
    return undefined;
  }
  const { images, out } = options;
  const backend = await startBackend(options.backend);
  const subjects = await subjectsOf(options);
  const digits = await readDigits(images);
  console.log(`Attacking the networks of ${subjects.source} on ${images} test images, on the ${backend} backend.`);
  mkdirSync(out, { recursive: true });
  return { ...subjects, options, backend, digits };
}
