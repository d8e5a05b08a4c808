/**
 * Variance.
 *
 * @module
 */
import { normalizeAxes, rowMajorStrides, type Shape } from "../tensor/mod.ts";
import type { OpaqueOp, Value } from "../graph/mod.ts";
import { defineOp, requireDType } from "./define_op.ts";
import { mul } from "./mul.ts";
import { mean } from "./reduce_sum.ts";
import {
  dropAxes,
  inferReduction,
  type ReductionOptions,
  type ReductionParams,
  subscript,
} from "./reduction.ts";
import { square } from "./square.ts";
import { sub } from "./sub.ts";

/** `mean((x - mean(x))²)` over axes, which stay with size 1 */
export const varianceOp: OpaqueOp<ReductionParams> = defineOp<ReductionParams>({
  name: "variance",
  kind: "opaque",
  infer([x], params) {
    requireDType("variance", x!, "f32");
    return inferReduction(x!, params);
  },
  reference({ inputs: [x], output }) {
    const { shape, data } = x!;
    const groups = groupsOf(shape, output.shape);
    const count = data.length / output.data.length;
    const means = new Float64Array(output.data.length);
    data.forEach((element, i) => means[groups[i]!]! += element);
    output.data.fill(0);
    data.forEach((element, i) => {
      const group = groups[i]!;
      output.data[group]! += (element - means[group]! / count) ** 2;
    });
    output.data.forEach((sum, group) => output.data[group] = sum / count);
  },
  decompose([x], { axes }) {
    const along = { axes, keepDims: true };
    return mean(square(sub(x!, mean(x!, along))), along);
  },
  // ∂v/∂xᵢ = 2·(xᵢ - mean)/n: what goes through the mean is -2·Σ(x - mean)/n = 0
  vjp({ inputs: [x], cotangent, params: { axes } }) {
    const count = axes.reduce((product, axis) => product * x!.spec.shape[axis]!, 1);
    const deviation = sub(x!, mean(x!, { axes, keepDims: true }));
    return [mul(deviation, mul(cotangent, 2 / count))];
  },
  format: ([x], { axes }) => `variance${subscript(axes)}(${x})`,
});

/**
 * Variance over axes: the mean of squared deviations from the mean, divided by the number of elements.
 *
 * `Gradient:` `2·(x - mean)/n`, n the number of elements.
 * `Numerics:` two passes, so that nothing cancels where the mean is far from 0; NaN where there is
 * nothing to average.
 * `Differs:` PyTorch's `var` divides by one less, unless told otherwise.
 */
export function variance(
  x: Value,
  { axes, keepDims = false }: ReductionOptions = {},
): Value {
  const { shape } = x.spec;
  const reduced = axes === undefined ? [...shape.keys()] : normalizeAxes(axes, shape.length);
  return dropAxes(x.builder.apply(varianceOp, [x], { axes: reduced }), { axes: reduced, keepDims });
}

/** For each element of a shape, the place in the reduced shape that it belongs to. */
function groupsOf(shape: Shape, reduced: Shape): Int32Array {
  const [from, to] = [rowMajorStrides(shape), rowMajorStrides(reduced)];
  const length = shape.reduce((product, size) => product * size, 1);
  return Int32Array.from({ length }, (_, i) =>
    shape.reduce((place, size, axis) => {
      const coordinate = reduced[axis] === 1 ? 0 : Math.floor(i / from[axis]!) % size;
      return place + coordinate * to[axis]!;
    }, 0));
}
