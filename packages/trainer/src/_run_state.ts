import type { Key } from "@jem-js/random";
import { HISTORY } from "./_window.ts";
import type { Checkpointable } from "./checkpointable.ts";
import type { TermsRow } from "./recovery.ts";

/** What the loop itself knows. */
export interface RunState extends Checkpointable {
  /** The last iterations, the oldest first. */
  readonly history: readonly TermsRow[];
  /** Remembers an iteration. */
  record(row: TermsRow): void;
}

/** The state of a run with the key `key`; a checkpoint of a run with another key does not fit. */
export function runState(key: Key): RunState {
  let history: TermsRow[] = [];
  return {
    get history(): readonly TermsRow[] {
      return history;
    },
    record(row) {
      history = [...history.slice(1 - HISTORY), row];
    },
    snapshot: () => ({ values: { key: [...key], history }, arrays: {} }),
    restore({ values }) {
      const found = JSON.stringify(values.key);
      if (found !== JSON.stringify(key)) {
        throw new TypeError(`Cannot restore the run: its key must be ${JSON.stringify(key)} but is ${found}`);
      }
      history = [...(values.history as TermsRow[])];
    },
  };
}
