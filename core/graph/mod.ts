/**
 * The op graph: values, nodes, the builder, scalar expressions.
 *
 * @module
 */
export * from "./builder.ts";
export { costOf, ownCost } from "./cost.ts";
export * from "./op.ts";
export * as scalar from "./scalar.ts";
export type {
  ArithmeticOperator,
  BitOperator,
  CompareOperator,
  Scalar,
  ScalarLike,
  ScalarType,
  UnaryOperator,
} from "./scalar.ts";
export { printGraph } from "./printer.ts";
export * from "./rewriter.ts";
export { Simplifier } from "./simplify.ts";
export * from "./types.ts";
export { verifyGraph } from "./verifier.ts";
export * from "./view.ts";
