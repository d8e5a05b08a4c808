/**
 * What running a pipeline takes and gives.
 *
 * @module
 */
import type { HostTensor } from "../tensor/mod.ts";
import type { InvalidRows, ScoreTable, Split } from "../declare/mod.ts";
import type { PipelineDescription } from "../check/mod.ts";
import type { Precision } from "../plan/mod.ts";
import type { LoadedWeights } from "./initial_weights.ts";
import type { TrainProfile } from "./profile.ts";

/** Options of every verb. */
export interface ExecuteOptions {
  /** Device by name; `"auto"` takes the best that is there. Default `"wasm"`. */
  readonly device?: string;
  /** Threads; results never depend on it. Default: as many as there are processors. */
  readonly threads?: number;
  /**
   * Workers that read rows which say how (images, sounds), ahead of the step; results never depend on
   * it. Default: one for each processor but one, at most 8, where a pass takes longer than 0.25 s; else 0.
   */
  readonly workers?: number;
  /** Configuration by path, as `{ "optimizer.learningRate": 0.01, "epochs": 3 }`. */
  readonly set?: Readonly<Record<string, unknown>>;
  /** Uses only the first rows of every split. */
  readonly limit?: number;
  /** Told of what happens, in order. */
  readonly onEvent?: (event: RunEvent) => void;
  /** Stops the run at the next step. */
  readonly signal?: AbortSignal;
}

/** Options of `train`. */
export interface TrainOptions extends ExecuteOptions {
  /** Where the run is kept: checkpoints, events, model, report. Nothing is written when absent. */
  readonly runDirectory?: string;
  /** Goes on from the newest good checkpoint of the run directory. */
  readonly resume?: boolean;
  /**
   * How steps store floats: `"full"`, the default, in 32 bits; `"mixed"` activations and cotangents in
   * 16, with losses scaled, on a device that can.
   */
  readonly precision?: Precision;
  /** Measures where the time goes, for `TrainResult.profile`; a step takes about 1 % longer. */
  readonly profile?: boolean;
  /**
   * Whether rows that fit are kept on a device to which every batch must be copied, a GPU, and batches
   * are gathered there; results are the same bits. Default true.
   */
  readonly keepRows?: boolean;
  /** Steps between logged `step` events; default 50. Listeners hear of a step at least every 200 ms. */
  readonly logEvery?: number;
}

/** Options of `evaluate` and `predict`: where the trained weights are. */
export interface TrainedOptions extends ExecuteOptions {
  /** A trained model: what `train` returned, or the path of a `model.safetensors`. */
  readonly model: TrainedModel | string;
}

/** Weights and fitted transforms with the description of their pipeline. */
export interface TrainedModel {
  /** Name of the pipeline. */
  readonly pipeline: string;
  /** Parameters and fitted values by path. */
  readonly tensors: Readonly<Record<string, HostTensor>>;
  /** The resolved pipeline as data. */
  readonly description: PipelineDescription;
}

/** Losses, and metrics that are numbers, by the names of their stages. */
export type Scores = Readonly<Record<string, number>>;

/** Metrics that are tables, by the names of their stages. */
export type ScoreTables = Readonly<Record<string, ScoreTable>>;

/** What is told of the training batches, and of the splits there are. */
export interface BySplit<T> {
  /** Of the last epoch's training batches. */
  readonly train: T;
  /** Of the validation split. */
  readonly validation?: T;
  /** Of the test split. */
  readonly test?: T;
}

/** What a loader found in one of its splits of rows that cannot be used. */
export interface InvalidSplit extends InvalidRows {
  /** Path of the loader. */
  readonly stage: string;
  /** The split. */
  readonly split: Split;
}

