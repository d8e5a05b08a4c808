/**
 * What running a pipeline takes and gives.
 *
 * @module
 */
import type { HostTensor } from "../tensor/mod.ts";
import type { Split } from "../declare/mod.ts";
import type { PipelineDescription } from "../check/mod.ts";

/** Options of every verb. */
export interface ExecuteOptions {
  /** Device by name; `"auto"` takes the best that is there. Default `"wasm"`. */
  readonly device?: string;
  /** Threads; results never depend on it. */
  readonly threads?: number;
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
  /** Steps between `step` events; default 50. */
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

/** Losses and metrics by the names of their stages. */
export type Scores = Readonly<Record<string, number>>;

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
    /** Epoch and step gone on from; 0 in a fresh run. */
    readonly fromEpoch: number;
    readonly fromStep: number;
  }
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
    readonly seconds: number;
    readonly samplesPerSecond: number;
    readonly train: Scores;
    readonly validation?: Scores;
  }
  | { readonly kind: "evaluation"; readonly split: Split; readonly scores: Scores }
  | { readonly kind: "checkpoint"; readonly step: number; readonly path: string }
  | { readonly kind: "message"; readonly text: string };

/** What `train` gives. */
export interface TrainResult {
  readonly pipeline: string;
  readonly device: string;
  readonly threads: number;
  readonly seed: number;
  readonly epochs: number;
  readonly steps: number;
  /** Of the training loop, evaluation left out. */
  readonly seconds: number;
  readonly samplesPerSecond: number;
  /** Seconds from the start of `train` to the end of the first step. */
  readonly secondsToFirstStep: number;
  /** Mean loss of the last epoch. */
  readonly loss: number;
  readonly metrics: {
    readonly train: Scores;
    readonly validation?: Scores;
    readonly test?: Scores;
  };
  /** Number of trainable elements. */
  readonly parameters: number;
  readonly runDirectory: string | null;
  /** Whether the signal stopped it before the end. */
  readonly stopped: boolean;
  readonly model: TrainedModel;
}

/** What `evaluate` gives. */
export interface EvaluateResult {
  readonly pipeline: string;
  readonly device: string;
  readonly split: Split;
  readonly rows: number;
  readonly seconds: number;
  readonly scores: Scores;
}

/** Records to predict from: a tensor per data port that the output needs, by `"stage.port"`. */
export type Records = Readonly<Record<string, HostTensor>>;

/** What `predict` gives. */
export interface PredictResult {
  readonly pipeline: string;
  readonly device: string;
  /** Name of the stage whose output it is. */
  readonly output: string;
  readonly rows: number;
  /** `[rows, …]` */
  readonly values: HostTensor;
  /** Names of the classes or columns of the output's last axis, where they are known. */
  readonly names?: readonly string[];
}
