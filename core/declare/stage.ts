/**
 * The contract of a stage. A stage is made by its options and called with what it reads; calling it
 * runs nothing. A definition says what a kind of stage is: a **loader** (opens rows), a **rows**
 * stage (opens the rows of others in a way of its own: a part of them, or several together), a
 * **host** stage (maps batches in TypeScript), or a **traced** stage (its `build` is called once with
 * symbolic values and calls ops).
 *
 * @module
 */
import type { DType, Elements, HostTensor, RandomStream, Shape } from "../tensor/mod.ts";
import type { Value, Variable } from "../graph/mod.ts";
import type { AnyHandle, PortKind } from "./handles.ts";
import type { ScheduleContext } from "./schedule.ts";
import type { Schema } from "./schema.ts";
import type { Score } from "./score.ts";

/** The families of stages. */
export type Family =
  | "loader"
  | "transform"
  | "layer"
  | "loss"
  | "backward"
  | "optimizer"
  | "metric";

/** Which part of the data a loader opens. */
export type Split = "train" | "validation" | "test";

/** What a data port carries, per row. */
export type DataPort =
  | {
    readonly kind: "tensor";
    readonly dtype: DType;
    /** Shape of one row, without the batch axis. */
    readonly shape: Shape;
    /** Names of the columns, for tables: as many as the row has elements, or one of text. */
    readonly columns?: readonly string[];
    /** The row is text: bytes of UTF-8, zeros after its end. Only of u8 with one axis. */
    readonly encoding?: "utf-8";
  }
  | {
    readonly kind: "labels";
    readonly dtype: "u8" | "i32";
    readonly classes: number;
    /** Names of the classes. */
    readonly names?: readonly string[];
    /** Name of the column, for tables. */
    readonly column?: string;
  };

/** A data port of one kind. */
export type DataPortOf<K extends DataPort["kind"]> = Extract<DataPort, { readonly kind: K }>;

/** Blocks of rows that lie together in a file, where one row costs about as much as its block. */
export interface RowBlocks {
  /** First row of each block, ascending from 0; the last block ends with the rows. */
  readonly begins: Uint32Array;
  /** How many blocks the source keeps in memory, at least 1: those that were read last. */
  readonly kept: number;
}

/**
 * Rows that can be read in any order. So is a file that is a stream by its format: as it is opened it
 * is passed over once, for an index of where its blocks begin, and what is read later is a few blocks,
 * whatever the file's length. There is no other contract for streams: a bounded shuffle is an order of
 * rows, a function of seed and epoch as any other, that keeps within `blocks.kept` blocks at a time.
 */
export interface RowSource {
  /** Number of rows. */
  readonly rows: number;
  /** How rows lie together; absent where every order of rows costs the same, as in memory. */
  readonly blocks?: RowBlocks;
  /** Hash of the data or of what identifies it, for the run's record. */
  readonly fingerprint?: string;
  /** Copies rows, one after the other, into one array per port. */
  read(rows: Uint32Array, into: Readonly<Record<string, Elements>>): void | Promise<void>;
  /** Lets go of files. */
  close?(): void;
}

/** What opening a loader is told. */
export interface OpenContext<Config> {
  /** The loader's full configuration. */
  readonly config: Config;
  /** The part of the data to open. */
  readonly split: Split;
  /** The run's seed, for a loader that makes or divides its rows by it. */
  readonly seed: number;
  /** The stage's path, for messages. */
  readonly path: string;
  /** Rows that are asked for at most, the first ones: a loader may read no more, and offer no more. */
  readonly limit?: number | undefined;
}

/** What all definitions have. */
export interface DefinitionBase<Options, Config> {
  /** Name of the kind of stage, as `"dense"`; a stage without a key is named after it. */
  readonly name: string;
  /** What the stage is for: the part it plays in a pipeline. */
  readonly family: Family;
  /** The one source of defaults, limits and messages. */
  readonly config: Schema<Options, Config>;
  /** The mathematics in one line, for `explain`: `"y = x · weight + bias"`. */
  readonly formula?: string;
}

/** A stage that opens rows of named, typed columns. */
export interface LoaderDefinition<Options = unknown, Config = unknown>
  extends DefinitionBase<Options, Config> {
  /** Tells a loader from the other definitions. */
  readonly kind: "loader";
  /** A loader is a family of its own. */
  readonly family: "loader";
  /** What each output port carries. Pure: nothing is read yet. */
  ports(config: Config): Readonly<Record<string, DataPort>>;
  /** Opens a split; `null` when there is no such split. */
  open(context: OpenContext<Config>): RowSource | null | Promise<RowSource | null>;
}

