/**
 * Declaring: stages, typed handles, pipelines.
 *
 * @module
 */
export * from "./define_layer.ts";
export * from "./define_loss.ts";
export * from "./define_metric.ts";
export * from "./define_optimizer.ts";
export * from "./define_stage.ts";
export * from "./handles.ts";
export * from "./pipeline.ts";
export { mermaid, type PortTexts, type PrintOptions, printPipeline } from "./printer.ts";
export * from "./schema.ts";
export type { Score, ScoreTable } from "./score.ts";
export * from "./stage.ts";
