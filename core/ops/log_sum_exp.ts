/**
 * Logarithm of a sum of exponentials.
 *
 * @module
 */
import { formatSpec, normalizeAxes } from "../tensor/mod.ts";
import type { OpaqueOp, Value } from "../graph/mod.ts";
import { abs } from "./abs.ts";
import { add } from "./add.ts";
import { equal } from "./compare.ts";
import { defineOp, requireDType } from "./define_op.ts";
import { exp } from "./exp.ts";
import { log } from "./log.ts";
import { mul } from "./mul.ts";
import { reduceMax } from "./reduce_max.ts";
import { reduceSum } from "./reduce_sum.ts";
import { dropAxes, inferReduction, subscript } from "./reduction.ts";
import { sub } from "./sub.ts";
import { where } from "./where.ts";

/** The axis that is summed over. */
export interface LogSumExpParams {
  /** Not negative. */
  readonly axis: number;
}

/** `log Σ e^x` over an axis, which stays with size 1 */
export const logSumExpOp: OpaqueOp<LogSumExpParams> = defineOp<LogSumExpParams>({
  name: "logSumExp",
  kind: "opaque",
  infer([x], { axis }) {
    requireDType("logSumExp", x!, "f32");
    const result = inferReduction(x!, { axes: [axis] });
    if (x!.shape[axis] === 0) {
      throw new RangeError(
        `Cannot take logSumExp of ${formatSpec(x!)} over axis ${axis}: it has no elements`,
      );
    }
    return result;
  },
  reference({ inputs: [x], output, params: { axis } }) {
    const { shape, data } = x!;
    const length = shape[axis]!;
    const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
    for (let i = 0; i < output.data.length; i++) {
      const first = Math.floor(i / inner) * length * inner + i % inner;
      let largest = -Infinity;
      for (let j = 0; j < length; j++) largest = Math.max(largest, data[first + j * inner]!);
      const shift = Math.abs(largest) === Infinity ? 0 : largest;
      let sum = 0;
      for (let j = 0; j < length; j++) sum += Math.exp(data[first + j * inner]! - shift);
      output.data[i] = shift + Math.log(sum);
    }
  },
  // log Σ e^x = m + log Σ e^(x - m), with m the maximum, or 0 where that is infinite
  decompose([x], { axis }) {
    const along = { axes: [axis], keepDims: true };
    const largest = reduceMax(x!, along);
    const shift = where(equal(abs(largest), Infinity), 0, largest);
    return add(shift, log(reduceSum(exp(sub(x!, shift)), along)));
  },
  // ∂(log Σ e^x)/∂x = e^(x - log Σ e^x), and 0 in a row of -inf alone, where that would be -inf + inf
  vjp({ inputs: [x], output, cotangent }) {
    const shift = where(equal(output, -Infinity), 0, output);
    return [mul(cotangent, exp(sub(x!, shift)))];
  },
  format: ([x], { axis }) => `log Σ${subscript([axis])} exp(${x})`,
});

/** Over which axis; the last by default. */
export interface AxisOptions {
  /** Negative ones count from the end. */
  readonly axis?: number;
}

/**
 * `log Σ e^x` over an axis.
 *
 * `Gradient:` `e^(x - log Σ e^x)`, the softmax of x.
 * `Numerics:` shifted by the largest element, so it does not overflow. An element of `-inf` counts for
 * nothing; a row of them gives `-inf`, with gradient 0. A row with `inf` gives `inf`, with gradient NaN.
 *
 * @throws {RangeError} When the axis has no elements.
 */
export function logSumExp(
  x: Value,
  { axis = -1, keepDims = false }: AxisOptions & { readonly keepDims?: boolean } = {},
): Value {
  const axes = normalizeAxes([axis], x.spec.shape.length);
  return dropAxes(x.builder.apply(logSumExpOp, [x], { axis: axes[0]! }), { axes, keepDims });
}
