/**
 * Ranking, calibration, generative and predictive metrics in float64, on plain or typed arrays. Matrices are rows, or
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
export * from "./adversarial_group_calibration.ts";
export * from "./auroc.ts";
export * from "./average_precision.ts";
export * from "./bootstrap_examples_interval.ts";
export * from "./bootstrap_interval.ts";
export * from "./brier_decomposition.ts";
export * from "./brier_score.ts";
export * from "./classwise_calibration_error.ts";
export * from "./delong_interval.ts";
export * from "./detection_error.ts";
export * from "./expected_calibration_error.ts";
export * from "./feature_extractor.ts";
export * from "./feature_statistics.ts";
export * from "./fpr_at_tpr.ts";
export * from "./frechet_distance.ts";
export * from "./frechet_distance_infinity.ts";
export * from "./gaussian_crps.ts";
export * from "./generative_figures.ts";
export * from "./images.ts";
export * from "./inception_extractor.ts";
export * from "./inception_score.ts";
export * from "./interval.ts";
export * from "./interval_score.ts";
export * from "./isotonic_scaling.ts";
export * from "./kernel_distance.ts";
export * from "./kernel_distance_subsets.ts";
export * from "./manifold_metrics.ts";
export * from "./matmul.ts";
export * from "./matrix.ts";
export * from "./merge_feature_statistics.ts";
export * from "./model_extractor.ts";
export * from "./negative_log_likelihood.ts";
export * from "./pixel_extractor.ts";
export * from "./precision_recall_curve.ts";
export * from "./predictive_calibration.ts";
export * from "./predictive_log_likelihood.ts";
export * from "./quantile_score.ts";
export * from "./reliability_accumulator.ts";
export * from "./reliability_bins.ts";
export * from "./reliability_intervals.ts";
export * from "./resize_images.ts";
export * from "./risk_coverage_curve.ts";
export * from "./roc_curve.ts";
export * from "./sample_crps.ts";
export * from "./sample_forecast.ts";
export * from "./sparsification_curve.ts";
export * from "./spread_calibration.ts";
export * from "./temperature_scaling.ts";
export * from "./uncertainty_bounds.ts";
export * from "./vector_scaling.ts";
export * from "./wilson_interval.ts";
