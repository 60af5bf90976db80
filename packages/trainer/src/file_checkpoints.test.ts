import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { tinyJem } from "../testing/tiny_jem.ts";
import { type FileSystem, nodeFiles } from "./_files/file_system.ts";
import { CheckpointError, type CheckpointStore, fit, type TrainingEvent, weightsState } from "./mod.ts";
import { fileCheckpoints } from "./node.ts";

const newFolder = (): string => join(mkdtempSync(join(tmpdir(), "checkpoints-")), "checkpoints");

const part = (value: number) => ({
  thing: {
    values: { name: "ü", nested: { list: [1, 0.1, null] } },
    arrays: {
      bytes: Uint8Array.of(7),
      floats: Float32Array.of(value, Number.NaN, -0),
      doubles: Float64Array.of(1 / 3),
    },
  },
});

/** Runs a tiny JEM on `store` to 30 iterations; returns its events. */
async function train(store: CheckpointStore, iterations: number = 30): Promise<TrainingEvent[]> {
  const { procedure, batches, options } = tinyJem(iterations);
  const events: TrainingEvent[] = [];
  const listeners = [...options.listeners!, (event: TrainingEvent) => void events.push(event)];
  await fit(procedure, batches, { ...options, listeners, checkpoints: { store, every: 10 } });
  return events;
}

function startOf(events: readonly TrainingEvent[]): { start: number; refused: string[] } {
  const { start, refused } = events[0] as Extract<TrainingEvent, { type: "begin" }>;
  return { start, refused: refused.map(({ message }) => message) };
}

test("fileCheckpoints() gives back every bit, also of arrays that are not aligned", async () => {
  const store = fileCheckpoints(newFolder());
  expect(await store.steps()).toEqual([]);
  await store.write({ step: 100, parts: part(1.5) });
  await store.write({ step: 20, parts: part(2.5) });
  expect(await store.steps()).toEqual([20, 100]);
  const { step, parts } = await store.read(100);
  expect(step).toBe(100);
  expect(parts).toEqual(part(1.5));
  expect(Object.is(parts.thing!.arrays.floats![2], -0)).toBe(true);
  await store.remove(100);
  await store.remove(100);
  expect(await store.steps()).toEqual([20]);
});

test("a checkpoint's model.json and weights.bin are read by tf.loadLayersModel", async () => {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 3, inputShape: [2], activation: "tanh" }),
      tf.layers.batchNormalization(),
      tf.layers.dense({ units: 2 }),
    ],
  });
  const folder = newFolder();
  const snapshot = await weightsState(model).snapshot();
  await fileCheckpoints(folder).write({ step: 7, parts: { model: snapshot } });
  const { modelTopology, weightsManifest } = JSON.parse(readFileSync(join(folder, "7", "model.json"), "utf8"));
  const bytes = readFileSync(join(folder, "7", "weights.bin"));
  const weightData = new Uint8Array(bytes).buffer;
  const loaded = await tf.loadLayersModel(
    tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest[0].weights, weightData }),
  );
  const x = tf.tensor2d([[0.3, -0.7]]);
  const [own, theirs] = [model, loaded].map((of) => (of.predict(x) as tf.Tensor).dataSync());
  expect(theirs).toEqual(own);
  // Moving averages too, which no gradient changes.
  expect(weightsManifest[0].weights).toHaveLength(8);
  tf.dispose([x, model.weights.map((weight) => weight.read()), loaded.weights.map((weight) => weight.read())]);
});

/** What can happen to the folder of a checkpoint, the fault that it is, and what the error says after the path. */
const damages: [string, (folder: string) => void, string, string | RegExp][] = [
  [
    "a truncated file",
    (folder) => truncateSync(join(folder, "buffer.bin"), 99),
    "truncated",
    /buffer\.bin: it must have \d+ bytes but has 99/,
  ],
  ["a missing file", (folder) => rmSync(join(folder, "weights.bin")), "truncated", "weights.bin: it is missing"],
  [
    "a missing manifest",
    (folder) => rmSync(join(folder, "manifest.json")),
    "truncated",
    "manifest.json: it is missing",
  ],
  [
    "a longer file",
    (folder) => appendFileSync(join(folder, "run.json"), " "),
    "corrupted",
    /run\.json: it must have \d+ bytes but has \d+/,
  ],
  [
    "one flipped bit",
    (folder) => {
      const path = join(folder, "weights.bin");
      const bytes = readFileSync(path);
      bytes[10]! ^= 4;
      writeFileSync(path, bytes);
    },
    "corrupted",
    /weights\.bin: its SHA-256 must be [0-9a-f]{64} but is [0-9a-f]{64}/,
  ],
  [
    "a torn manifest",
    (folder) => truncateSync(join(folder, "manifest.json"), 50),
    "corrupted",
    "manifest.json: it is not JSON",
  ],
];

