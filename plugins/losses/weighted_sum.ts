/**
 * Several losses as one.
 *
 * @module
 */
import { z } from "zod";
import { defineStage, lazySchema, type Loss, ops, type Schema } from "../../core/mod.ts";

/** Options of {@linkcode weightedSum}. */
export interface WeightedSumOptions {
  /** What each loss counts, in their order. Default: each 1. */
  readonly weights?: readonly number[] | undefined;
}

const config: Schema<WeightedSumOptions, WeightedSumOptions> = lazySchema(() =>
  z.strictObject({
    weights: z.array(z.number()).min(1).optional().describe(
      "What each loss counts, in their order; each 1 when absent",
    ),
  })
);

const stage = defineStage<(losses: readonly [Loss, ...Loss[]]) => Loss>()({
  name: "weightedSum",
  family: "loss",
  kind: "traced",
  config,
  formula: "loss = Σᵢ weightsᵢ · lossᵢ",
  inputs: { losses: { kind: "loss", variadic: true } },
  output: "loss",
  build({ losses }, { config: { weights = losses.map(() => 1) } }) {
    if (weights.length !== losses.length) {
      throw new RangeError(
        `Cannot weigh the losses: received ${weights.length} weights, expected ${losses.length}`,
      );
    }
    return losses.map((loss, i) => weights[i] === 1 ? loss : ops.mul(loss, weights[i]!))
      .reduce((sum, part) => ops.add(sum, part));
  },
});

/**
 * `loss = Σᵢ weightsᵢ · lossᵢ`: several losses as one to be made small, as Keras's `loss_weights`. The
 * parts keep their names in what a run reports.
 *
 * Gradient: `∂loss/∂lossᵢ = weightsᵢ`
 *
 * Counterparts: Keras `compile(loss_weights=…)`; PyTorch `sum of losses`; TensorFlow.js none
 *
 * @returns A stage from an array of losses to a loss.
 * @throws {RangeError} When there are not as many weights as losses, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import { arrays, dense, meanSquaredError, weightedSum } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[0], [1]], y: [[1], [3]], z: [[2], [0]] });
 * const first = meanSquaredError()({ predictions: dense(1)(table.x), targets: table.y });
 * const second = meanSquaredError()({ predictions: dense(1)(table.x), targets: table.z });
 * const loss = weightedSum({ weights: [1, 0.1] })([first, second]);
 * assertEquals(loss.stage.inputs.losses2, second);
 * ```
 */
export function weightedSum(
  options: WeightedSumOptions = {},
): (losses: readonly [Loss, ...Loss[]]) => Loss {
  return stage(options);
}