/** What happens during a run. */
export type RunEvent =
  | {
    readonly kind: "start";
    readonly pipeline: string;
    readonly device: string;
    readonly threads: number;
    readonly seed: number;
    readonly epochs: number;
    readonly stepsPerEpoch: number;
    readonly rows: number;
    readonly parameters: number;
    /** The losses that are made small, whose sum is reported as the loss of a step. */
    readonly lossOf: readonly string[];
    /** How steps store floats. */
    readonly precision: Precision;
    /** Epoch and step gone on from; 0 in a fresh run. */
    readonly fromEpoch: number;
    readonly fromStep: number;
  }
  | { readonly kind: "weights"; readonly loaded: LoadedWeights }
  | { readonly kind: "invalid" } & InvalidSplit
  | { readonly kind: "fit"; readonly stage: string; readonly seconds: number }
  | {
    readonly kind: "step";
    readonly epoch: number;
    readonly step: number;
    readonly loss: number;
    readonly samplesPerSecond: number;
  }
  | {
    readonly kind: "epoch";
    readonly epoch: number;
    readonly step: number;
    /** Seconds that its steps took; of an epoch that was resumed within, those since. */
    readonly seconds: number;
    /** Training rows per second of `seconds`. */
    readonly samplesPerSecond: number;
    readonly train: Scores;
    readonly validation?: Scores;
    /** Steps so far that changed nothing, with mixed precision: see `TrainResult`. */
    readonly skippedSteps?: number;
  }
  | { readonly kind: "evaluation"; readonly split: Split; readonly scores: Scores }
  | { readonly kind: "checkpoint"; readonly step: number; readonly path: string }
  | { readonly kind: "message"; readonly text: string };

/** What `train` gives. */
export interface TrainResult {
  /** Name of the pipeline. */
  readonly pipeline: string;
  /** Name of the device that trained it. */
  readonly device: string;
  /** Number of threads that the device ran on. */
  readonly threads: number;
  /** Number of workers that read rows. */
  readonly workers: number;
  /** How steps stored floats. */
  readonly precision: Precision;
  /**
   * With mixed precision, the steps that changed nothing, for a cotangent was larger than 16 bits hold:
   * they are among `steps`.
   */
  readonly skippedSteps?: number;
  /** Seed of the run. */
  readonly seed: number;
  /** Epochs finished, with those before a resume. */
  readonly epochs: number;
  /** Optimizer steps done, with those before a resume. */
  readonly steps: number;
  /** Of the training loop of this session, evaluation left out; steps before a resume are not in it. */
  readonly seconds: number;
  /** Training rows per second of `seconds`. */
  readonly samplesPerSecond: number;
  /** Seconds from the start of `train` to the end of the first step. */
  readonly secondsToFirstStep: number;
  /** Mean loss of the last epoch: the sum of those that are made small. */
  readonly loss: number;
  /** Names of the losses that `loss` is the sum of; each has its own score as well. */
  readonly lossOf: readonly string[];
  /** Losses and metrics: of the last epoch's training batches, and of the splits there are. */
  readonly metrics: BySplit<Scores>;
  /** The metrics that are tables, of the same rows; absent where there is none. */
  readonly tables?: BySplit<ScoreTables>;
  /** Rows that could not be used; absent where no loader leaves out or reports rows. */
  readonly invalid?: readonly InvalidSplit[];
  /** Number of elements of the parameters that training changes: without frozen ones. */
  readonly parameters: number;
  /** Path of the run directory; `null` when nothing was written. */
  readonly runDirectory: string | null;
  /** Whether the signal stopped it before the end. */
  readonly stopped: boolean;
  /** Where the time went; there when it was asked for and a step was taken. */
  readonly profile?: TrainProfile;
  /** The trained weights, as `evaluate`, `predict` and `saveModel` take them. */
  readonly model: TrainedModel;
}

/** What `evaluate` gives. */
export interface EvaluateResult {
  /** Name of the pipeline. */
  readonly pipeline: string;
  /** Name of the device that computed it. */
  readonly device: string;
  /** The split that was read. */
  readonly split: Split;
  /** Number of rows read. */
  readonly rows: number;
  /** Of planning, reading and computing; opening the device and loading the model left out. */
  readonly seconds: number;
  /** Losses and metrics over the rows. */
  readonly scores: Scores;
  /** The metrics that are tables; empty where there is none. */
  readonly tables: ScoreTables;
  /** Rows that could not be used; absent where no loader leaves out or reports rows. */
  readonly invalid?: readonly InvalidSplit[];
}

/** Records to predict from: a tensor per data port that the output needs, by `"stage.port"`. */
export type Records = Readonly<Record<string, HostTensor>>;

/** What `predict` gives. */
export interface PredictResult {
  /** Name of the pipeline. */
  readonly pipeline: string;
  /** Name of the device that computed it. */
  readonly device: string;
  /** Name of the stage whose output it is. */
  readonly output: string;
  /** Number of records predicted. */
  readonly rows: number;
  /** `[rows, …]` */
  readonly values: HostTensor;
  /** Names of the classes or columns of the output's last axis, where they are known. */
  readonly names?: readonly string[];
}