test.each(damages)(
  "fit() refuses a checkpoint with %s and goes on from the one before",
  async (_, damage, fault, text) => {
    const folder = newFolder();
    await train(fileCheckpoints(folder));
    const untouched = `${folder}-untouched`;
    cpSync(folder, untouched, { recursive: true });
    damage(join(folder, "30"));
    const error = await fileCheckpoints(folder)
      .read(30)
      .catch((e: unknown) => e as CheckpointError);
    expect(error).toBeInstanceOf(CheckpointError);
    expect((error as CheckpointError).fault).toBe(fault);
    expect((error as CheckpointError).message).toMatch(text);
    const { start, refused } = startOf(await train(fileCheckpoints(folder)));
    expect(start).toBe(20);
    expect(refused).toEqual([(error as CheckpointError).message]);
    // The damaged one was made anew, with the bytes that it had.
    for (const file of readdirSync(join(untouched, "30"))) {
      expect(readFileSync(join(folder, "30", file))).toEqual(readFileSync(join(untouched, "30", file)));
    }
  },
);

test.each([
  ["foreign", { format: "something else" }, 'its format must be "jem-js checkpoint" but is "something else"'],
  [
    "newer",
    { format: "jem-js checkpoint", version: 2 },
    "its version must be at most 1 but is 2: update @jem-js/trainer",
  ],
  [
    "foreign",
    { format: "jem-js checkpoint", version: 1, step: 5, parts: [], files: {} },
    "it must be of step 30 but is of step 5",
  ],
  [
    "foreign",
    { format: "jem-js checkpoint", version: 1, step: 30, parts: ["run"], files: { "run.json": null } },
    "it must list parts and files with their SHA-256",
  ],
  [
    "foreign",
    { format: "jem-js checkpoint", version: 1, step: 30, parts: ["run"], files: null },
    "it must list parts and files with their SHA-256",
  ],
])("fit() refuses a %s checkpoint, which may be whole, and offers the one before", async (fault, manifest, text) => {
  const folder = newFolder();
  await train(fileCheckpoints(folder));
  writeFileSync(join(folder, "30", "manifest.json"), JSON.stringify(manifest));
  const error = await train(fileCheckpoints(folder)).catch((e: unknown) => e as CheckpointError);
  expect(error).toMatchObject({ name: "CheckpointError", fault });
  expect((error as Error).message).toBe(
    `Cannot use ${join(folder, "30", "manifest.json")}: ${text}; move its folder away to go on from the checkpoint before it`,
  );
});

test("fit() throws when checkpoints are there but none is whole, rather than start anew", async () => {
  const folder = newFolder();
  await train(fileCheckpoints(folder), 10);
  for (const step of readdirSync(folder)) rmSync(join(folder, step, "manifest.json"));
  await expect(train(fileCheckpoints(folder))).rejects.toThrow("it is missing; no other checkpoint is whole");
});

/** A file system that fails with `code` from the `nth` call of `method` on. */
function failing(method: keyof FileSystem | "writeFile" | "sync", nth: number, code: string): FileSystem {
  let calls = 0;
  const strike = (name: string): void => {
    if (name === method && ++calls >= nth) {
      throw Object.assign(new Error(`${code}: injected, ${name}`), { code });
    }
  };
  const wrap = <T extends (...args: never[]) => unknown>(name: string, call: T): T =>
    (async (...args: never[]) => {
      strike(name);
      return call(...args);
    }) as unknown as T;
  const open: FileSystem["open"] = async (...args) => {
    strike("open");
    const file = await nodeFiles.open(...args);
    return {
      async writeFile(bytes: Uint8Array) {
        try {
          strike("writeFile");
        } catch (error) {
          // A full disk takes a part.
          await file.writeFile(bytes.subarray(0, bytes.length >> 1));
          throw error;
        }
        await file.writeFile(bytes);
      },
      async sync() {
        strike("sync");
        await file.sync();
      },
      close: () => file.close(),
    } as Awaited<ReturnType<FileSystem["open"]>>;
  };
  const { mkdir, readdir, readFile, rename, rm } = nodeFiles;
  return {
    open,
    mkdir: wrap("mkdir", mkdir),
    readdir: wrap("readdir", readdir as never),
    readFile: wrap("readFile", readFile as never),
    rename: wrap("rename", rename),
    rm: wrap("rm", rm),
  };
}

