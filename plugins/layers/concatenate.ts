/**
 * Branches side by side.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyTensor,
  defineStage,
  type Dim,
  lazySchema,
  ops,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";

/** A shape with one axis open: of any size where it is taken, of a size to be found where it is given. */
export type WithOpenAxis<S extends readonly Dim[], A extends number, Size> = A extends -1
  ? S extends readonly [...infer Lead extends readonly Dim[], infer _] ? readonly [...Lead, Size]
  : S
  : { readonly [axis in keyof S]: axis extends `${A}` ? Size : S[axis] };

/** Signature of {@linkcode concatenate}. */
export type ConcatenateLayer<A extends number> = <S extends readonly Dim[]>(
  x: readonly [
    Tensor<S>,
    // deno-lint-ignore no-explicit-any
    ...NoInfer<Tensor<WithOpenAxis<S, A, any>>>[],
  ],
) => Tensor<WithOpenAxis<S, A, number>>;

/** Options of {@linkcode concatenate}. */
export interface ConcatenateOptions<A extends number> {
  /** The axis along which they are laid one behind the other; -1, the default, is the last. */
  readonly axis?: A | undefined;
}

interface ConcatenateConfig {
  readonly axis: number;
}

const config: Schema<ConcatenateOptions<number>, ConcatenateConfig> = lazySchema(() =>
  z.strictObject({
    axis: z.int().refine((axis) => axis !== 0, { error: "expected an axis other than the batch's" })
      .default(-1).describe("The axis along which they are laid, from 1; -1 is the last"),
  })
);

const stage = defineStage<(x: readonly [AnyTensor, ...AnyTensor[]]) => AnyTensor>()({
  name: "concatenate",
  family: "layer",
  kind: "traced",
  config,
  formula: "y = [x₁, …, xₙ]",
  inputs: { x: { kind: "tensor", dtypes: ["f32"], variadic: true } },
  output: "tensor",
  build({ x }, { config: { axis } }) {
    if (axis + x[0]!.spec.shape.length === 0) {
      throw new RangeError("Cannot concatenate along the batch axis: rows would be no examples");
    }
    return ops.concatenate(x, { axis });
  },
});

/**
 * `y = [x₁, …, xₙ]`: tensors one behind the other along an axis, by default the last.
 *
 * Shapes: `xᵢ [batch, …, nᵢ] -> [batch, …, n₁ + … + nₙ]`; all other axes are equal
 *
 * Gradient: to each its block of `∂L/∂y`.
 *
 * Counterparts: Keras `Concatenate`; PyTorch `torch.cat`; TensorFlow.js `layers.concatenate`
 *
 * @returns A layer without parameters, called with an array of handles.
 * @throws {TypeError} When another axis differs, as the pipeline is checked.
 * @throws {RangeError} When there is no such axis, or it is that of the batch.
 *
 * @example
 * ```ts
 * import { arrays, concatenate, dense } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const table = arrays({ x: [[1, 2]], y: [[3]] });
 * const both = concatenate()([table.x, table.y]); // [[1, 2, 3]]
 * const scores = dense(3)(both);
 * assertEquals(scores.stage.inputs.x, both);
 * ```
 */
export function concatenate<const A extends number = -1>(
  options: ConcatenateOptions<A> = {},
): ConcatenateLayer<A> {
  return stage(options) as ConcatenateLayer<A>;
}
