/**
 * Sugar for losses: a traced stage that gives a loss per example, reduced by the `reduction` of its
 * configuration.
 *
 * @module
 */
import { formatSpec } from "../tensor/mod.ts";
import type { Value } from "../graph/mod.ts";
import { mean, reduceSum } from "../ops/mod.ts";
import type { Loss } from "./handles.ts";
import type { Schema } from "./schema.ts";
import type { BuildContext, InputPort, TracedInputs } from "./stage.ts";
import { defineStage } from "./define_stage.ts";

/** How losses of examples become one number: their mean over the batch, or their sum. */
export type Reduction = "mean" | "sum";

/** What a loss answers. */
export interface LossDefinition<
  Options,
  Config extends { readonly reduction: Reduction },
  I extends Readonly<Record<string, InputPort>>,
> {
  /** Name of the kind of loss, as `"meanSquaredError"`. */
  readonly name: string;
  /** The one source of defaults, limits and messages; has the field `reduction`. */
  readonly config: Schema<Options, Config>;
  /** The mathematics in one line, for `explain`. */
  readonly formula?: string;
  /** What each input port takes, by name: predictions, and what they are compared with. */
  readonly inputs: I;
  /** The loss of each example: `[batch]`. */
  perExample(inputs: TracedInputs<I>, context: BuildContext<Config>): Value;
}

/**
 * Defines a loss. `Call` is the signature it is wired by.
 *
 * @returns A function from options to a loss that can be called.
 *
 * @example
 * ```ts
 * import { defineLoss, type Dim, type Loss, ops, type Tensor } from "@millrace/millrace";
 * import { z } from "zod";
 *
 * const meanAbsolute = defineLoss<
 *   <B extends Dim>(i: {
 *     predictions: Tensor<readonly [B, 1]>;
 *     targets: Tensor<readonly [NoInfer<B>, 1]>;
 *   }) => Loss
 * >()({
 *   name: "meanAbsolute",
 *   config: z.object({ reduction: z.enum(["mean", "sum"]).default("mean") }),
 *   inputs: { predictions: { kind: "tensor" }, targets: { kind: "tensor" } },
 *   perExample: ({ predictions, targets }) =>
 *     ops.mean(ops.abs(ops.sub(predictions, targets)), { axes: [-1] }),
 * });
 * meanAbsolute({});
 * ```
 */
// deno-lint-ignore no-explicit-any
export function defineLoss<Call extends (inputs: any) => Loss>(): <
  Options,
  Config extends { readonly reduction: Reduction },
  const I extends Readonly<Record<string, InputPort>>,
>(definition: LossDefinition<Options, Config, I>) => (options: Options) => Call {
  return (definition) => {
    const { perExample, ...rest } = definition;
    return defineStage<Call>()({
      ...rest,
      kind: "traced",
      family: "loss",
      output: "loss",
      build: (inputs, context) => {
        const losses = perExample(inputs, context);
        if (losses.spec.shape.length !== 1) {
          throw new TypeError(
            `Cannot reduce the loss: received ${
              formatSpec(losses.spec)
            }, expected one number per example`,
          );
        }
        return context.config.reduction === "sum" ? reduceSum(losses) : mean(losses);
      },
    });
  };
}
