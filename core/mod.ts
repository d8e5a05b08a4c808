/**
 * The public face of the core: what plugins are written with and pipelines are run by.
 *
 * Ops are together under `ops` (`ops.matmul`, `ops.relu`), as scalar expressions are under
 * `scalar`, so that no op and no stage ever compete for a name.
 *
 * @module
 */
export * from "./errors.ts";
export { formatAmount, formatBytes, formatCount, listShort } from "./format.ts";
export * from "./tensor/mod.ts";
export * from "./formats/mod.ts";
export * from "./graph/mod.ts";
export { defineOp, type ValueLike } from "./ops/mod.ts";
export * as ops from "./ops/mod.ts";
export * from "./declare/mod.ts";
export {
  type CheckedPipeline,
  type DataInput,
  type DataPorts,
  describePipeline,
  type EpochNumbers,
  type LayerSummary,
  type MetricColumn,
  type MetricOutput,
  type Overrides,
  type PipelineDescription,
  type PipelineSummary,
  printSummary,
  type Purpose,
  type ResolvedPipeline,
  type ResolvedStage,
  type SequenceStage,
  type StageDescription,
  type StageFlow,
  summarize,
  type TracedGraph,
} from "./check/mod.ts";
export { compile, type Compiled, type CompileOptions } from "./compile.ts";
export {
  type Access,
  type Anchor,
  type Buffer,
  type Command,
  type FormulaOperand,
  type Kernel,
  type Limits,
  type OpAnchor,
  type Operand,
  type OperandOf,
  type PlainOperand,
  type Plan,
  type PlanNotes,
  type Port,
  type Precision,
  printPlan,
  type Reach,
  type ReduceAnchor,
  type Region,
  type Result,
  type Target,
  type VariableLayout,
  type VariableSlot,
} from "./plan/mod.ts";
export {
  type Availability,
  type BufferRange,
  type Device,
  devices,
  type DeviceSession,
  type Executable,
  type KeptBatch,
  type KeptRows,
  type PrepareOptions,
  reference,
  type ReferenceDevice,
  type ReferenceSession,
  type RowColumn,
  type RunQueue,
  type RunTimes,
  type SessionOptions,
  wasmDevice,
  type WasmDeviceOptions,
  webgpuDevice,
} from "./devices/mod.ts";
export {
  type BySplit,
  type EvaluateResult,
  type ExecuteOptions,
  type FileReader,
  type InvalidSplit,
  type KernelProfile,
  type LoadedWeights,
  loadModel,
  type LoopProfile,
  type PredictResult,
  type Records,
  type RunEvent,
  saveModel,
  type Scores,
  type ScoreTables,
  type SplitPrediction,
  type StageProfile,
  type StepProfile,
  type TrainedModel,
  type TrainedOptions,
  type TrainOptions,
  type TrainProfile,
  type TrainResult,
} from "./execute/mod.ts";
export { evaluate, predict, predictSplit, recordPorts, train } from "./verbs.ts";
export {
  type Equation,
  explain,
  type ExplainOptions,
  type Explanation,
  type ExplanationBlock,
  explanationOf,
  type ExplanationSection,
  printExplanation,
  type SampledNumbers,
  type UpdateTable,
} from "./explain/mod.ts";
export { type ReportOptions, writeReport } from "./report/mod.ts";
