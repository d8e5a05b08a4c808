/**
 * Tensors one behind the other.
 *
 * @module
 */
import { formatSpec, normalizeAxes, type TensorSpec } from "../tensor/mod.ts";
import type { OpaqueOp, Value } from "../graph/mod.ts";
import { greaterEqual } from "./compare.ts";
import { defineOp } from "./define_op.ts";
import { coordinates, copyBlock, repeatAlong } from "./pad.ts";
import { slice } from "./slice.ts";
import { where } from "./where.ts";

/** Along which axis. */
export interface ConcatenateParams {
  /** Number of the axis, from 0. */
  readonly axis: number;
}

/** The inputs one behind the other along an axis */
export const concatenateOp: OpaqueOp<ConcatenateParams> = defineOp<ConcatenateParams>({
  name: "concatenate",
  kind: "opaque",
  infer: inferConcatenate,
  joins: ({ axis }) => axis,
  reference({ inputs, output, params: { axis } }) {
    const start = output.shape.map(() => 0);
    for (const input of inputs) {
      copyBlock(input, { output, start });
      start[axis]! += input.shape[axis]!;
    }
  },
  // each input, repeated along the axis so that it lies in its place, is written over what is behind
  decompose(inputs, { axis }) {
    const size = inputs.reduce((sum, input) => sum + input.spec.shape[axis]!, 0);
    let result: Value | undefined;
    let before = 0;
    for (const input of inputs) {
      const length = input.spec.shape[axis]!;
      if (length === 0) continue;
      const placed = repeatAlong(input, { axis, before, size });
      result = result === undefined
        ? placed
        : where(greaterEqual(coordinates(input, { axis, size }), before), placed, result);
      before += length;
    }
    return result ?? inputs[0]!;
  },
  // each input's gradient is its own block of the cotangent
  vjp({ inputs, cotangent, params: { axis } }) {
    const start = cotangent.spec.shape.map(() => 0);
    return inputs.map((input) => {
      const block = slice(cotangent, { start: [...start], sizes: input.spec.shape });
      start[axis]! += input.spec.shape[axis]!;
      return block;
    });
  },
  format: (inputs, { axis }) => `concatenate(${inputs.join(", ")}, axis ${axis})`,
});

/**
 * Tensors one behind the other along an axis (by default the first); their other axes are equal.
 *
 * `Gradient:` to each its block of the cotangent.
 *
 * @throws {TypeError} When dtypes, ranks or the other axes differ.
 * @throws {RangeError} When there are none, or the axis is out of range.
 */
export function concatenate(
  values: readonly Value[],
  { axis = 0 }: Partial<ConcatenateParams> = {},
): Value {
  const first = values[0];
  if (first === undefined) throw new RangeError("Cannot concatenate: received no values");
  const [along] = normalizeAxes([axis], first.spec.shape.length);
  return first.builder.apply(concatenateOp, values, { axis: along! });
}

function inferConcatenate(inputs: readonly TensorSpec[], { axis }: ConcatenateParams): TensorSpec {
  const first = inputs[0]!;
  const rank = first.shape.length;
  const odd = inputs.find((input) =>
    input.dtype !== first.dtype || input.shape.length !== rank ||
    input.shape.some((size, other) => other !== axis && size !== first.shape[other])
  );
  if (odd !== undefined) {
    throw new TypeError(
      `Cannot concatenate ${formatSpec(first)} and ${formatSpec(odd)} along axis ${axis}: ` +
        "dtype and the other axes must be the same",
    );
  }
  const size = inputs.reduce((sum, input) => sum + input.shape[axis]!, 0);
  return {
    shape: first.shape.map((other, place) => place === axis ? size : other),
    dtype: first.dtype,
  };
}
