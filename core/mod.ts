/**
 * The public face of the core: what plugins are written with and pipelines are run by.
 *
 * Ops are together under `ops` (`ops.matmul`, `ops.relu`), as scalar expressions are under
 * `scalar`, so that no op and no stage ever compete for a name.
 *
 * @module
 */
export * from "./errors.ts";
export * from "./tensor/mod.ts";
export * from "./formats/mod.ts";
export * from "./graph/mod.ts";
export { defineOp, type ValueLike } from "./ops/mod.ts";
export * as ops from "./ops/mod.ts";
export * from "./declare/mod.ts";
export {
  type CheckedPipeline,
  type DataInput,
  describePipeline,
  type PipelineDescription,
  type Purpose,
  type StageDescription,
} from "./check/mod.ts";
export { compile, type Compiled, type CompileOptions } from "./compile.ts";
export { type Plan, printPlan, type Target } from "./plan/mod.ts";
export { type Device, devices, type DeviceSession, reference, wasmDevice } from "./devices/mod.ts";
export {
  type EvaluateResult,
  type ExecuteOptions,
  loadModel,
  type PredictResult,
  type Records,
  type RunEvent,
  saveModel,
  type Scores,
  type TrainedModel,
  type TrainedOptions,
  type TrainOptions,
  type TrainResult,
} from "./execute/mod.ts";
export { evaluate, predict, recordPorts, train } from "./verbs.ts";
