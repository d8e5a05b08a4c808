/**
 * What the largest and the smallest element share: their shape rule and their gradient.
 *
 * @module
 */
import { formatSpec } from "../tensor/mod.ts";
import type { ReductionOp } from "../graph/mod.ts";
import { equal } from "./compare.ts";
import { defineOp } from "./define_op.ts";
import { div } from "./div.ts";
import { mul } from "./mul.ts";
import { reduceSum } from "./reduce_sum.ts";
import { inferReduction, type ReductionParams, subscript } from "./reduction.ts";

/** Makes the op of an extremum over axes, which no axis without elements has. */
export function extremum(
  name: string,
  { operator, word }: {
    readonly operator: "max" | "min";
    /** As messages say it. */
    readonly word: string;
  },
): ReductionOp<ReductionParams> {
  return defineOp<ReductionParams>({
    name,
    kind: "reduction",
    operator,
    axes: (_, { axes }) => axes,
    infer([x], params) {
      const result = inferReduction(x!, params);
      const empty = params.axes.find((axis) => x!.shape[axis] === 0);
      if (empty !== undefined) {
        throw new RangeError(
          `Cannot take the ${word} of ${formatSpec(x!)} over axis ${empty}: it has no elements`,
        );
      }
      return result;
    },
    // ∂y/∂xᵢ = [xᵢ = y]/n for the n elements that share the extremum y, as PyTorch's amax and amin
    vjp({ inputs: [x], output, cotangent, params: { axes } }) {
      const tied = equal(x!, output);
      return [mul(tied, div(cotangent, reduceSum(tied, { axes, keepDims: true })))];
    },
    format: ([x], { axes }) => `${operator}${subscript(axes)}(${x})`,
  });
}
