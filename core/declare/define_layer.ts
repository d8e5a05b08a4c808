/**
 * Sugar for layers: a traced stage from one tensor to one tensor, with parameters that are made from
 * the input's shape, and a `build` that reads like the formula.
 *
 * @module
 */
import type { Shape, TensorSpec } from "../tensor/mod.ts";
import type { Value, Variable } from "../graph/mod.ts";
import type { AnyHandle } from "./handles.ts";
import type { Schema } from "./schema.ts";
import type { BuildContext, Initializer, InputPort, Stage, TracedDefinition } from "./stage.ts";
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

/**
 * What a layer's `build` is given: the input as `x`, each parameter by its name, and each variable of
 * its state, whose `value` is read and which `context.update` sets.
 */
export type LayerValues<P extends ParameterSpecs, S extends StateSpecs> =
  & { readonly x: Value }
  & { readonly [name in keyof P]: undefined extends P[name] ? Value | undefined : Value }
  & { readonly [name in keyof S]: Variable };

/** What a layer answers. */
export interface LayerDefinition<
  Options,
  Config,
  P extends ParameterSpecs,
  S extends StateSpecs,
> {
  /** Name of the kind of layer, as `"dense"`. */
  readonly name: string;
  /** The one source of defaults, limits and messages. */
  readonly config: Schema<Options, Config>;
  /** The mathematics in one line, for `explain`. */
  readonly formula?: string;
  /** Number of axes of the input, the batch included; any when absent. */
  readonly rank?: number;
  /** The trainable parameters. */
  parameters?(config: Config, x: TensorSpec): P;
  /**
   * What the layer keeps from step to step beside its parameters. It is saved with the model and has
   * no gradient; no optimizer sets it, but the layer itself does, while it trains.
   */
  state?(config: Config, x: TensorSpec): S;
  /** Stages inside this one, by name. */
  children?(config: Config): Readonly<Record<string, Stage>>;
  /** The layer in ops, as it trains. */
  build(values: LayerValues<P, S>, context: BuildContext<Config>): Value;
  /** The layer in ops, as it evaluates and predicts, where that differs. */
  buildInference?(values: LayerValues<P, S>, context: BuildContext<Config>): Value;
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
// deno-lint-ignore no-explicit-any
export function defineLayer<Call extends (x: any) => AnyHandle>(): <
  Options,
  Config,
  P extends ParameterSpecs = Readonly<Record<never, never>>,
  S extends StateSpecs = Readonly<Record<never, never>>,
>(definition: LayerDefinition<Options, Config, P, S>) => (options: Options) => Call {
  return <Options, Config, P extends ParameterSpecs, S extends StateSpecs>(
    definition: LayerDefinition<Options, Config, P, S>,
  ) => {
    const { parameters, state, build, buildInference, rank, ...rest } = definition;
    const values = (x: Value, context: BuildContext<Config>): LayerValues<P, S> => {
      const made: Record<string, Value | Variable> = { x };
      const specs: ParameterSpecs = parameters?.(context.config, x.spec) ?? {};
      for (const [name, spec] of Object.entries(specs)) {
        if (spec !== undefined) made[name] = context.parameter(name, spec);
      }
      const kept: StateSpecs = state?.(context.config, x.spec) ?? {};
      for (const [name, spec] of Object.entries(kept)) made[name] = context.state(name, spec);
      return made as LayerValues<P, S>;
    };
    const stage: TracedDefinition<Options, Config, { readonly x: InputPort<"tensor"> }, "tensor"> =
      {
        ...rest,
        kind: "traced",
        family: "layer",
        inputs: { x: { kind: "tensor", dtypes: ["f32"], ...(rank === undefined ? {} : { rank }) } },
        output: "tensor",
        build: ({ x }, context) => build(values(x, context), context),
        ...(buildInference === undefined ? {} : {
          buildInference: ({ x }, context) => buildInference(values(x, context), context),
        }),
      };
    return defineStage<Call>()(stage);
  };
}
