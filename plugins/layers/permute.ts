/**
 * The layer that puts the axes of rows in another order.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyTensor,
  defineLayer,
  type Dim,
  formatSpec,
  lazySchema,
  ops,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";

/** A shape whose axes are in another order, by their numbers; 0 is the batch and stays in front. */
export type PermutedShape<S extends readonly Dim[], P extends readonly number[]> = readonly [
  S[0] & Dim,
  ...{
    readonly [axis in keyof P]: `${P[axis]}` extends keyof S ? S[`${P[axis]}`] & Dim : Dim;
  },
];

/** Signature of {@linkcode permute}. */
export type PermuteLayer<P extends readonly number[]> = <S extends readonly Dim[]>(
  x: Tensor<S>,
) => Tensor<PermutedShape<S, P>>;

interface PermuteConfig {
  readonly axes: readonly number[];
}

const config: Schema<PermuteConfig, PermuteConfig> = lazySchema(() =>
  z.strictObject({
    axes: z.array(z.int().min(1)).readonly().refine(
      (axes) => axes.every((_, place) => axes.includes(place + 1)),
      { error: "expected each number from 1 to the number of axes once, the batch being axis 0" },
    ).describe("For each axis of a row, which axis of the input it is, from 1"),
  })
);

const stage = defineLayer<(x: AnyTensor) => AnyTensor>()({
  name: "permute",
  config,
  formula: "y = x with its axes in another order",
  build({ x }, { config: { axes } }) {
    const count = x.spec.shape.length - 1;
    if (count !== axes.length) {
      throw new TypeError(
        `Cannot permute the axes of ${formatSpec(x.spec)} by [${axes.join(", ")}]: ` +
          `expected the ${count} axes beside the batch`,
      );
    }
    return ops.transpose(x, [0, ...axes]);
  },
});

/**
 * The axes of each row in another order: axis `i` of the output is axis `axes[i - 1]` of the input.
 *
 * Shapes: `permute([2, 1])`: `x [batch, a, b] -> [batch, b, a]`
 *
 * Gradient: `∂L/∂y` with its axes in the order of x
 *
 * Differs: nothing from Keras's `Permute`; PyTorch's `permute` counts the batch too.
 *
 * Counterparts: Keras `Permute`; PyTorch `Tensor.permute`; TensorFlow.js `layers.permute`
 *
 * @param axes The axes of a row, from 1, each once.
 * @returns A layer without parameters.
 * @throws {TypeError} When x has not as many axes.
 *
 * @example
 * ```ts
 * import { permute, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(stageOf(permute([2, 1]))?.options, { axes: [2, 1] });
 * ```
 */
export function permute<const P extends readonly number[]>(axes: P): PermuteLayer<P> {
  return stage({ axes }) as PermuteLayer<P>;
}
