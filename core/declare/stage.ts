/**
 * The contract of a stage. A stage is made by its options and called with what it reads; calling it
 * runs nothing. A definition says what a kind of stage is: a **loader** (opens rows), a **rows**
 * stage (opens the rows of others in a way of its own: a part of them, or several together), a
 * **host** stage (maps batches in TypeScript), or a **traced** stage (its `build` is called once with
 * symbolic values and calls ops).
 *
 * @module
 */
import type { Elements, HostTensor, RandomStream, Shape } from "../tensor/mod.ts";
import type { Value, Variable } from "../graph/mod.ts";
import type { DefinitionBase, InputPort } from "./definition.ts";
import type { AnyHandle, PortKind } from "./handles.ts";
import type { HostDefinition } from "./host_stage.ts";
import type { LoaderDefinition, RowsDefinition } from "./row_stage.ts";
import type { ScheduleContext } from "./schedule.ts";
import type { Score } from "./score.ts";

/** Class labels in a traced stage. */
export interface TracedLabels {
  /** Class numbers, `[batch]`, u8 or i32. */
  readonly value: Value;
  /** Number of classes; class numbers are below it. */
  readonly classes: number;
  /** Names of the classes, by number. */
  readonly names?: readonly string[];
  /** Name of the column of a table that they are read from. */
  readonly column?: string;
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

/** What a table is made of. */
export interface ConstantOptions {
  /** Its shape. */
  readonly shape: Shape;
  /** Computes its elements, row-major. */
  values(): Float32Array;
}

/** What a stage's `build` may ask for. */
export interface BuildContext<Config> {
  /** The stage's full configuration. */
  readonly config: Config;
  /** Path of the stage, as `"logits.dense1"`. */
  readonly path: string;
  /** Number of the step, from 1, as u32 scalar. */
  readonly step: Value;
  /**
   * For a stage with `sequences`: the number of steps that the graph is made for. That of its input in
   * the graph that everything is checked by.
   */
  readonly steps: number | undefined;
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
  /**
   * A table that follows from the configuration and the shapes of the inputs alone, `path.name`. It is
   * made when the pipeline is run, and saved neither with the model nor in checkpoints.
   */
  constant(name: string, options: ConstantOptions): Value;
  /** Names of the columns of a tensor, its last axis, where they are known: those of a table, to begin with. */
  columnsOf(value: Value): readonly string[] | undefined;
  /**
   * Names the columns of what the stage gives. A transform that changes no shape keeps those of its first
   * input unless it names others.
   */
  nameColumns(names: readonly string[] | undefined): void;
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
  /** Gives one of the definition's `moreOutputs`. */
  give(output: string, value: Value): void;
  /** What a child stage that is built has given besides its first output. */
  given(child: string, output: string): Value;
}

/** One pass over the training split before training. */
export interface FitContext<Config> {
  /** The stage's full configuration. */
  readonly config: Config;
  /** Batches of the stage's tensor and labels inputs, by port. */
  readonly batches: AsyncIterable<Readonly<Record<string, HostTensor>>>;
}

/**
 * Sequences that are shorter than the tensor that holds them: a stage whose first input comes right from
 * a loader or host stage is built once for each number of steps, and batches are made of rows of like
 * lengths, so that a program computes no more steps than the longest row of its batch has.
 */
export interface Sequences<Config> {
  /** The numbers of steps that programs are made for, ascending; the last is that of the tensor. */
  stepsOf(config: Config, shape: Shape): readonly number[];
  /**
   * How many steps of a row count.
   *
   * @param row Elements of the row, without the batch axis.
   */
  lengthOf(row: Elements, options: { readonly config: Config; readonly shape: Shape }): number;
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
  /** What the first output carries, the port `output`: it is what `build` returns. */
  readonly output: K;
  /**
   * Names of tensors that it gives besides, each by `context.give`. Calling the stage then returns a
   * record of handles, by these names and `output`.
   */
  readonly moreOutputs?: readonly string[];
  /** How its sequences may be shorter than their tensor. */
  readonly sequences?: Sequences<Config>;
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
