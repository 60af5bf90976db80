import {
  checkTraining,
  type NetworkInput,
  type NetworkState,
  scoreNetwork,
  type TrainingOptions,
  trainNetwork,
} from "./_binary_network.ts";
import { detectorOf } from "./_method.ts";
import type { Needs, Reading } from "./_reading.ts";
import type { Detector } from "./detector.ts";

/** What a detector that is a trained network is made of. */
export interface NetworkDetector {
  readonly name: string;
  readonly options: TrainingOptions & Readonly<Record<string, unknown>>;
  readonly needs: Needs;
  /** What the network takes in of a reading. */
  inputsOf(reading: Reading): NetworkInput[];
}

/** A detector that is a network trained to tell validation examples from out-of-distribution ones. */
export function networkDetector({ name, options, needs, inputsOf }: NetworkDetector): Detector<true> {
  checkTraining(`create ${name}`, options);
  return detectorOf<NetworkState, true>({
    name,
    tuned: true,
    options,
    needs: () => needs,
    fit() {
      const pieces: NetworkInput[][] = [];
      const labels: boolean[] = [];
      const collect =
        (isOut: boolean) =>
        (reading: Reading): void => {
          pieces.push(inputsOf(reading));
          for (let i = 0; i < reading.size; i++) labels.push(isOut);
        };
      return {
        rounds: [
          [
            { over: "validation", visit: collect(false) },
            { over: "outOfDistribution", visit: collect(true) },
          ],
        ],
        finish: () =>
          trainNetwork(
            pieces[0]!.map(({ shape }, i) => ({ shape, data: joined(pieces.map((piece) => piece[i]!.data)) })),
            labels,
            options,
          ),
      };
    },
    scorer: (state) => (reading) => scoreNetwork(state, inputsOf(reading)),
  });
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
