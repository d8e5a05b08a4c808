/**
 * Sugar for metrics: a traced stage that says what is gathered of a batch, and a function from what
 * was gathered of all batches to the metric. Sums are added up in float64 and columns are kept whole,
 * so a metric does not depend on batch size.
 *
 * @module
 */
import type { Elements } from "../tensor/mod.ts";
import type { Value } from "../graph/mod.ts";
import type { Metric } from "./handles.ts";
import type { Schema } from "./schema.ts";
import type { Score } from "./score.ts";
import type { InputPort } from "./definition.ts";
import type { BuildContext, TracedInputs, TracedLabels } from "./stage.ts";
import { defineStage } from "./define_stage.ts";

/** What a metric's `result` is told beside what was gathered. */
export interface ResultContext<Config> {
  /** The stage's full configuration. */
  readonly config: Config;
  /** Names of the classes of the port `labels`, their numbers where they have none; none without labels. */
  readonly classes: readonly string[];
}

/** What a metric answers. */
export interface MetricDefinition<
  Options,
  Config,
  I extends Readonly<Record<string, InputPort>>,
  S extends string = never,
  C extends string = never,
> {
  /** Name of the kind of metric, as `"accuracy"`. */
  readonly name: string;
  /** The one source of defaults, limits and messages. */
  readonly config: Schema<Options, Config>;
  /** The mathematics in one line, for `explain`. */
  readonly formula?: string;
  /** What each input port takes, by name. */
  readonly inputs: I;
  /** What is added up over batches, by name. */
  sums?(inputs: TracedInputs<I>, context: BuildContext<Config>): Readonly<Record<S, Value>>;
  /**
   * What is kept of every row, by name: the elements of all batches stand one after the other, in host
   * memory (4 bytes each, of class numbers 1). For metrics that no sums tell, as an area under a curve.
   */
  columns?(inputs: TracedInputs<I>, context: BuildContext<Config>): Readonly<Record<C, Value>>;
  /** The metric from the sums and columns of all batches: a number, or a table. */
  result(
    gathered: Readonly<Record<S, Float64Array> & Record<C, Elements>>,
    context: ResultContext<Config>,
  ): Score;
}

/**
 * Defines a metric. `Call` is the signature it is wired by.
 *
 * @returns A function from options to a metric that can be called.
 *
 * @example
 * ```ts
 * import { defineMetric, type Dim, type Metric, ops, type Tensor } from "@millrace/millrace";
 * import { z } from "zod";
 *
 * const medianError = defineMetric<
 *   <B extends Dim>(i: {
 *     predictions: Tensor<readonly [B, 1]>;
 *     targets: Tensor<readonly [NoInfer<B>, 1]>;
 *   }) => Metric
 * >()({
 *   name: "medianError",
 *   config: z.object({}),
 *   inputs: { predictions: { kind: "tensor" }, targets: { kind: "tensor" } },
 *   columns: ({ predictions, targets }) => ({ errors: ops.abs(ops.sub(predictions, targets)) }),
 *   result: ({ errors }) => errors.toSorted()[errors.length >> 1]!,
 * });
 * medianError({});
 * ```
 */
// deno-lint-ignore no-explicit-any
export function defineMetric<Call extends (inputs: any) => Metric>(): <
  Options,
  Config,
  const I extends Readonly<Record<string, InputPort>>,
  S extends string = never,
  C extends string = never,
>(
  definition: MetricDefinition<Options, Config, I, S, C>,
) => (options: Options) => Call {
  return (definition) => {
    const { sums, columns, result, ...rest } = definition;
    return defineStage<Call>()({
      ...rest,
      kind: "traced",
      family: "metric",
      output: "metric",
      build: (inputs, context) => {
        const { labels } = inputs as { readonly labels?: TracedLabels };
        return {
          sums: sums?.(inputs, context) ?? {},
          columns: columns?.(inputs, context) ?? {},
          result: (gathered) =>
            result(gathered as Parameters<typeof result>[0], {
              config: context.config,
              classes: labels === undefined ? [] : labels.names ??
                Array.from({ length: labels.classes }, (_, i) => String(i)),
            }),
        };
      },
    });
  };
}
