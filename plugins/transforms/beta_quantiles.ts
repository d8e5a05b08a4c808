/**
 * Numbers of a symmetric beta distribution, drawn within a graph: by a table of its quantiles.
 *
 * @module
 */
import { type BuildContext, ops, type Value } from "../../core/mod.ts";

/** Parts of which the lower half of the distribution is made. */
const parts = 2048;

/**
 * The quantiles of Beta(alpha, alpha) up to the middle, which is 1/2: what is below `table[i]` has the
 * probability `(i / parts)² / 2`, so that they are closest where a distribution has its end.
 *
 * With `S(x) = (x · (1 - x))^alpha · Σ_n x^n · Π_{m<n} (2 · alpha + m) / (alpha + 1 + m)`, all terms of
 * which are positive, the distribution is `S(x) / (2 · S(1/2))` for x up to 1/2, and is inverted by
 * halving intervals.
 */
export function betaQuantiles(alpha: number): Float64Array {
  const series = (x: number) => {
    let [sum, term] = [0, 1];
    for (let n = 0; term > sum * 1e-16; n++) {
      sum += term;
      term *= x * (2 * alpha + n) / (alpha + 1 + n);
    }
    return (x * (1 - x)) ** alpha * sum;
  };
  const half = series(0.5);
  let below = 0;
  return Float64Array.from({ length: parts + 1 }, (_, i) => {
    if (i === 0 || i === parts) return i / parts / 2;
    const wanted = half * (i / parts) ** 2;
    let above = 0.5;
    while (above - below > 1e-12 * above) {
      const middle = (below + above) / 2;
      // for a small alpha, most quantiles are below every number there is
      if (middle === below || middle === above) break;
      if (series(middle) < wanted) below = middle;
      else above = middle;
    }
    return above;
  });
}

/**
 * A number of Beta(alpha, alpha) for each row, `[rows, 1]`: a uniform number's quantile, between two of
 * the table in proportion. What is below a number has a probability that is right to about 1e-6.
 */
export function betaWeights(
  context: BuildContext<{ readonly alpha: number }>,
  rows: number,
): Value {
  const { alpha } = context.config;
  const table = context.constant("quantiles", {
    shape: [parts + 1],
    values: () => Float32Array.from(betaQuantiles(alpha)),
  });
  const uniform = context.random([rows, 1]);
  const tail = ops.minimum(uniform, ops.sub(1, uniform));
  const place = ops.mul(ops.sqrt(ops.mul(tail, 2)), parts);
  const part = ops.minimum(ops.floor(place), parts - 1);
  const at = (place: Value) => ops.gather(table, ops.cast(place, "i32"), { fillValue: 0 });
  const low = at(part);
  const quantile = ops.add(low, ops.mul(ops.sub(at(ops.add(part, 1)), low), ops.sub(place, part)));
  return ops.where(ops.less(uniform, 0.5), quantile, ops.sub(1, quantile));
}
