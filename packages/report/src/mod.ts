/**
 * Figures and reports of a run, in Node: reliability diagrams, score histograms, robustness and training curves as
 * standalone SVG (and PNG), grids of samples as PNG, and one self-contained HTML page.
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
export * from "./figure_options.ts";
export * from "./html_report.ts";
export * from "./reliability_diagram.ts";
export * from "./robustness_curve.ts";
export * from "./sample_grid.ts";
export * from "./score_histogram.ts";
export * from "./to_png.ts";
export * from "./training_curves.ts";
