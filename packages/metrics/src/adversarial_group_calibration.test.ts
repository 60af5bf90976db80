import "@jem-js-internal/testing";
import { key } from "@jem-js/random/values";
import { golden } from "@jem-js-internal/testing";
import { expect, test } from "vitest";
import { adversarialGroupCalibration, predictiveCalibration } from "./mod.ts";

const { mean: means, std, targets, adversarial_mean, adversarial_std } = golden("peers").regression[0];
const forecast = { mean: means, std };

test("adversarialGroupCalibration() is that of uncertainty-toolbox, as far as 400 trials of each tell", () => {
  const options = { key: key(1), shares: [1e-9, 1 / 3, 2 / 3, 1], trials: 400, levels: 11 };
  const ours = adversarialGroupCalibration(forecast, targets, options);
  expect([...ours.sizes]).toEqual([2, 17, 33, 50]);
  for (const [k, expected] of adversarial_mean.entries()) {
    const error = (4 * Math.SQRT2 * adversarial_std[k]) / Math.sqrt(400);
    expect(Math.abs(ours.mean[k]! - expected)).toBeLessThanOrEqual(error + 1e-12);
    expect(Math.abs(ours.std[k]! - adversarial_std[k])).toBeLessThanOrEqual(0.3 * adversarial_std[k] + 1e-12);
  }
});

test("adversarialGroupCalibration() of all examples is the mean absolute error, and of few it is worse", () => {
  const { mean } = adversarialGroupCalibration(forecast, targets, { key: key(2) });
  expect(mean.at(-1)).toBeCloseTo(predictiveCalibration(forecast, targets, { levels: 100 }).meanAbsoluteError, 12);
  expect(mean[0]).toBeGreaterThan(mean[5]!);
  const again = adversarialGroupCalibration(forecast, targets, { key: key(2) });
  expect(again.mean).toEqual(mean);
});

test("adversarialGroupCalibration() of one example, of samples, and of options out of range", () => {
  const k = key(0);
  const one = adversarialGroupCalibration({ mean: [0], std: [1] }, [0], { key: k, trials: 1, shares: [0.5] });
  expect([...one.sizes, ...one.std]).toEqual([1, 0]);
  const sampled = adversarialGroupCalibration(
    {
      samples: [
        [0, 1],
        [1, 2],
      ],
    },
    [0.5, 1.5],
    { key: k },
  );
  expect(sampled.mean).toHaveLength(10);
  const fail =
    (options: object): (() => unknown) =>
    () =>
      adversarialGroupCalibration(forecast, targets, { key: k, ...options });
  expect(fail({ shares: [0] })).toThrow("shares must be in (0, 1] but found 0 at 0");
  expect(fail({ shares: [] })).toThrow("shares must have at least 1 number but found 0");
  expect(fail({ groups: 0 })).toThrow("groups must be an integer of at least 1 but found 0");
  expect(fail({ trials: 1.5 })).toThrow("trials must be");
  expect(fail({ levels: 1 })).toThrow("levels must be an integer of at least 2 but found 1");
});
