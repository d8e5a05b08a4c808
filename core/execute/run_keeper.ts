/**
 * What is kept of a training run, where it has a directory: events, checkpoints, the record, the
 * model; and whether a run may be gone on with.
 *
 * @module
 */
import { PipelineError, pipelineError } from "../errors.ts";
import type { HostTensor } from "../tensor/mod.ts";
import { sha256 } from "../formats/mod.ts";
import { describePipeline, type PipelineDescription } from "../check/mod.ts";
import { changesSince, type RunIdentity } from "./changes.ts";
import type { Engine } from "./engine.ts";
import type { Feed } from "./feed.ts";
import type { LoadedWeights } from "./initial_weights.ts";
import { saveModel } from "./model.ts";
import { type Checkpoint, requireCheckpointFits } from "./checkpoint.ts";
import type { RunDirectory } from "./run_directory.ts";
import type { RunEvent, TrainOptions, TrainResult } from "./types.ts";

/** Where training is, with the sums of its unfinished epoch. */
export type Position = Pick<Checkpoint, "epoch" | "stepInEpoch" | "step" | "scores">;

/** Keeps a run in its directory, or nowhere. */
export class RunKeeper {
  readonly #engine: Engine;
  #directory: RunDirectory | null;
  readonly #onEvent: TrainOptions["onEvent"];
  /** What the run is recorded by; only where it is kept, since it hashes the data. */
  readonly #identity: RunIdentity | null;
  #description: PipelineDescription | undefined;
  #checkpointed = -1;
  /** What the run started from, for its record. */
  initialWeights: readonly LoadedWeights[] = [];

  /** Keeps nothing yet. */
  constructor(
    engine: Engine,
    { directory, feed, options: { limit, onEvent } }: {
      /** `null` when nothing is to be kept. */
      readonly directory: RunDirectory | null;
      /** The training split. */
      readonly feed: Feed;
      readonly options: TrainOptions;
    },
  ) {
    this.#engine = engine;
    this.#directory = directory;
    this.#onEvent = onEvent;
    this.#identity = directory === null ? null : {
      pipeline: this.description,
      data: feed.fingerprints,
      rows: feed.rows,
      limit: limit ?? null,
      precision: engine.precision,
    };
  }

  /** The pipeline as data. */
  get description(): PipelineDescription {
    return this.#description ??= describePipeline(this.#engine.checked.resolved);
  }

  /** Path of the directory; `null` when nothing is kept. */
  get path(): string | null {
    return this.#directory?.path ?? null;
  }

  /** Path of the directory when it holds a checkpoint. */
  get resumable(): string | null {
    return this.#checkpointed < 0 ? null : this.path;
  }

  /** Logs an event, and tells the listener. */
  tell(event: RunEvent): void {
    this.#directory?.log(event);
    this.#onEvent?.(event);
  }

  /**
   * Reads the newest good checkpoint of a run that may be gone on with.
   *
   * @throws {PipelineError} When there is none, something has changed since, or nothing is left to do;
   * also when it lacks a variable.
   */
  async resume(): Promise<Checkpoint> {
    const directory = this.#directory;
    if (directory === null) {
      throw pipelineError({
        code: "resume",
        path: "",
        message: "Cannot resume: no run directory is given",
        hint: "name it with --run",
      });
    }
    const checkpoint = await directory.newestCheckpoint(
      (text) => this.tell({ kind: "message", text }),
    );
    await this.#requireResumable(directory, checkpoint);
    requireCheckpointFits(checkpoint, this.#engine.layout, { run: directory.path });
    const record = await directory.readRecord();
    if (Array.isArray(record?.initialWeights)) this.initialWeights = record.initialWeights;
    this.#checkpointed = checkpoint.step;
    return checkpoint;
  }

  /** A run goes on only with what it began with, and only where something is left to do. */
  async #requireResumable(directory: RunDirectory, checkpoint: Checkpoint): Promise<void> {
    const { path: run } = directory;
    const record = await directory.readRecord();
    if (checkpoint.fingerprint !== this.#fingerprint) {
      const changes = changesSince(record, this.#identity!, { run });
      if (changes.length > 0) throw new PipelineError(changes);
      throw pipelineError({
        code: "resume",
        path: "",
        message: `Cannot resume "${run}": the pipeline or its settings have changed`,
        hint: "resume with the pipeline and settings that the run began with, or train anew",
      });
    }
    const { epochs } = this.#engine.checked.resolved.run;
    const begun = checkpoint.epoch + (checkpoint.stepInEpoch > 0 ? 1 : 0);
    if (epochs < begun) {
      throw pipelineError({
        code: "resume",
        path: "epochs",
        message: `Cannot resume "${run}": it has gone further`,
        received: String(epochs),
        expected: `at least ${begun}`,
        hint: "epochs counts from the beginning of the run; for fewer, train anew",
      });
    }
    if (record?.finished === true && checkpoint.epoch === epochs) {
      throw pipelineError({
        code: "resume",
        path: "epochs",
        message: `Cannot resume "${run}": nothing is left to train`,
        received: String(epochs),
        hint: "raise epochs",
      });
    }
  }

  /** Saves where training is, unless that is saved already or there is nothing to save. */
  async checkpoint(
    position: Position,
    variables: () => Promise<Readonly<Record<string, HostTensor>>>,
  ): Promise<void> {
    const { step } = position;
    if (this.#directory === null || this.#checkpointed === step || step === 0) return;
    const path = await this.#directory.writeCheckpoint({
      ...position,
      fingerprint: this.#fingerprint,
      tensors: await variables(),
    });
    this.#checkpointed = step;
    this.tell({ kind: "checkpoint", step, path });
  }

  /** Writes `run.json`: of a run that begins, or with its results. */
  async record(result: TrainResult | null): Promise<void> {
    if (this.#directory === null) return;
    const { model: _, ...results } = result ?? { model: null };
    await this.#directory.writeRecord({
      millrace: 1,
      ...this.#identity,
      fingerprint: this.#fingerprint,
      device: this.#engine.device.name,
      threads: this.#engine.session.threads,
      versions: Deno.version,
      ...(this.initialWeights.length === 0 ? {} : { initialWeights: this.initialWeights }),
      finished: result !== null && !result.stopped,
      ...(result === null ? {} : { results }),
    });
  }

  /** Keeps nothing of a run that was stopped before its first step. */
  async abandon(): Promise<void> {
    await this.#directory?.discardUnused();
    this.#directory = null;
  }

  /** Saves what came out of a run, and its record. */
  async finish(result: TrainResult): Promise<void> {
    if (this.#directory === null) return;
    if (!result.stopped) await saveModel(this.#directory.modelPath, result.model);
    await this.record(result);
  }

  /** What a run depends on besides its variables; the number of epochs may be raised. */
  get #fingerprint(): string {
    const { pipeline, rows, data, precision } = this.#identity!;
    const { epochs: _, ...run } = pipeline.run;
    // as it was before there was a choice, so that older runs can be gone on with
    const own = precision === "full" ? [] : [precision];
    return sha256([JSON.stringify([{ ...pipeline, run }, rows, data, ...own])]);
  }
}
