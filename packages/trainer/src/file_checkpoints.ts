import { createHash } from "node:crypto";
import { join } from "node:path";
import { decode, encode, fileNames } from "./_files/encoding.ts";
import { type FileSystem, flushFolder, nodeFiles, removeFolder, writeDurably } from "./_files/file_system.ts";
import { CheckpointError } from "./checkpoint_error.ts";
import type { Checkpoint, CheckpointStore } from "./checkpoint_store.ts";
import type { Snapshot } from "./checkpointable.ts";

const FORMAT = "jem-js checkpoint";
const VERSION = 1;
const MANIFEST = "manifest.json";
/** What is being written or deleted; never read. */
const PARTIAL = ".partial-";

/** Options of {@linkcode fileCheckpoints}. */
export interface FileCheckpointsOptions {
  /** The functions of `node:fs/promises` to use, for example ones that fail in a test. @default {those of Node} */
  readonly files?: FileSystem;
}

/** The content of `manifest.json`. */
interface Manifest {
  readonly format: string;
  readonly version: number;
  readonly step: number;
  readonly parts: readonly string[];
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}

/**
 * Keeps checkpoints in files: `<folder>/<step>/` holds the weights as `model.json` and `weights.bin` in the format of
 * TensorFlow.js, each other part as `<part>.json` and `<part>.bin`, and `manifest.json` with the size and SHA-256 of each.
 *
 * A checkpoint is written under another name, flushed to the disk, and renamed: under its own name it is always whole,
 * whenever the process or the machine stops. Equal states give equal bytes.
 *
 * @example Usage
 * ```ts
 * import { mkdtempSync, readdirSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { fileCheckpoints } from "@jem-js/trainer/node";
 * import { expect } from "vitest";
 *
 * const folder = join(mkdtempSync(join(tmpdir(), "run-")), "checkpoints");
 * const store = fileCheckpoints(folder);
 * await store.write({ step: 100, parts: { chains: { values: { size: 2 }, arrays: { x: Float32Array.of(1, 2) } } } });
 * expect(readdirSync(join(folder, "100")).sort()).toEqual(["chains.bin", "chains.json", "manifest.json"]);
 * expect((await store.read(100)).parts.chains!.arrays.x).toEqual(Float32Array.of(1, 2));
 * ```
 *
 * @param folder Where the checkpoints are; made when the first is written.
 * @param options The file system.
 * @returns The store. `read` rejects with a `CheckpointError` that names the file unless every byte is as it was written.
 */