/** An input port that takes all the outputs of a loader, or of a stage that reads one. */
export interface RowsPort {
  /** What flows into it: whole rows. */
  readonly kind: "rows";
  /** Whether the port may stay unconnected. */
  readonly optional?: boolean;
}

/** The rows of a stage, as a rows stage reads them. */
export interface RowsInput {
  /** What each port carries. */
  readonly ports: Readonly<Record<string, DataPort>>;
  /** Opens a split; `null` when there is no such split. Whoever opens it closes it. */
  open(split: Split): Promise<RowSource | null>;
}

/** What opening a rows stage is told. */
export interface OpenRowsContext<Config> extends OpenContext<Config> {
  /** The stages whose rows it reads, by input port. */
  readonly inputs: Readonly<Record<string, RowsInput>>;
}

/** A stage that opens the rows of other stages in a way of its own. */
export interface RowsDefinition<Options = unknown, Config = unknown>
  extends DefinitionBase<Options, Config> {
  /** Tells a rows stage from the other definitions. */
  readonly kind: "rows";
  /** For all that reads it, it is a loader. */
  readonly family: "loader";
  /** Its input ports: each takes all the outputs of a loader or rows stage. */
  readonly inputs: Readonly<Record<string, RowsPort>>;
  /** What each output port carries. Pure: nothing is read yet. */
  ports(
    inputs: Readonly<Record<string, Readonly<Record<string, DataPort>>>>,
    config: Config,
  ): Readonly<Record<string, DataPort>>;
  /** Opens a split; `null` when there is no such split. */
  open(context: OpenRowsContext<Config>): RowSource | null | Promise<RowSource | null>;
}

/** Input ports of a host stage, by name. */
export type HostInputs = Readonly<Record<string, InputPort>>;

/** What a host stage reads of a batch: tensors with the batch axis first, by input port. */
export type HostBatch<I extends HostInputs> = {
  readonly [P in keyof I]: I[P] extends { readonly optional: true } ? HostTensor | undefined
    : HostTensor;
};

/** What the input ports of a host stage carry. */
export type HostPorts<I extends HostInputs> = {
  readonly [P in keyof I]: I[P] extends { readonly optional: true }
    ? HostPort<I[P]["kind"]> | undefined
    : HostPort<I[P]["kind"]>;
};

/** What an input port of some kind carries; of any kind, where that is not known. */
export type HostPort<K extends PortKind> = PortKind extends K ? DataPort
  : K extends DataPort["kind"] ? DataPortOf<K>
  : never;

/** What preparing to map batches is told. */
export interface PrepareContext<Config> {
  /** The stage's full configuration. */
  readonly config: Config;
  /** What `fit` found, by name: from the training split just now, or from the trained model. */
  readonly fitted: Readonly<Record<string, HostTensor>>;
}

/** What mapping a batch is told. */
export interface MapContext<Config, Prepared = unknown> {
  /** The stage's full configuration. */
  readonly config: Config;
  /** What `prepare` gave. */
  readonly prepared: Prepared;
  /** Random numbers of this stage, epoch and step. */
  readonly random: RandomStream;
}

/** A stage that maps batches on the host. */
export interface HostDefinition<
  Options = unknown,
  Config = unknown,
  I extends HostInputs = HostInputs,
  Prepared = unknown,
> extends DefinitionBase<Options, Config> {
  /** Tells a host stage from the other definitions. */
  readonly kind: "host";
  /** What each input port takes, by name; a lone handle goes to the first. */
  readonly inputs: I;
  /** What each output port carries. Pure. */
  ports(inputs: HostPorts<I>, config: Config): Readonly<Record<string, DataPort>>;
  /** Computes what `prepare` is then given, from the training split. Saved with the model. */
  fit?(context: HostFitContext<Config, I>): Promise<Readonly<Record<string, HostTensor>>>;
  /** Gets ready what mapping takes: a vocabulary as a map. Once, before the first batch. */
  prepare?(context: PrepareContext<Config>): Prepared | Promise<Prepared>;
  /** Maps one batch; the batch axis is the first of every tensor. */
  map(
    batch: HostBatch<I>,
    context: MapContext<Config, Prepared>,
  ): Readonly<Record<string, HostTensor>> | Promise<Readonly<Record<string, HostTensor>>>;
}

