import { checkNotNegative, checkPositive } from "./_check.ts";
import type { Schedule } from "./schedule.ts";

/** Reads a schedule whose values are above 0, or at least 0 when `zero` is allowed; a number is checked at once. */
export function readSchedule(
  action: string,
  name: string,
  schedule: Schedule | undefined,
  zero: "zero" | "positive" = "positive",
): (step: number) => number {
  const check: (action: string, name: string, value: unknown) => void =
    zero === "zero" ? checkNotNegative : checkPositive;
  if (typeof schedule !== "function") {
    check(action, name, schedule);
    return () => schedule as number;
  }
  return (step) => {
    const value = schedule(step);
    check(`make step ${step}`, name, value);
    return value;
  };
}
