/**
 * Sugar for optimizers: pure builders, one for the state of a parameter and one for its update,
 * written in ops, so that the update of all parameters is one fused kernel and its state is saved
 * with the run.
 *
 * @module
 */
import type { Value } from "../graph/mod.ts";
import { constantLike } from "../ops/mod.ts";
import type { Gradients, ParameterUpdate } from "./handles.ts";
import { keepState, type State, type StateValues } from "./parameter_state.ts";
import type { Schedule } from "./schedule.ts";
import type { Schema } from "./schema.ts";
import type { BuildContext, UpdateTiming } from "./stage.ts";
import { defineStage } from "./define_stage.ts";

/** First value of each number that an optimizer keeps once for all parameters, by name. */
export type SharedValues = Readonly<Record<string, number>>;

/** What the numbers that are kept once are computed from. */
export interface SharedInputs<T extends SharedValues> {
  /** The numbers, as f32 scalars. */
  readonly shared: State<T>;
  /** Number of the update, from 1, as f32 scalar. */
  readonly step: Value;
}

/** What an optimizer's `update` is given, for one parameter. */
export interface UpdateInputs<S extends StateValues, T extends SharedValues = SharedValues> {
  /** The parameter. */
  readonly param: Value;
  /** Gradient of the loss by the parameter. */
  readonly grad: Value;
  /** Path of the parameter, as `"logits.dense1.weight"`. */
  readonly path: string;
  /** The state of this parameter. */
  readonly state: State<S>;
  /** The numbers that are kept once, as they are after this step; f32 scalars. */
  readonly shared: State<T>;
  /** Number of the update, from 1, as f32 scalar. */
  readonly step: Value;
  /** The learning rate at this step, as f32 scalar. */
  readonly learningRate: Value;
  /** A setting at this step, as f32 scalar: a number, or what its schedule says. */
  at(setting: string): Value;
}

/** What an optimizer answers. */
export interface OptimizerDefinition<
  Options,
  Config extends { readonly learningRate: number | Schedule },
  S extends StateValues,
  T extends SharedValues = Record<never, never>,
> {
  /** Name of the kind of optimizer, as `"adam"`. */
  readonly name: string;
  /** The one source of defaults, limits and messages; has the field `learningRate`. */
  readonly config: Schema<Options, Config>;
  /** The mathematics in one line, for `explain`. */
  readonly formula?: string;
  /** First value of each piece of state, which has the parameter's shape. */
  init(config: Config): S;
  /** First value of each number that is kept once for all parameters; none when absent. */
  initShared?(config: Config): T;
  /** These numbers after the step. */
  updateShared?(inputs: SharedInputs<T>, config: Config): State<T>;
  /** Refuses what does not fit the parameters, by throwing. */
  verify?(parameters: readonly string[], config: Config): void;
  /** The parameter and its state after the step. */
  update(
    inputs: UpdateInputs<S, T>,
    config: Config,
  ): { readonly param: Value; readonly state: State<S> };
}

/** The signature of an optimizer. */
export type OptimizerCall = (gradients: Gradients) => ParameterUpdate;

/**
 * Defines an optimizer.
 *
 * State changes, and `step` counts, only where an update is due: an optimizer behind
 * `accumulateGradients` needs nothing of its own for it.
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
  T extends SharedValues = Record<never, never>,
>(
  definition: OptimizerDefinition<Options, Config, S, T>,
): (options: Options) => OptimizerCall {
  const { init, initShared, updateShared, verify, update, ...rest } = definition;
  return defineStage<OptimizerCall>()({
    ...rest,
    kind: "traced",
    family: "optimizer",
    inputs: { gradients: { kind: "gradients" } },
    output: "update",
    build: ({ gradients }, context) => {
      const { config } = context;
      const { parameters, ...timing } = gradients;
      const { step } = timing;
      verify?.(parameters.map(({ parameter }) => parameter.path), config);
      const at = settingsAt(timing, context);
      const learningRate = at("learningRate");
      const first = initShared?.(config) ?? {} as T;
      const { state: shared } = keepState(first, { context, timing }, (shared) => ({
        state: updateShared?.({ shared, step }, config) ?? shared,
      }));
      const updated = parameters.map(({ parameter, gradient }) => {
        const { param } = keepState(
          init(config),
          { context, timing, of: parameter },
          (state) =>
            update({
              param: parameter.value,
              grad: gradient,
              path: parameter.path,
              state,
              shared,
              step,
              learningRate,
              at,
            }, config),
        );
        return { parameter, value: param };
      });
      return { ...timing, parameters: updated };
    },
  });
}

/** Settings that may change with the step, by the names of their fields. */
function settingsAt(
  { step }: UpdateTiming,
  context: BuildContext<unknown>,
): (setting: string) => Value {
  const config = context.config as Readonly<Record<string, number | Schedule | undefined>>;
  const known = new Map<string, Value>();
  return (setting) => {
    const found = known.get(setting);
    if (found !== undefined) return found;
    const given = config[setting];
    if (given === undefined) {
      throw new RangeError(`Cannot read setting "${setting}": the configuration has none`);
    }
    const value = typeof given === "number" ? constantLike(step, given) : given.value(step, {
      eachEpoch: (name, rule) => context.eachEpoch(`${setting}.${name}`, rule),
    });
    known.set(setting, value);
    return value;
  };
}