/** What an input port takes. */
export interface InputPort<K extends PortKind = PortKind> {
  /** What must flow into it. */
  readonly kind: K;
  /** Element types taken; every type when absent. */
  readonly dtypes?: readonly DType[];
  /** Number of axes, the batch included; any when absent. */
  readonly rank?: number;
  /** That it takes text alone; absent: tensors of any meaning. */
  readonly encoding?: "utf-8";
  /** Whether the port may stay unconnected. */
  readonly optional?: boolean;
  /**
   * Whether the port takes any number of handles, given as an array: they are connected as `x1`, `x2`
   * and so on, and `build` gets an array.
   */
  readonly variadic?: boolean;
}

/** Class labels in a traced stage. */
export interface TracedLabels {
  /** Class numbers, `[batch]`, u8 or i32. */
  readonly value: Value;
  /** Number of classes; class numbers are below it. */
  readonly classes: number;
  /** Names of the classes, by number. */
  readonly names?: readonly string[];
}

/** A parameter with its gradient, in a traced stage. */
export interface ParameterGradient {
  /** The trainable parameter. */
  readonly parameter: Variable;
  /** Gradient of the loss by it; the same shape as the parameter. */
  readonly gradient: Value;
}

/** When gradients are applied, and the updates that are made of them. */
export interface UpdateTiming {
  /** Number of the update, from 1, as f32 scalar: that of the step, unless gradients are accumulated. */
  readonly step: Value;
  /** Mask, an f32 scalar: whether parameters and state change at this step; absent where they always do. */
  readonly isDue?: Value;
}

/** Gradients in a traced stage. */
export interface TracedGradients extends UpdateTiming {
  /** Each parameter with its gradient. */
  readonly parameters: readonly ParameterGradient[];
}

/** A parameter with the value that an update gives it, in a traced stage. */
export interface UpdatedParameter {
  /** The trainable parameter. */
  readonly parameter: Variable;
  /** Its value after the update; the same shape. */
  readonly value: Value;
}

/** New values of parameters in a traced stage. Those that no other stage reads are set after the step. */
export interface TracedUpdate extends UpdateTiming {
  /** Each parameter with its new value. */
  readonly parameters: readonly UpdatedParameter[];
}

/** A metric in a traced stage: what is gathered of a batch, and what it comes to in the end. */
export interface TracedMetric {
  /** Values that are added up over batches, in float64 on the host. */
  readonly sums: Readonly<Record<string, Value>>;
  /** Values whose elements are kept on the host, those of all batches one after the other. */
  readonly columns: Readonly<Record<string, Value>>;
  /** The metric from the sums and columns, by name. */
  result(gathered: Readonly<Record<string, Elements>>): Score;
}

/** What flows through ports while a stage is traced. */
export interface Traced {
  /** A tensor, the batch axis first. */
  readonly tensor: Value;
  /** One class number per row. */
  readonly labels: TracedLabels;
  /** The scalar to be made small. */
  readonly loss: Value;
  /** Parameters, each with the gradient of the loss by it. */
  readonly gradients: TracedGradients;
  /** Parameters, each with the value it is to have after the step. */
  readonly update: TracedUpdate;
  /** What is gathered of the batch, and what it comes to. */
  readonly metric: TracedMetric;
}

/** Traced inputs of ports. */
export type TracedInputs<I extends Readonly<Record<string, InputPort>>> = {
  readonly [P in keyof I]: I[P] extends { readonly variadic: true }
    ? readonly Traced[I[P]["kind"]][]
    : I[P] extends { readonly optional: true } ? Traced[I[P]["kind"]] | undefined
    : Traced[I[P]["kind"]];
};

/** Samples the first values of a parameter. */
export interface Initializer {
  /** Name, for the record. */
  readonly name: string;
  /**
   * Throws for a shape that it cannot fill, as a parameter is declared: so the check tells of it, with the
   * stage. Every shape when absent.
   */
  requireShape?(shape: Shape): void;
  /** Draws the elements of a shape. */
  sample(shape: Shape, random: RandomStream): Float32Array;
}

/** What state begins with, and what it is for. */
export interface StateOptions {
  /** Its shape. */
  readonly shape: Shape;
  /** What every element is at first. Default 0; what stands in for a parameter begins as that. */
  readonly value?: number;
  /** The parameter it belongs to. */
  readonly of?: Variable;
  /** Whether it stands in for that parameter wherever the model evaluates, predicts and is saved. */
  readonly standsIn?: boolean;
}

