/**
 * Pipeline -> Graph: configuration, wiring, shapes. Every issue is gathered before failing.
 *
 * @module
 */
export { check, type CheckedPipeline, traceFor } from "./check.ts";
export * from "./describe.ts";
export { type Difference, pipelineDifferences, stageDifferences } from "./differences.ts";
export { portTexts } from "./port_texts.ts";
export { batchSpec, type DataPorts, givesRows } from "./ports.ts";
export type { Overrides } from "./overrides.ts";
export type { ResolvedPipeline, ResolvedStage } from "./resolve.ts";
export type { Purpose } from "./purpose.ts";
export { type LayerSummary, type PipelineSummary, printSummary, summarize } from "./summary.ts";
export { type SequenceStage, type SequenceSteps } from "./sequences.ts";
export type { StageFlow } from "./flows.ts";
export { applyUpdate, type EpochNumbers } from "./updates.ts";
export type { DataInput, MetricColumn, MetricOutput, TracedGraph } from "./traced_graph.ts";
