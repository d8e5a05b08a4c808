/**
 * Where the largest element is.
 *
 * @module
 */
import { normalizeAxes } from "../tensor/mod.ts";
import type { Value } from "../graph/mod.ts";
import { add } from "./add.ts";
import { equal, notEqual } from "./compare.ts";
import { iota } from "./iota.ts";
import type { AxisOptions } from "./log_sum_exp.ts";
import { reduceMax } from "./reduce_max.ts";
import { reduceMin } from "./reduce_min.ts";
import { where } from "./where.ts";

/**
 * Coordinate of the largest element along an axis (by default the last), which is dropped, as i32.
 *
 * `Gradient:` none.
 * `Numerics:` of several the first; NaN counts as the largest.
 *
 * @throws {RangeError} When the axis has no elements.
 */
export function argMax(x: Value, { axis = -1 }: AxisOptions = {}): Value {
  const { shape } = x.spec;
  const axes = normalizeAxes([axis], shape.length);
  const along = axes[0]!;
  const isLargest = add(
    equal(x, reduceMax(x, { axes, keepDims: true })),
    notEqual(x, x),
  );
  const place = iota(x.builder, {
    shape: shape.map((size, other) => other === along ? size : 1),
    axis: along,
    dtype: "i32",
  });
  return reduceMin(where(isLargest, place, shape[along]!), { axes });
}
