/**
 * Plan -> results: programs on a device, the training loop, evaluation, prediction, checkpoints.
 *
 * @module
 */
export {
  type CellPlace,
  cellReader,
  listOf,
  numberOf,
  numberReader,
  type ReadCell,
  shown,
  someNumber,
  textOfCell,
} from "./cells.ts";
export { Engine, type Lower, type Lowered, type LowerOptions, type Program } from "./engine.ts";
export { evaluateSplit } from "./evaluation.ts";
export { type Feed, openFeed } from "./feed.ts";
export { PipelineRows } from "./open_rows.ts";
export { fitStages } from "./fit.ts";
export { shuffled } from "./order.ts";
export type { LoadedWeights } from "./initial_weights.ts";
export { mostWorkers, RowWorkers } from "./row_workers.ts";
export { encodeModel, loadModel, requireModelFits, saveModel } from "./model.ts";
export { type FileReader, fileReader } from "./record_files.ts";
export { predictRecords, predictSplit, recordInputs, type SplitPrediction } from "./prediction.ts";
export type {
  KernelProfile,
  LoopProfile,
  StageProfile,
  StepProfile,
  TrainProfile,
} from "./profile.ts";
export { Profiler } from "./profiler.ts";
export { recordedPrecision } from "./run_directory.ts";
export { runTraining } from "./training.ts";
export * from "./types.ts";
