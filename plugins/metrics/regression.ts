/**
 * What the metrics of regression have in common.
 *
 * @module
 */
import {
  type Dim,
  type Matching,
  type Metric,
  sizeOf,
  type Tensor,
  type Value,
} from "../../core/mod.ts";
import { ops } from "../../core/mod.ts";

/** Signature of metrics that compare predictions with targets of the same shape. */
export type RegressionMetric = <S extends readonly Dim[]>(inputs: {
  readonly predictions: Tensor<S>;
  readonly targets: Matching<S>;
}) => Metric;

/** Number of elements, to be added up over batches. */
export function countOf(value: Value): Value {
  return ops.constantLike(value, sizeOf(value.spec.shape));
}
