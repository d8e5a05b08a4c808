/**
 * What the losses of regression have in common: a loss of each element, averaged over an example.
 *
 * @module
 */
import {
  defineLoss,
  type Dim,
  type Loss,
  type LossConfig,
  type Matching,
  ops,
  type SampleWeighted,
  type Schema,
  type Tensor,
  type Value,
} from "../../core/mod.ts";
import { requireSameShape } from "../shapes.ts";

/** Signature of losses that compare predictions with targets of the same shape. */
export type RegressionLoss = <S extends readonly Dim[]>(
  inputs: {
    readonly predictions: Tensor<S>;
    readonly targets: Matching<S>;
  } & SampleWeighted<S[0]>,
) => Loss;

/** What such a loss answers. */
export interface RegressionLossDefinition<Options, Config extends LossConfig> {
  readonly name: string;
  readonly config: Schema<Options, Config>;
  readonly formula: string;
  /** The loss of each element. */
  elementwise(
    pair: { readonly predictions: Value; readonly targets: Value },
    config: Config,
  ): Value;
}

/** Defines a loss of predictions and targets, which never broadcasts. */
export function defineRegressionLoss<Options, Config extends LossConfig>(
  { elementwise, ...definition }: RegressionLossDefinition<Options, Config>,
): (options: Options) => RegressionLoss {
  return defineLoss<RegressionLoss>()({
    ...definition,
    inputs: {
      predictions: { kind: "tensor", dtypes: ["f32"] },
      targets: { kind: "tensor", dtypes: ["f32"] },
    },
    perExample({ predictions, targets }, { config }) {
      requireSameShape({ predictions, targets });
      return meanOfExample(elementwise({ predictions, targets }, config));
    },
  });
}

/** The mean over all axes but the first: one number per example. */
export function meanOfExample(x: Value): Value {
  const axes = x.spec.shape.slice(1).map((_, i) => i + 1);
  return axes.length === 0 ? x : ops.mean(x, { axes });
}