test.each([
  ["writeFile", "ENOSPC"],
  ["sync", "EIO"],
  ["open", "EROFS"],
  ["open", "EACCES"],
  ["mkdir", "EACCES"],
  ["rename", "EACCES"],
  ["rm", "EACCES"],
] as const)(
  "a checkpoint that cannot be written (%s: %s) costs nothing that was whole, at whichever call",
  async (method, code) => {
    for (let nth = 1; nth <= 12; nth++) {
      const folder = newFolder();
      const whole = fileCheckpoints(folder);
      await whole.write({ step: 10, parts: part(1) });
      const store = fileCheckpoints(folder, { files: failing(method, nth, code) });
      const failed = await store.write({ step: 20, parts: part(2) }).then(
        () => false,
        (error: unknown) => {
          expect(error).toBeInstanceOf(CheckpointError);
          expect((error as CheckpointError).fault).toBe("unwritable");
          expect((error as CheckpointError).message).toContain(`Cannot write ${join(folder, "20")}: ${code}`);
          return true;
        },
      );
      expect((await whole.read(10)).parts).toEqual(part(1));
      // It is there as a whole, or not at all.
      if ((await whole.steps()).includes(20)) expect((await whole.read(20)).parts).toEqual(part(2));
      else expect(failed).toBe(true);
      // When there is space again, everything is as if nothing had happened.
      await whole.write({ step: 20, parts: part(3) });
      expect((await whole.read(20)).parts).toEqual(part(3));
      expect(readdirSync(folder).sort()).toEqual(["10", "20"]);
    }
  },
);

test("fit() tells that a checkpoint could not be written, trains on, and writes the next", async () => {
  const folder = newFolder();
  let isFull = false;
  const full = failing("writeFile", 1, "ENOSPC");
  const files: FileSystem = { ...nodeFiles, open: (...args) => (isFull ? full : nodeFiles).open(...args) };
  const { procedure, batches, options } = tinyJem(30);
  const told: string[] = [];
  const listener = (event: TrainingEvent): void => {
    if (event.type === "iteration") isFull = event.iteration >= 15 && event.iteration < 25;
    if (event.type === "checkpoint" && event.status !== "saving") told.push(`${event.step} ${event.status}`);
    if (event.type === "checkpoint" && event.status === "failed") expect(event.error!.message).toContain("ENOSPC");
  };
  const checkpoints = { store: fileCheckpoints(folder, { files }), every: 10 };
  await fit(procedure, batches, { ...options, checkpoints, listeners: [...options.listeners!, listener] });
  expect(told).toEqual(["0 saved", "10 saved", "20 failed", "30 saved"]);
  expect(await fileCheckpoints(folder).steps()).toEqual([0, 10, 30]);
});

test("fileCheckpoints() refuses values that JSON cannot hold, and sweeps up what a killed process left", async () => {
  const folder = newFolder();
  mkdirSync(join(folder, ".partial-3"), { recursive: true });
  const store = fileCheckpoints(folder);
  const values = { loss: Number.NaN };
  await expect(store.write({ step: 1, parts: { a: { values, arrays: {} } } })).rejects.toThrow(
    "the value loss must be finite but found NaN",
  );
  expect(await store.steps()).toEqual([]);
  await store.write({ step: 1, parts: {} });
  expect(readdirSync(folder)).toEqual(["1"]);
});

test("fileCheckpoints() says that a folder cannot be read", async () => {
  const store = fileCheckpoints(newFolder(), { files: failing("readdir", 1, "EACCES") });
  await expect(store.steps()).rejects.toMatchObject({ name: "CheckpointError", fault: "unreadable" });
});
