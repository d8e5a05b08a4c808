/**
 * Batches of sequences of like lengths.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyTensor,
  defineStage,
  type Dim,
  type DType,
  lazySchema,
  ops,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";

/** Options of {@linkcode bucketByLength}. */
export interface BucketByLengthOptions {
  /**
   * Numbers of steps, ascending: a batch is cut to the least that holds its longest sequence. All steps
   * are one more.
   */
  readonly boundaries: readonly number[];
  /** What padding is of: steps at the end that are nothing else are cut. Default 0. */
  readonly padding?: number | undefined;
}

interface BucketByLengthConfig {
  readonly boundaries: readonly number[];
  readonly padding: number;
}

const config: Schema<BucketByLengthOptions, BucketByLengthConfig> = lazySchema(() =>
  z.strictObject({
    boundaries: z.array(z.int().min(1)).min(1).max(16).readonly().refine(
      (steps) => steps.every((count, i) => i === 0 || count > steps[i - 1]!),
      { error: "expected numbers of steps, each larger than the one before" },
    ).describe("Numbers of steps that batches are cut to, ascending"),
    padding: z.number().default(0).describe("What padding is of"),
  })
);

/** Signature of {@linkcode bucketByLength}: the number of steps is that of the batch. */
export type BucketByLengthStage = <
  B extends Dim,
  T extends Dim,
  R extends readonly Dim[],
  D extends DType,
>(x: Tensor<readonly [B, T, ...R], D>) => Tensor<readonly [B, number, ...R], D>;

const stage = defineStage<(x: AnyTensor) => AnyTensor>()({
  name: "bucketByLength",
  family: "transform",
  kind: "traced",
  config,
  formula: "y = x without the steps at the end that are padding in all rows",
  inputs: { x: { kind: "tensor" } },
  output: "tensor",
  sequences: {
    stepsOf: ({ boundaries }, [all]) => [...boundaries.filter((steps) => steps < all!), all!],
    lengthOf(row, { config: { padding }, shape: [all] }) {
      const width = row.length / all!;
      let last = row.length;
      while (last > 0 && row[last - 1] === padding) last--;
      return Math.ceil(last / width);
    },
  },
  build({ x }, { steps }) {
    const [batch, all, ...rest] = x.spec.shape;
    if (all === undefined) {
      throw new TypeError("Cannot cut sequences: received one number a row, expected steps");
    }
    return steps === undefined || steps === all ? x : ops.slice(x, {
      start: x.spec.shape.map(() => 0),
      sizes: [batch!, steps, ...rest],
    });
  },
});

/**
 * Puts sequences of like lengths into batches, and cuts each batch to the steps that its longest sequence
 * has: of texts of 20 to 400 words, most batches are computed in far fewer than 400 steps. A program is
 * compiled for each boundary and for all steps, over the same parameters.
 *
 * It comes right behind a loader or host stage; what follows must make the same parameters for any number
 * of steps, as recurrent layers, attention and global pooling do, and `flatten` before `dense` does not.
 * The training rows are read once more, at first, to be measured: a host stage before it must give a row
 * the same length whenever it is read. The order of rows stays a function of
 * seed and epoch: batches are filled in the shuffled order, each with rows of one bucket, and the rows
 * that are left in the end come sorted by their length. Without shuffling, the order is that of the data.
 *
 * Shapes: `x [batch, steps, …] -> [batch, steps of the batch, …]`
 *
 * Differs: from padding all rows alike only where a model heeds padding: mask it, as with `paddingMask`.
 *
 * Counterparts: Keras none, `tf.data.Dataset.bucket_by_sequence_length` beside it; PyTorch none; TensorFlow.js none
 *
 * @returns A transform.
 * @throws {TypeError} When its input has no axis of steps.
 *
 * @example
 * ```ts
 * import { bucketByLength, dense, embedding, jsonLines, lstm, paddingMask } from "@millrace/millrace";
 *
 * const reviews = jsonLines({
 *   path: "reviews.jsonl",
 *   columns: { words: { shape: [400], dtype: "i32" }, kind: { classes: ["bad", "good"] } },
 * });
 * const words = bucketByLength({ boundaries: [50, 100, 200] })(reviews.words);
 * const x = embedding(20000, 32)(words);
 * const logits = dense(2)(lstm(32)({ x, mask: paddingMask()(words) })); // f32[batch, 2]
 * ```
 */
export function bucketByLength(options: BucketByLengthOptions): BucketByLengthStage {
  return stage(options);
}
