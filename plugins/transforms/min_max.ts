/**
 * Scaling of features to a range, by the least and greatest value in the training split.
 *
 * @module
 */
import { z } from "zod";
import {
  defineStage,
  type Dim,
  lazySchema,
  ops,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { eachFeature, featureTensor } from "./fitting.ts";

/** Options of {@linkcode minMax}. */
export interface MinMaxOptions {
  /** What the least training value becomes. Default 0. */
  readonly min?: number | undefined;
  /** What the greatest training value becomes. Default 1. */
  readonly max?: number | undefined;
}

/** Signature of {@linkcode minMax}. */
export type MinMax = <S extends readonly Dim[]>(x: Tensor<S>) => Tensor<S>;

interface MinMaxConfig {
  readonly min: number;
  readonly max: number;
}

const config: Schema<MinMaxOptions, MinMaxConfig> = lazySchema(() =>
  z.strictObject({
    min: z.number().default(0).describe("What the least training value becomes"),
    max: z.number().default(1).describe("What the greatest training value becomes"),
  }).refine(({ min, max }) => min < max, { path: ["max"], error: "expected more than min" })
);

const stage = defineStage<MinMax>()({
  name: "minMax",
  family: "transform",
  kind: "traced",
  config,
  formula: "y = min + (max - min) · (x - least) / (greatest - least)",
  inputs: { x: { kind: "tensor", dtypes: ["f32"] } },
  output: "tensor",
  async fit({ batches }) {
    const { gathered: { least, greatest }, shape } = await eachFeature(batches, {
      name: "minMax",
      begin: (features) => ({
        least: new Float64Array(features).fill(Infinity),
        greatest: new Float64Array(features).fill(-Infinity),
      }),
      add({ least, greatest }, values, first) {
        for (let i = 0; i < least.length; i++) {
          const value = values[first + i]!;
          if (value < least[i]!) least[i] = value;
          if (value > greatest[i]!) greatest[i] = value;
        }
      },
    });
    // a feature that is nowhere known stays as it is
    const known = least.map((value) => Number.isFinite(value) ? value : 0);
    const range = greatest.map((value, i) => value > least[i]! ? value - least[i]! : 1);
    return { least: featureTensor(known, shape), range: featureTensor(range, shape) };
  },
  build({ x }, { config: { min, max }, fitted }) {
    const row = x.spec.shape.slice(1);
    const scaled = ops.div(ops.sub(x, fitted("least", row)), fitted("range", row));
    return min === 0 && max === 1 ? scaled : ops.add(ops.mul(scaled, max - min), min);
  },
});

/**
 * `y = min + (max - min) · (x - least) / (greatest - least)`, with the least and greatest value of each
 * feature in the training split. Values beyond them, in other splits, go beyond the range.
 *
 * Shapes: `x [batch, …], least […], range […] -> [batch, …]`
 *
 * Gradient: `∂L/∂x = ∂L/∂y · (max - min) / (greatest - least)`
 *
 * Numerics: a feature that is the same in every row is divided by 1, so that it becomes `min`. Missing
 * values (NaN) are passed over when fitting, and stay.
 *
 * Differs: the same as scikit-learn's `MinMaxScaler`.
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns A transform that is fitted.
 *
 * @example
 * ```ts
 * import { arrays, minMax } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[1, 10], [3, 30]] });
 * const features = minMax({ min: -1 })(table.x); // from -1 to 1
 * assertEquals(features.stage.definition.name, "minMax");
 * ```
 */
export function minMax(options: MinMaxOptions = {}): MinMax {
  return stage(options);
}
