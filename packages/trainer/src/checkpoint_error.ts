/**
 * Why a checkpoint is refused or could not be written:
 *
 * - `"truncated"`: a file is missing or shorter than its manifest says;
 * - `"corrupted"`: a file is there, with other bytes than its manifest says;
 * - `"foreign"`: it is no checkpoint, or one of another run: other parts, shapes or key;
 * - `"newer"`: it was written by a later version of this package;
 * - `"unreadable"`, `"unwritable"`: the file system refused, with the reason as `cause`.
 */
export type CheckpointFault = "truncated" | "corrupted" | "foreign" | "newer" | "unreadable" | "unwritable";

/**
 * Thrown when a checkpoint is refused or cannot be written. Nothing has been changed, and checkpoints that were whole
 * still are.
 *
 * @example Usage
 * ```ts
 * import { CheckpointError } from "@jem-js/trainer";
 * import { expect } from "vitest";
 *
 * const error = new CheckpointError("truncated", "checkpoints/200/weights.bin", "it must have 80 bytes but has 64");
 * expect(error.message).toBe("Cannot use checkpoints/200/weights.bin: it must have 80 bytes but has 64");
 * expect(error.fault).toBe("truncated");
 * ```
 */
export class CheckpointError extends Error {
  override readonly name: string = "CheckpointError";
  /** What kind of fault it is. */
  readonly fault: CheckpointFault;
  /** The file or folder, or the name of the checkpoint where there is no file. */
  readonly path: string;
  /** What was expected and what was found. */
  readonly reason: string;

  /**
   * Makes the error.
   *
   * @param fault What kind of fault it is.
   * @param path The file or folder.
   * @param reason What was expected and what was found.
   * @param options The error that revealed it, if one did.
   */
  constructor(fault: CheckpointFault, path: string, reason: string, options?: ErrorOptions) {
    super(`Cannot ${fault === "unwritable" ? "write" : "use"} ${path}: ${reason}`, options);
    this.fault = fault;
    this.path = path;
    this.reason = reason;
  }
}
