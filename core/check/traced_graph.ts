/**
 * What tracing gives: a graph, with what the runtime must know of it.
 *
 * @module
 */
import type { DType } from "../tensor/mod.ts";
import type { Graph } from "../graph/mod.ts";
import type { DataPort, TracedMetric } from "../declare/mod.ts";
import type { StageFlow } from "./flows.ts";
import type { EpochNumbers } from "./updates.ts";

/** A fed input that data flows into. */
export interface DataInput {
  /** `"stage.port"`, as the graph's input is named. */
  readonly name: string;
  /** Path of the loader or host stage that the data comes from. */
  readonly stage: string;
  /** Output port of that stage. */
  readonly port: string;
  /** What the port carries, per row. */
  readonly data: DataPort;
}

/** Elements of all batches that a metric keeps. */
export interface MetricColumn {
  /** Name of the graph's output. */
  readonly output: string;
  /** Element type. */
  readonly dtype: DType;
}

/** A metric of the graph: which outputs hold what it gathers. */
export interface MetricOutput {
  /** Path of the metric's stage. */
  readonly name: string;
  /** Output names of the sums, by sum. */
  readonly sums: Readonly<Record<string, string>>;
  /** What is kept of every batch, by column. */
  readonly columns: Readonly<Record<string, MetricColumn>>;
  /** The metric from the sums and columns over all batches. */
  readonly result: TracedMetric["result"];
}

/** The graph of a purpose, with what the runtime must know of it. */
export interface TracedGraph {
  /** The ops, not yet differentiated. */
  readonly graph: Graph;
  /** Rows in a batch, for which every shape is known. */
  readonly batchSize: number;
  /** The data that the graph reads, by fed input. */
  readonly data: readonly DataInput[];
  /** Output names of losses: the stages' names. */
  readonly losses: readonly string[];
  /** Those of them that are made small: what a run reports as its one loss is their sum. */
  readonly finalLosses: readonly string[];
  /** The metrics that the graph computes, in the order of the stages. */
  readonly metrics: readonly MetricOutput[];
  /** Numbers that the end of an epoch sets anew. */
  readonly epochNumbers: readonly EpochNumbers[];
  /** What flows out of the stages that were built, those inside a stage before it. */
  readonly flows: readonly StageFlow[];
  /** Names of the classes that the predicted output's last axis stands for, or of its columns, where known. */
  readonly names?: readonly string[];
}
