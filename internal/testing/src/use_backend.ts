import { getBackend, setBackend } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll } from "vitest";

/** Runs the tests of the surrounding `describe` on a backend, and goes back to the one before. */
export function useBackend(name: string): void {
  let before: string;
  beforeAll(async () => {
    before = getBackend();
    await setBackend(name);
  });
  afterAll(async () => {
    await setBackend(before);
  });
}
