import { totalmem } from "node:os";
import type { NativeBackend } from "./_backend.ts";

/** The share of the machine's (or the container's) memory that tensors may take unless the user says otherwise. */
const DEFAULT_SHARE = 0.8;

/** The memory limit, and the backend that it holds for once there is one. */
export const memory: { limit: number; backend: NativeBackend | null } = { limit: defaultLimit(), backend: null };

function defaultLimit(): number {
  const constrained = process.constrainedMemory?.() ?? 0;
  const total = totalmem();
  return Math.floor(DEFAULT_SHARE * (constrained > 0 && constrained < total ? constrained : total));
}