/** What a stage's `build` may ask for. */
export interface BuildContext<Config> {
  /** The stage's full configuration. */
  readonly config: Config;
  /** Path of the stage, as `"logits.dense1"`. */
  readonly path: string;
  /** Number of the step, from 1, as u32 scalar. */
  readonly step: Value;
  /** A trainable parameter `path.name`. */
  parameter(name: string, options: { shape: Shape; initializer: Initializer }): Value;
  /**
   * A variable that lives on between steps. What belongs to a parameter, and what is made by a stage
   * that gives gradients or an update, is part of a run and its checkpoints, not of the model.
   */
  state(name: string, options: StateOptions): Variable;
  /** Numbers of the stage that are set anew at the end of each epoch. */
  eachEpoch: ScheduleContext["eachEpoch"];
  /** What `fit` found under this name. */
  fitted(name: string, shape: Shape): Value;
  /** Sets a variable's value after the step. */
  update(variable: Variable, value: Value): void;
  /** Uniform numbers in [0, 1), new at every step, of this stage's own stream. */
  random(shape: Shape): Value;
  /**
   * Every parameter that a gradient of a value can reach, in the order of making: not the frozen
   * ones, and none behind `ops.stopGradient`.
   */
  parametersOf(value: Value): readonly Variable[];
  /** Builds a child stage in this one's place, below its path, with what flows into its first port. */
  child<K extends PortKind = "tensor">(name: string, input: Traced[PortKind]): Traced[K];
  /** Builds a child stage that has several ports, with what flows into each connection, by name. */
  childWith<K extends PortKind = "tensor">(
    name: string,
    inputs: Readonly<Record<string, Traced[PortKind]>>,
  ): Traced[K];
}

/** One pass over the training split before training, for a host stage. */
export interface HostFitContext<Config, I extends HostInputs = HostInputs> {
  /** The stage's full configuration. */
  readonly config: Config;
  /** What flows into the stage's ports, batch by batch. */
  readonly batches: AsyncIterable<HostBatch<I>>;
}

/** One pass over the training split before training. */
export interface FitContext<Config> {
  /** The stage's full configuration. */
  readonly config: Config;
  /** Batches of the stage's tensor and labels inputs, by port. */
  readonly batches: AsyncIterable<Readonly<Record<string, HostTensor>>>;
}

/** A stage whose `build` is called once with symbolic values and calls ops. */
export interface TracedDefinition<
  Options = unknown,
  Config = unknown,
  I extends Readonly<Record<string, InputPort>> = Readonly<Record<string, InputPort>>,
  K extends PortKind = PortKind,
> extends DefinitionBase<Options, Config> {
  /** Tells a traced stage from the other definitions. */
  readonly kind: "traced";
  /** What each input port takes, by name; a lone handle goes to the first. */
  readonly inputs: I;
  /** What the one output carries. */
  readonly output: K;
  /** Stages inside this one, by name: what `sequential` chains. */
  children?(config: Config): Readonly<Record<string, Stage>>;
  /** Computes what `context.fitted` then gives, from the training split. Saved with the model. */
  fit?(context: FitContext<Config>): Promise<Readonly<Record<string, HostTensor>>>;
  /** The stage in ops, as it trains. */
  build(inputs: TracedInputs<I>, context: BuildContext<Config>): Traced[K];
  /** The stage in ops, as it evaluates and predicts, where that differs. */
  buildInference?(inputs: TracedInputs<I>, context: BuildContext<Config>): Traced[K];
}

/** Any definition. */
export type StageDefinition =
  | LoaderDefinition
  | RowsDefinition
  | HostDefinition
  | TracedDefinition;

/** A stage as made by its options, before it is wired. Calling it wires it. */
export interface Stage {
  /** What its kind of stage answers. */
  readonly definition: StageDefinition;
  /** Its options as written, not yet validated. */
  readonly options: unknown;
  /** The stage that this one is the frozen form of: see `freeze`. */
  readonly freezes?: Stage;
}

/** A stage with what it is wired to. */
export interface StageCall extends Stage {
  /** The stage that was called: one for all its calls, which share parameters. */
  readonly called: Stage;
  /** What is connected to each input port. */
  readonly inputs: Readonly<Record<string, AnyHandle | undefined>>;
}

/** The stage that parameters belong to: one for all calls of a stage and of its frozen form. */
export function identityOf(stage: Stage): Stage {
  return stage.freezes ?? stage;
}

/** Whether calls of one stage share what it holds: layers and transforms do. */
export function isShareable({ definition }: Stage): boolean {
  return definition.kind === "traced" && definition.output === "tensor";
}
