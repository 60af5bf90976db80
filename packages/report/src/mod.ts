/**
 * Figures and reports of a run, in Node: calibration, uncertainty, out-of-distribution detection, robustness, training,
 * energies and samples as standalone SVG (and PNG), grids of samples as PNG, and one self-contained HTML page.
 *
 * ```ts
 * import { htmlReport, reliabilityDiagram } from "@jem-js/report";
 *
 * const bins = [{ lower: 0.5, upper: 1, count: 80, meanConfidence: 0.9, accuracy: 0.8 }];
 * const svg = reliabilityDiagram([{ name: "JEM", bins }], { seed: 0 });
 * const html = htmlReport({
 *   title: "JEM on MNIST",
 *   sections: [{ heading: "Calibration", figures: [{ svg, alt: "Reliability diagram of JEM: ECE 10%" }] }],
 * });
 * ```
 *
 * @module
 */
export * from "./alt_text.ts";
export * from "./chain_filmstrip.ts";
export * from "./class_grid.ts";
export * from "./confidence_histogram.ts";
export * from "./detection_chart.ts";
export * from "./energy_histogram.ts";
export * from "./energy_landscape.ts";
export * from "./figure_options.ts";
export * from "./html_report.ts";
export * from "./learning_curve.ts";
export * from "./perturbation_grid.ts";
export * from "./precision_recall_curves.ts";
export * from "./reliability_diagram.ts";
export * from "./risk_coverage_curves.ts";
export * from "./robustness_curve.ts";
export * from "./roc_curves.ts";
export * from "./sample_grid.ts";
export * from "./score_histogram.ts";
export * from "./to_png.ts";
export * from "./training_curves.ts";
export * from "./uncertainty_error_plot.ts";
export * from "./uncertainty_map.ts";