export function fileCheckpoints(folder: string, options: FileCheckpointsOptions = {}): CheckpointStore {
  const { files = nodeFiles } = options;

  async function steps(): Promise<number[]> {
    try {
      const names = await files.readdir(folder);
      return names
        .filter((name) => /^(0|[1-9]\d*)$/.test(name))
        .map(Number)
        .sort((a, b) => a - b);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw new CheckpointError("unreadable", folder, (error as Error).message, { cause: error });
    }
  }

  async function read(step: number): Promise<Checkpoint> {
    const manifest = await readManifest(step);
    const contents = new Map<string, Uint8Array>();
    for (const [name, expected] of Object.entries(manifest.files)) {
      const path = join(folder, String(step), name);
      const bytes = await readWhole(path);
      if (bytes.length !== expected.bytes) {
        const fault = bytes.length < expected.bytes ? "truncated" : "corrupted";
        throw new CheckpointError(fault, path, `it must have ${expected.bytes} bytes but has ${bytes.length}`);
      }
      const found = sha256(bytes);
      if (found !== expected.sha256) {
        throw new CheckpointError("corrupted", path, `its SHA-256 must be ${expected.sha256} but is ${found}`);
      }
      contents.set(name, bytes);
    }
    const parts: Record<string, Snapshot> = {};
    for (const part of manifest.parts) {
      const [json, binary] = fileNames(part).map((name) => contents.get(name));
      if (!json || !binary) {
        throw new CheckpointError("corrupted", join(folder, String(step), MANIFEST), `it lacks the files of ${part}`);
      }
      parts[part] = decode(part, json, binary);
    }
    return { step, parts };
  }

  async function readManifest(step: number): Promise<Manifest> {
    const path = join(folder, String(step), MANIFEST);
    const bytes = await readWhole(path);
    let manifest: Partial<Manifest>;
    try {
      manifest = JSON.parse(new TextDecoder().decode(bytes));
    } catch (error) {
      throw new CheckpointError("corrupted", path, "it is not JSON", { cause: error });
    }
    if (manifest?.format !== FORMAT) {
      throw new CheckpointError(
        "foreign",
        path,
        `its format must be "${FORMAT}" but is ${JSON.stringify(manifest?.format)}`,
      );
    }
    if (!(Number.isInteger(manifest.version) && manifest.version! <= VERSION)) {
      const reason = `its version must be at most ${VERSION} but is ${manifest.version}: update @jem-js/trainer`;
      throw new CheckpointError("newer", path, reason);
    }
    if (manifest.step !== step) {
      throw new CheckpointError("foreign", path, `it must be of step ${step} but is of step ${manifest.step}`);
    }
    const files = Object.values(manifest.files ?? {});
    if (!Array.isArray(manifest.parts) || files.length === 0 || files.some((file) => !file?.sha256)) {
      throw new CheckpointError("foreign", path, "it must list parts and files with their SHA-256");
    }
    return manifest as Manifest;
  }

  async function readWhole(path: string): Promise<Uint8Array> {
    try {
      return await files.readFile(path);
    } catch (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
      const reason = isMissing ? "it is missing" : (error as Error).message;
      throw new CheckpointError(isMissing ? "truncated" : "unreadable", path, reason, { cause: error });
    }
  }

  async function write({ step, parts }: Checkpoint): Promise<void> {
    const contents = encodeAll(parts);
    const listed = [...contents].map(([name, bytes]) => [name, { bytes: bytes.length, sha256: sha256(bytes) }]);
    const manifest: Manifest = {
      format: FORMAT,
      version: VERSION,
      step,
      parts: Object.keys(parts),
      files: Object.fromEntries(listed),
    };
    const name = `${PARTIAL}${step}`;
    const partial = join(folder, name);
    try {
      await files.mkdir(folder, { recursive: true });
      await sweep();
      await files.mkdir(partial);
      for (const [file, bytes] of contents) await writeDurably(files, join(partial, file), bytes);
      const text = `${JSON.stringify(manifest, undefined, 2)}\n`;
      await writeDurably(files, join(partial, MANIFEST), new TextEncoder().encode(text));
      await flushFolder(files, partial);
      // One that is there already was refused, or it would not be written again.
      await removeFolder(files, folder, String(step), `${name}-replaced`);
      await files.rename(partial, join(folder, String(step)));
      await flushFolder(files, folder);
    } catch (error) {
      // The next write sweeps up what cannot be removed now.
      await files.rm(partial, { recursive: true, force: true }).catch(() => {});
      throw new CheckpointError("unwritable", join(folder, String(step)), (error as Error).message, { cause: error });
    }
  }

  /** Removes what an earlier process left half written or half deleted. */
  async function sweep(): Promise<void> {
    for (const name of await files.readdir(folder)) {
      if (name.startsWith(PARTIAL)) await files.rm(join(folder, name), { recursive: true, force: true });
    }
  }

  async function remove(step: number): Promise<void> {
    try {
      await removeFolder(files, folder, String(step), `${PARTIAL}${step}-removed`);
    } catch (error) {
      throw new CheckpointError("unwritable", join(folder, String(step)), (error as Error).message, { cause: error });
    }
  }

  return { steps, read, write, remove };
}

function encodeAll(parts: Checkpoint["parts"]): Map<string, Uint8Array> {
  const contents = new Map<string, Uint8Array>();
  for (const [part, snapshot] of Object.entries(parts)) {
    const encoded = encode(part, snapshot);
    for (const [i, name] of fileNames(part).entries()) contents.set(name, encoded[i]!);
  }
  return contents;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
