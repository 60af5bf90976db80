import { CheckpointError } from "./checkpoint_error.ts";
import type { Checkpoint } from "./checkpoint_store.ts";
import type { Checkpointable, Snapshot } from "./checkpointable.ts";
import type { Listener } from "./events.ts";
import type { CheckpointOptions } from "./fit_options.ts";

/** The checkpoints of one run. */
export interface Checkpointing {
  /** Restores the newest checkpoint that is whole; returns its step, or 0 when there is none, and what was refused. */
  resume(): Promise<{ readonly step: number; readonly refused: readonly CheckpointError[] }>;
  /** Whether one is to be made after `step` iterations. */
  isDue(step: number): boolean;
  /** Makes a checkpoint, unless it is there; when it cannot be written the run is told and goes on. */
  save(step: number): Promise<void>;
  /**
   * Restores the `count`-th last regular checkpoint, or the oldest, and forgets those after it; returns its step, or
   * undefined when there is none. The step `failed`, if given, is passed over for the one before it.
   */
  rollBack(count: number, failed?: number): Promise<number | undefined>;
}

/**
 * The checkpoints of a run that consists of `parts`. With `keepsFirst` the first is kept as well: where all the last ones were
 * made when a divergence was already on its way, a run can only begin again.
 */
export function checkpointing(
  options: CheckpointOptions,
  parts: Readonly<Record<string, Checkpointable>>,
  tell: Listener,
  keepsFirst: boolean,
): Checkpointing {
  const { store, every = 100, keep = 3 } = options;
  for (const [name, value] of Object.entries({ every, keep })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`Cannot fit: checkpoints.${name} must be a positive integer but found ${value}`);
    }
  }
  /** The step of the state that is certainly in the store. */
  let saved: number | undefined;

  async function restore({ step, parts: found }: Checkpoint): Promise<void> {
    const [own, theirs] = [parts, found].map((of) => Object.keys(of).sort().join(", "));
    if (own !== theirs) {
      throw new CheckpointError("foreign", `checkpoint ${step}`, `its parts must be ${own} but are ${theirs}`);
    }
    for (const [name, part] of Object.entries(parts)) {
      try {
        await part.restore(found[name]!);
      } catch (error) {
        if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
        throw new CheckpointError("foreign", `part ${name} of checkpoint ${step}`, error.message, { cause: error });
      }
    }
    saved = step;
  }

  /** Restores the first of `steps` that is whole. */
  async function restoreFirst(steps: readonly number[]): Promise<{ step: number; refused: CheckpointError[] }> {
    const refused: CheckpointError[] = [];
    for (const step of steps) {
      let checkpoint: Checkpoint;
      try {
        checkpoint = await store.read(step);
      } catch (error) {
        if (!(error instanceof CheckpointError)) throw error;
        if (!isDamage(error)) throw withOffer(error, steps.length > 1);
        refused.push(error);
        continue;
      }
      await restore(checkpoint);
      return { step, refused };
    }
    const [first] = refused;
    if (!first) return { step: 0, refused };
    throw new CheckpointError(first.fault, first.path, `${first.reason}; no other checkpoint is whole`, {
      cause: first,
    });
  }

  async function snapshot(): Promise<Record<string, Snapshot>> {
    const snapshots: Record<string, Snapshot> = {};
    for (const [name, part] of Object.entries(parts)) snapshots[name] = await part.snapshot();
    return snapshots;
  }

  /** Keeps the last regular checkpoints, which alone are gone back to, and the newest: interruptions leave no trace. */
  async function prune(newest: number): Promise<void> {
    const steps = await store.steps();
    const regular = steps.filter((step) => isRegular(step) && step <= newest);
    const kept = new Set([...regular.slice(-keep), newest, ...(keepsFirst ? regular.slice(0, 1) : [])]);
    for (const step of steps) if (step < newest && !kept.has(step)) await store.remove(step);
  }

  function isRegular(step: number): boolean {
    return step % every === 0;
  }

  return {
    isDue: isRegular,
    resume: async () => restoreFirst((await store.steps()).reverse()),
    async save(step) {
      if (saved === step) return;
      await tell({ type: "checkpoint", step, status: "saving" });
      try {
        await store.write({ step, parts: await snapshot() });
        saved = step;
        await prune(step);
      } catch (error) {
        if (!(error instanceof CheckpointError)) throw error;
        return tell({ type: "checkpoint", step, status: "failed", error });
      }
      await tell({ type: "checkpoint", step, status: "saved" });
    },
    async rollBack(count, failed) {
      const regular = (await store.steps()).filter((step) => isRegular(step) && step <= (saved ?? 0)).reverse();
      if (regular.length === 0) return undefined;
      const oldest = regular.length - 1;
      const wanted = Math.min(count - 1, oldest);
      const { step } = await restoreFirst(
        regular.slice(regular[wanted] === failed ? Math.min(wanted + 1, oldest) : wanted),
      );
      for (const newer of await store.steps()) if (newer > step) await store.remove(newer);
      return step;
    },
  };
}

/** Whether a checkpoint is lost, so that the one before takes its place; any other may be whole. */
function isDamage({ fault }: CheckpointError): boolean {
  return fault === "truncated" || fault === "corrupted";
}

function withOffer(error: CheckpointError, hasOlder: boolean): CheckpointError {
  if (!hasOlder) return error;
  const reason = `${error.reason}; move its folder away to go on from the checkpoint before it`;
  return new CheckpointError(error.fault, error.path, reason, { cause: error });
}
