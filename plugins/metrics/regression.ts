/**
 * What the metrics of regression have in common.
 *
 * @module
 */
import { z } from "zod";
import {
  defineMetric,
  type Dim,
  lazySchema,
  type Matching,
  type Metric,
  ops,
  sizeOf,
  type Tensor,
  type Value,
} from "../../core/mod.ts";
import { requireSameShape } from "../shapes.ts";

/** Signature of metrics that compare predictions with targets of the same shape. */
export type RegressionMetric = <S extends readonly Dim[]>(inputs: {
  readonly predictions: Tensor<S>;
  readonly targets: Matching<S>;
}) => Metric;

/** What such a metric answers. */
export interface RegressionMetricDefinition<S extends string> {
  readonly name: string;
  readonly formula: string;
  /** What is added up over batches, of predictions and targets of one shape. */
  sums(inputs: {
    readonly predictions: Value;
    readonly targets: Value;
  }): Readonly<Record<S, Value>>;
  result(sums: Readonly<Record<S, Float64Array>>): number;
}

/** Defines a metric of predictions and targets, without options, which never broadcasts. */
export function defineRegressionMetric<S extends string>(
  { sums, ...definition }: RegressionMetricDefinition<S>,
): () => RegressionMetric {
  const stage = defineMetric<RegressionMetric>()({
    ...definition,
    config: lazySchema(() => z.strictObject({})),
    inputs: {
      predictions: { kind: "tensor", dtypes: ["f32"] },
      targets: { kind: "tensor", dtypes: ["f32"] },
    },
    sums({ predictions, targets }) {
      requireSameShape({ predictions, targets });
      return sums({ predictions, targets });
    },
  });
  return () => stage({});
}

/** Number of elements, to be added up over batches. */
export function countOf(value: Value): Value {
  return ops.constantLike(value, sizeOf(value.spec.shape));
}
