/**
 * Sugar for layers: a traced stage from one tensor (and what else it reads, as a mask) to a tensor, with
 * parameters that are made from the input's shape, and a `build` that reads like the formula.
 *
 * @module
 */
import type { DType, Shape, TensorSpec } from "../tensor/mod.ts";
import type { Value, Variable } from "../graph/mod.ts";
import type { AnyHandle } from "./handles.ts";
import type { Schema } from "./schema.ts";
import type { InputPort } from "./definition.ts";
import type { BuildContext, Initializer, Stage, TracedDefinition, TracedInputs } from "./stage.ts";
import { defineStage } from "./define_stage.ts";

/** Shape and first values of a parameter. */
export interface ParameterSpec {
  /** Its shape, without a batch axis. */
  readonly shape: Shape;
  /** What draws its first values, from the run's seed and the parameter's path. */
  readonly initializer: Initializer;
}

/** What a layer makes of its configuration and input: parameters by name, `undefined` where there is none. */
export type ParameterSpecs = Readonly<Record<string, ParameterSpec | undefined>>;

/** Shape and first contents of a variable that a layer keeps itself, such as a running mean. */
export interface StateSpec {
  /** Its shape, without a batch axis. */
  readonly shape: Shape;
  /** What every element is at first; 0 when absent. */
  readonly value?: number;
}

/** What a layer keeps from step to step, by name. */
export type StateSpecs = Readonly<Record<string, StateSpec>>;

/** Input ports that a layer has besides `x`: of one tensor each, as masks are. */
export type MorePorts = Readonly<
  Record<string, InputPort<"tensor"> & { readonly variadic?: never }>
>;

/** Nothing by any name: no parameters, no state, no port but `x`. */
export type Nothing = Readonly<Record<never, never>>;

/** Shapes and element types of a layer's other ports; `undefined` where one stays unconnected. */
export type MoreSpecs<I extends MorePorts> = {
  readonly [port in keyof I]: I[port] extends { readonly optional: true } ? TensorSpec | undefined
    : TensorSpec;
};

/**
 * What a layer's `build` is given: the input as `x`, what its other ports read, each parameter by its
 * name, and each variable of its state, whose `value` is read and which `context.update` sets.
 */
export type LayerValues<
  P extends ParameterSpecs,
  S extends StateSpecs,
  I extends MorePorts = Nothing,
> =
  & { readonly x: Value }
  & TracedInputs<I>
  & { readonly [name in keyof P]: undefined extends P[name] ? Value | undefined : Value }
  & { readonly [name in keyof S]: Variable };

/** What a layer answers. */
export interface LayerDefinition<
  Options,
  Config,
  P extends ParameterSpecs,
  S extends StateSpecs,
  I extends MorePorts = Nothing,
> {
  /** Name of the kind of layer, as `"dense"`. */
  readonly name: string;
  /** The one source of defaults, limits and messages. */
  readonly config: Schema<Options, Config>;
  /** The mathematics in one line, for `explain`. */
  readonly formula?: string;
  /** Number of axes of `x`, the batch included; any when absent. */
  readonly rank?: number;
  /** Element types of `x`; f32 when absent. */
  readonly dtypes?: readonly DType[];
  /** Input ports besides `x`, which is the first. */
  readonly inputs?: I;
  /** Names of the tensors that it gives besides its output, each by `context.give`. */
  readonly moreOutputs?: readonly string[];
  /** The trainable parameters. */
  parameters?(config: Config, x: TensorSpec, more: MoreSpecs<I>): P;
  /**
   * What the layer keeps from step to step beside its parameters. It is saved with the model and has
   * no gradient; no optimizer sets it, but the layer itself does, while it trains.
   */
  state?(config: Config, x: TensorSpec): S;
  /** Stages inside this one, by name. */
  children?(config: Config): Readonly<Record<string, Stage>>;
  /** The layer in ops, as it trains. */
  build(values: LayerValues<P, S, I>, context: BuildContext<Config>): Value;
  /** The layer in ops, as it evaluates and predicts, where that differs. */
  buildInference?(values: LayerValues<P, S, I>, context: BuildContext<Config>): Value;
}

/**
 * Defines a layer. `Call` is the signature it is wired by.
 *
 * @returns A function from options to a layer that can be called or chained.
 *
 * @example
 * ```ts
 * import { defineLayer, type Dim, ones, ops, type Tensor } from "@millrace/millrace";
 * import { z } from "zod";
 *
 * const scale = defineLayer<<S extends readonly Dim[]>(x: Tensor<S>) => Tensor<S>>()({
 *   name: "scale",
 *   config: z.object({}),
 *   formula: "y = gain · x",
 *   parameters: () => ({ gain: { shape: [], initializer: ones() } }),
 *   build: ({ x, gain }) => ops.mul(x, gain),
 * });
 * scale({});
 * ```
 */
export function defineLayer<
  // deno-lint-ignore no-explicit-any
  Call extends (x: any) => AnyHandle | Readonly<Record<string, AnyHandle>>,
>(): <
  Options,
  Config,
  P extends ParameterSpecs = Nothing,
  S extends StateSpecs = Nothing,
  const I extends MorePorts = Nothing,
>(definition: LayerDefinition<Options, Config, P, S, I>) => (options: Options) => Call {
  return <
    Options,
    Config,
    P extends ParameterSpecs,
    S extends StateSpecs,
    const I extends MorePorts,
  >(definition: LayerDefinition<Options, Config, P, S, I>) => {
    const { parameters, state, build, buildInference, rank, dtypes = ["f32"], inputs, ...rest } =
      definition;
    type Ports = { readonly x: InputPort<"tensor"> } & I;
    const values = (
      given: TracedInputs<Ports>,
      context: BuildContext<Config>,
    ): LayerValues<P, S, I> => {
      const read = given as Readonly<Record<string, Value | undefined>>;
      const made: Record<string, Value | Variable | undefined> = { ...read };
      const x = read.x!.spec;
      const more = Object.fromEntries(
        Object.keys(inputs ?? {}).map((port) => [port, read[port]?.spec]),
      ) as MoreSpecs<I>;
      const specs: ParameterSpecs = parameters?.(context.config, x, more) ?? {};
      for (const [name, spec] of Object.entries(specs)) {
        if (spec !== undefined) made[name] = context.parameter(name, spec);
      }
      const kept: StateSpecs = state?.(context.config, x) ?? {};
      for (const [name, spec] of Object.entries(kept)) made[name] = context.state(name, spec);
      return made as LayerValues<P, S, I>;
    };
    const stage: TracedDefinition<Options, Config, Ports, "tensor"> = {
      ...rest,
      kind: "traced",
      family: "layer",
      inputs: {
        x: { kind: "tensor", dtypes, ...(rank === undefined ? {} : { rank }) },
        ...inputs,
      } as Ports,
      output: "tensor",
      build: (given, context) => build(values(given, context), context),
      ...(buildInference === undefined ? {} : {
        buildInference: (given, context) => buildInference(values(given, context), context),
      }),
    };
    return defineStage<Call>()(stage);
  };
}
