/**
 * Comparisons. Masks are f32 values of 0 and 1, so that they can be multiplied, summed and averaged
 * as they are.
 *
 * @module
 */
import { type ElementwiseOp, type Scalar, scalar, type Value } from "../graph/mod.ts";
import { defineOp, inferElementwise, lift, type ValueLike } from "./define_op.ts";

/** `[a = b]` */
export const equalOp: ElementwiseOp<null> = comparison("equal", scalar.equal);
/** `[a ≠ b]` */
export const notEqualOp: ElementwiseOp<null> = comparison("notEqual", scalar.notEqual);
/** `[a < b]` */
export const lessOp: ElementwiseOp<null> = comparison("less", scalar.less);
/** `[a ≤ b]` */
export const lessEqualOp: ElementwiseOp<null> = comparison("lessEqual", scalar.lessEqual);

/** 1 where `a = b`, else 0 (f32), broadcast; NaN equals nothing. `Gradient:` none. */
export function equal(a: ValueLike, b: ValueLike): Value {
  return apply(equalOp, a, b);
}

/** 1 where `a ≠ b`, else 0 (f32), broadcast; NaN differs from everything. `Gradient:` none. */
export function notEqual(a: ValueLike, b: ValueLike): Value {
  return apply(notEqualOp, a, b);
}

/** 1 where `a < b`, else 0 (f32), broadcast; 0 beside NaN. `Gradient:` none. */
export function less(a: ValueLike, b: ValueLike): Value {
  return apply(lessOp, a, b);
}

/** 1 where `a ≤ b`, else 0 (f32), broadcast; 0 beside NaN. `Gradient:` none. */
export function lessEqual(a: ValueLike, b: ValueLike): Value {
  return apply(lessEqualOp, a, b);
}

/** 1 where `a > b`, else 0 (f32), broadcast; 0 beside NaN. `Gradient:` none. */
export function greater(a: ValueLike, b: ValueLike): Value {
  return apply(lessOp, b, a);
}

/** 1 where `a ≥ b`, else 0 (f32), broadcast; 0 beside NaN. `Gradient:` none. */
export function greaterEqual(a: ValueLike, b: ValueLike): Value {
  return apply(lessEqualOp, b, a);
}

function comparison(name: string, compare: (a: Scalar, b: Scalar) => Scalar): ElementwiseOp<null> {
  return defineOp<null>({
    name,
    kind: "elementwise",
    infer: (inputs) => inferElementwise(name, inputs, "f32"),
    formula: ([a, b]) => scalar.cast(compare(a!, b!), "f32"),
    // a step function: its derivative is 0 wherever it exists
    vjp: "none",
  });
}

function apply(op: ElementwiseOp<null>, a: ValueLike, b: ValueLike): Value {
  const [x, y] = lift(a, b);
  return x.builder.apply(op, [x, y], null);
}
