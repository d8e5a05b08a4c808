/**
 * Sugar for what stands between a backward pass and an optimizer, and is itself a part of one: a
 * stage from gradients to gradients that treats each parameter by itself.
 *
 * @module
 */
import type { Value } from "../graph/mod.ts";
import type { Gradients } from "./handles.ts";
import { keepState, type State, type StateValues } from "./parameter_state.ts";
import type { Schema } from "./schema.ts";
import { defineStage } from "./define_stage.ts";

/** What a transform's `update` is given, for one parameter. */
export interface GradientInputs<S extends StateValues> {
  /** The parameter. */
  readonly param: Value;
  /** Its gradient, or what the transforms before made of it. */
  readonly grad: Value;
  /** Path of the parameter, as `"logits.dense1.weight"`. */
  readonly path: string;
  /** The state of this parameter. */
  readonly state: State<S>;
  /** Number of the update, from 1, as f32 scalar. */
  readonly step: Value;
}

/** What a transform of gradients answers. */
export interface GradientTransformDefinition<Options, Config, S extends StateValues> {
  /** Name of the kind of transform, as `"clipByValue"`. */
  readonly name: string;
  /** The one source of defaults, limits and messages. */
  readonly config: Schema<Options, Config>;
  /** The mathematics in one line, for `explain`. */
  readonly formula?: string;
  /** First value of each piece of state, which has the parameter's shape. */
  init(config: Config): S;
  /** Refuses what does not fit the parameters, by throwing. */
  verify?(parameters: readonly string[], config: Config): void;
  /** What goes on in the gradient's place, and the state after the step. */
  update(
    inputs: GradientInputs<S>,
    config: Config,
  ): { readonly grad: Value; readonly state: State<S> };
}

/** The signature of a transform of gradients. */
export type GradientTransformCall = (gradients: Gradients) => Gradients;

/**
 * Defines a transform of gradients. What needs all gradients at once, as their global norm does, is
 * written with `defineStage`.
 *
 * @returns A function from options to a stage that can be called with gradients.
 *
 * @example
 * ```ts
 * import { defineGradientTransform, ops } from "@millrace/millrace";
 * import { z } from "zod";
 *
 * const scale = defineGradientTransform({
 *   name: "scale",
 *   config: z.object({ factor: z.number().default(1) }),
 *   init: () => ({}),
 *   update: ({ grad }, { factor }) => ({ grad: ops.mul(grad, factor), state: {} }),
 * });
 * scale({ factor: 0.5 });
 * ```
 */
export function defineGradientTransform<Options, Config, S extends StateValues>(
  definition: GradientTransformDefinition<Options, Config, S>,
): (options: Options) => GradientTransformCall {
  const { init, verify, update, ...rest } = definition;
  return defineStage<GradientTransformCall>()({
    ...rest,
    kind: "traced",
    family: "optimizer",
    inputs: { gradients: { kind: "gradients" } },
    output: "gradients",
    build: ({ gradients }, context) => {
      const { config } = context;
      const { parameters, ...timing } = gradients;
      verify?.(parameters.map(({ parameter }) => parameter.path), config);
      const changed = parameters.map(({ parameter, gradient }) => {
        const { grad } = keepState(
          init(config),
          { context, timing, of: parameter },
          (state) =>
            update({
              param: parameter.value,
              grad: gradient,
              path: parameter.path,
              state,
              step: timing.step,
            }, config),
        );
        return { parameter, gradient: grad };
      });
      return { ...timing, parameters: changed };
    },
  });
}
