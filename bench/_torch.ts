import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A PyTorch process that answers one JSON line for each JSON line. */
export interface Torch {
  ask(question: object): Promise<number[]>;
  stop(): void;
}

const VENV = fileURLToPath(new URL("./.venv", import.meta.url));
const PYTHON = `${VENV}/bin/python`;

/**
 * Starts a PyTorch worker, in a virtual environment made at the first use, with NumPy and the packages of `more`; `null`
 * where that does not work.
 */
export async function startTorch(worker: URL, threads: number, more: readonly string[] = []): Promise<Torch | null> {
  if (!existsSync(PYTHON) && spawnSync("python3", ["-m", "venv", VENV]).status !== 0) return null;
  // Installs nothing, and asks nobody, when all of them are there.
  const packages = ["torch==2.13.0", "numpy", ...more];
  if (spawnSync(PYTHON, ["-m", "pip", "install", "-q", ...packages]).status !== 0) return null;
  const env = { ...process.env, OMP_NUM_THREADS: String(threads), MKL_NUM_THREADS: String(threads) };
  const child = spawn(PYTHON, [fileURLToPath(worker), String(threads)], { env, stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ready = await lines.next();
  if (ready.done) return null;
  return {
    async ask(question) {
      child.stdin.write(`${JSON.stringify(question)}\n`);
      const { value } = await lines.next();
      return JSON.parse(value as string) as number[];
    },
    stop: () => child.kill(),
  };
}
