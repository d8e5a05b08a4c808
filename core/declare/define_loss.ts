/**
 * Sugar for losses: a traced stage that gives a loss per example, weighted where there are weights of
 * examples or of classes, and reduced by the `reduction` of its configuration.
 *
 * @module
 */
import { formatShape, formatSpec, sameShape } from "../tensor/mod.ts";
import type { Value } from "../graph/mod.ts";
import { mean, mul, reduceSum, reshape } from "../ops/mod.ts";
import { weighByClass } from "./class_weights.ts";
import type { Dim, Loss, Tensor } from "./handles.ts";
import type { Schema } from "./schema.ts";
import type { InputPort } from "./definition.ts";
import type { BuildContext, TracedInputs, TracedLabels } from "./stage.ts";
import { defineStage } from "./define_stage.ts";

/** How losses of examples become one number: their mean over the batch, or their sum. */
export type Reduction = "mean" | "sum";

/** What the configuration of every loss has. */
export interface LossConfig {
  /** How losses of examples become one. */
  readonly reduction: Reduction;
  /** A weight for each class of the port `labels`, where the loss has one. */
  readonly classWeights?: readonly number[] | undefined;
}

/** A weight for each example of a batch `B`. */
export type SampleWeight<B extends Dim> = NoInfer<
  Tensor<readonly [B]> | Tensor<readonly [B, 1]> | Tensor<readonly [B, number]>
>;

/** The port that every loss has beside its own. */
export interface SampleWeighted<B extends Dim> {
  /** A weight for each example, `[batch]` or `[batch, 1]`; each counts once when absent. */
  readonly sampleWeight?: SampleWeight<B> | undefined;
}

/** What a loss answers. */
export interface LossDefinition<
  Options,
  Config extends LossConfig,
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
  /** The loss of each example, without any weight: `[batch]`. */
  perExample(inputs: TracedInputs<I>, context: BuildContext<Config>): Value;
}

const weightPort: InputPort<"tensor"> & { readonly optional: true } = {
  kind: "tensor",
  dtypes: ["f32"],
  optional: true,
};

/**
 * Defines a loss. `Call` is the signature it is wired by.
 *
 * Every loss has the optional port `sampleWeight`, one weight for each example; and where its
 * configuration has the field `classWeights`, each example is weighted by the class it has in the port
 * `labels`. With losses `l` of examples, the reduction `"mean"` is
 *
 *     loss = (1 / batch) Σ_i sampleWeight_i · classWeight_label(i) · l_i
 *
 * as Keras has it: the divisor is the number of rows, so that an example counts the same whatever
 * stands beside it in its batch, and a batch of zero weights gives 0. `"sum"` leaves the divisor out.
 * PyTorch's losses with class weights divide by the sum of the weights instead.
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
  Config extends LossConfig,
  const I extends Readonly<Record<string, InputPort>>,
>(definition: LossDefinition<Options, Config, I>) => (options: Options) => Call {
  return (definition) => {
    const { perExample, ...rest } = definition;
    return defineStage<Call>()({
      ...rest,
      kind: "traced",
      family: "loss",
      inputs: { ...rest.inputs, sampleWeight: weightPort },
      output: "loss",
      build: (inputs, context) => {
        const { reduction, classWeights } = context.config;
        let losses = perExample(inputs, context);
        if (losses.spec.shape.length !== 1) {
          throw new TypeError(
            `Cannot reduce the loss: received ${
              formatSpec(losses.spec)
            }, expected one number per example`,
          );
        }
        const { labels, sampleWeight } = inputs as {
          readonly labels?: TracedLabels;
          readonly sampleWeight?: Value;
        };
        if (classWeights !== undefined) {
          losses = weighByClass(losses, { labels, weights: classWeights });
        }
        if (sampleWeight !== undefined) losses = mul(losses, weightOfEach(sampleWeight, losses));
        return reduction === "sum" ? reduceSum(losses) : mean(losses);
      },
    });
  };
}

/** Weights of examples as `[batch]`. */
function weightOfEach(weight: Value, { spec: { shape } }: Value): Value {
  const found = weight.spec.shape;
  if (sameShape(found, shape)) return weight;
  if (sameShape(found, [...shape, 1])) return reshape(weight, shape);
  throw new TypeError(
    `Cannot weight the examples: received sampleWeight ${formatSpec(weight.spec)}, expected f32${
      formatShape(shape)
    } or f32${formatShape([...shape, 1])}`,
  );
}
