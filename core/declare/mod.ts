/**
 * Declaring: stages, typed handles, pipelines.
 *
 * @module
 */
export * from "./connections.ts";
export * from "./define_gradient_transform.ts";
export * from "./define_layer.ts";
export * from "./define_loss.ts";
export * from "./define_metric.ts";
export * from "./define_optimizer.ts";
export * from "./define_stage.ts";
export * from "./definition.ts";
export { freeze } from "./freeze.ts";
export * from "./handles.ts";
export * from "./host_stage.ts";
export type { State, StateValues } from "./parameter_state.ts";
export { whenDue } from "./parameter_state.ts";
export * from "./pipeline.ts";
export { mermaid, type PortTexts, type PrintOptions, printPipeline } from "./printer.ts";
export * from "./row_stage.ts";
export * from "./schedule.ts";
export * from "./schema.ts";
export type { Score, ScoreTable } from "./score.ts";
export * from "./stage.ts";
