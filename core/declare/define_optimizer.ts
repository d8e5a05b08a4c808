/**
 * Sugar for optimizers: two pure builders, one for the state of a parameter and one for its update,
 * written in ops, so that the update of all parameters is one fused kernel and its state is saved
 * with the model.
 *
 * @module
 */
import type { Value } from "../graph/mod.ts";
import { cast, constantLike } from "../ops/mod.ts";
import type { Gradients, ParameterUpdate } from "./handles.ts";
import type { Schema } from "./schema.ts";
import { defineStage } from "./define_stage.ts";

/** A learning rate that changes with the step, as ops. */
export interface Schedule {
  /** Name, for the record. */
  readonly name: string;
  /** The learning rate at a step, counted from 1, both f32 scalars. */
  rate(step: Value): Value;
}

/** First value of each piece of an optimizer's state, by name; `undefined` where there is none. */
export type StateValues = Readonly<Record<string, number | undefined>>;

/** The state of one parameter, which has the parameter's shape. */
export type State<S extends StateValues> = {
  readonly [name in keyof S]: undefined extends S[name] ? Value | undefined : Value;
};

/** What an optimizer's `update` is given, for one parameter. */
export interface UpdateInputs<S extends StateValues> {
  /** The parameter. */
  readonly param: Value;
  /** Gradient of the loss by the parameter. */
  readonly grad: Value;
  /** The state of this parameter. */
  readonly state: State<S>;
  /** Number of the step, from 1, as f32 scalar. */
  readonly step: Value;
  /** The learning rate at this step, as f32 scalar. */
  readonly learningRate: Value;
}

/** What an optimizer answers. */
export interface OptimizerDefinition<
  Options,
  Config extends { readonly learningRate: number | Schedule },
  S extends StateValues,
> {
  /** Name of the kind of optimizer, as `"adam"`. */
  readonly name: string;
  /** The one source of defaults, limits and messages; has the field `learningRate`. */
  readonly config: Schema<Options, Config>;
  /** The mathematics in one line, for `explain`. */
  readonly formula?: string;
  /** First value of each piece of state, which has the parameter's shape. */
  init(config: Config): S;
  /** The parameter and its state after the step. */
  update(
    inputs: UpdateInputs<S>,
    config: Config,
  ): { readonly param: Value; readonly state: State<S> };
}

/** The signature of an optimizer. */
export type OptimizerCall = (gradients: Gradients) => ParameterUpdate;

/**
 * Defines an optimizer.
 *
 * @returns A function from options to an optimizer that can be called with gradients.
 *
 * @example
 * ```ts
 * import { defineOptimizer, ops } from "@millrace/millrace";
 * import { z } from "zod";
 *
 * const signDescent = defineOptimizer({
 *   name: "signDescent",
 *   config: z.object({ learningRate: z.number().positive().default(0.001) }),
 *   init: () => ({}),
 *   update: ({ param, grad, learningRate }) => ({
 *     param: ops.sub(param, ops.mul(learningRate, ops.sign(grad))),
 *     state: {},
 *   }),
 * });
 * signDescent({ learningRate: 0.01 });
 * ```
 */
export function defineOptimizer<
  Options,
  Config extends { readonly learningRate: number | Schedule },
  S extends StateValues,
>(
  definition: OptimizerDefinition<Options, Config, S>,
): (options: Options) => OptimizerCall {
  const { init, update, ...rest } = definition;
  return defineStage<OptimizerCall>()({
    ...rest,
    kind: "traced",
    family: "optimizer",
    inputs: { gradients: { kind: "gradients" } },
    output: "update",
    build: ({ gradients }, context) => {
      const step = cast(context.step, "f32");
      const { learningRate } = context.config;
      const rate = typeof learningRate === "number"
        ? constantLike(step, learningRate)
        : learningRate.rate(step);
      return gradients.map(({ parameter, gradient }) => {
        const { shape } = parameter.spec;
        const slots = Object.entries(init(context.config)).flatMap(([name, value]) =>
          value === undefined
            ? []
            : [[name, context.state(name, { shape, value, of: parameter })] as const]
        );
        const state = Object.fromEntries(slots.map(([name, slot]) => [name, slot.value]));
        const next = update({
          param: parameter.value,
          grad: gradient,
          state: state as State<S>,
          step,
          learningRate: rate,
        }, context.config);
        context.update(parameter, next.param);
        const nextState: Readonly<Record<string, Value | undefined>> = next.state;
        for (const [name, slot] of slots) context.update(slot, nextState[name]!);
        return parameter;
      });
    },
  });
}
