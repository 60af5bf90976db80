import type { Listener } from "@jem-js/trainer";

/** After how many iterations it is said once more, now without what is done once only. */
const AGAIN = 5;

/** Says how long an iteration takes and all of them will, where that is more than an hour. */
export function projection(name: string, iterations: number, log: (text: string) => void = console.log): Listener {
  const times: number[] = [];
  return (event) => {
    if (event.type !== "iteration" || times.length >= AGAIN) return;
    times.push(event.milliseconds);
    const seconds = Math.min(...times) / 1000;
    const hours = (seconds * iterations) / 3600;
    if (hours < 1 || (times.length > 1 && times.length < AGAIN)) return;
    log(
      `\n${name}: ${Number(seconds.toPrecision(3))} s an iteration; ${iterations} iterations would take ${Math.round(hours)} hours.`,
    );
  };
}
