/**
 * Sugar for metrics: a traced stage that gives sums over a batch, and a function from the sums over
 * all batches to the metric. Sums are added up in float64, so a metric does not depend on batch size.
 *
 * @module
 */
import type { Value } from "../graph/mod.ts";
import type { Metric } from "./handles.ts";
import type { Schema } from "./schema.ts";
import type { BuildContext, InputPort, TracedInputs } from "./stage.ts";
import { defineStage } from "./define_stage.ts";

/** What a metric answers. */
export interface MetricDefinition<
  Options,
  Config,
  I extends Readonly<Record<string, InputPort>>,
  S extends string,
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
  sums(inputs: TracedInputs<I>, context: BuildContext<Config>): Readonly<Record<S, Value>>;
  /** The metric from the sums over all batches. */
  result(sums: Readonly<Record<S, Float64Array>>, config: Config): number;
}

/**
 * Defines a metric. `Call` is the signature it is wired by.
 *
 * @returns A function from options to a metric that can be called.
 */
// deno-lint-ignore no-explicit-any
export function defineMetric<Call extends (inputs: any) => Metric>(): <
  Options,
  Config,
  const I extends Readonly<Record<string, InputPort>>,
  S extends string,
>(
  definition: MetricDefinition<Options, Config, I, S>,
) => (options: Options) => Call {
  return (definition) => {
    const { sums, result, ...rest } = definition;
    return defineStage<Call>()({
      ...rest,
      kind: "traced",
      family: "metric",
      output: "metric",
      build: (inputs, context) => ({
        sums: sums(inputs, context),
        result: (totals) => result(totals as Parameters<typeof result>[0], context.config),
      }),
    });
  };
}
