/**
 * Norms of gradients and parameters.
 *
 * @module
 */
import { ops, type Value } from "../../core/mod.ts";

/** What is added to a norm before a limit is divided by it, as PyTorch does. */
const normEpsilon = 1e-6;

/** `Σ xᵢ²`, a scalar: summed by rows first, which threads can share. */
export function sumOfSquares(x: Value): Value {
  const inner = x.spec.shape.map((_, axis) => axis).slice(1);
  const squares = ops.square(x);
  return ops.reduceSum(inner.length === 0 ? squares : ops.reduceSum(squares, { axes: inner }));
}

/** `‖x‖₂ = √Σ xᵢ²`, a scalar. */
export function norm(x: Value): Value {
  return ops.sqrt(sumOfSquares(x));
}

/** `min(1, limit / (norm + 1e-6))`: what scales something down to a norm of `limit`. */
export function scaleToNorm(length: Value, limit: number): Value {
  return ops.minimum(ops.div(limit, ops.add(length, normEpsilon)), 1);
}
