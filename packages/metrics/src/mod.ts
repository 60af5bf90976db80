/**
 * Calibration and ranking metrics in float64, on plain or typed arrays and without dependencies. Matrices are rows, or
 * `{ data, shape }`; positives are expected to have the larger scores.
 *
 * ```ts
 * import { auroc, expectedCalibrationError } from "@jem-js/metrics";
 *
 * auroc([0.9, 0.8, 0.4], [0.5, 0.3]); // 5 of 6 pairs in order: 0.8333
 * expectedCalibrationError([[0.9, 0.1], [0.2, 0.8]], [0, 0], { bins: 10 }); // 0.45
 * ```
 *
 * @module
 */
export * from "./accuracy.ts";
export * from "./auroc.ts";
export * from "./average_precision.ts";
export * from "./brier_score.ts";
export * from "./detection_error.ts";
export * from "./expected_calibration_error.ts";
export * from "./fpr_at_tpr.ts";
export * from "./matrix.ts";
export * from "./negative_log_likelihood.ts";
export * from "./reliability_bins.ts";
export * from "./roc_curve.ts";
export * from "./temperature_scaling.ts";
