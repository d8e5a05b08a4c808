/**
 * Numbers made of truths: comparisons give masks of 0 and 1, which are multiplied, added and compared
 * again. Such an expression is a table of truth, and the table is one operation on bools.
 *
 * @module
 */
import { foldBinary, foldCast, foldUnary, type RoundFloat } from "./fold.ts";
import { and, cast, constant, not, or, partsOf, type Scalar, xor } from "./scalar.ts";

/**
 * An expression as an operation on the one or two bools that it is made of, with constants, alone;
 * `undefined` when it is a number other than 0 and 1 for some of them. Exact: the table of truth is
 * computed with the device's own arithmetic.
 *
 * @param truths The bools: see `truthsOf`.
 */
export function asMask(
  expression: Scalar,
  truths: readonly Scalar[],
  round: RoundFloat,
): Scalar | undefined {
  if (isTruth(expression)) return undefined;
  const table: boolean[] = [];
  for (let row = 0; row < 2 ** truths.length; row++) {
    const value = evaluate(expression, {
      round,
      given: (truth) => row >> truths.indexOf(truth) & 1,
    });
    if (value === undefined || !(Object.is(value, 0) || value === 1)) return undefined;
    table.push(value === 1);
  }
  const [a, b] = truths as [Scalar, Scalar | undefined];
  const truth = b === undefined ? ofOne(table, a) : ofTwo(table, a, b);
  return cast(truth, expression.type);
}

/** Whether an expression is an operation on bools already. */
function isTruth(expression: Scalar): boolean {
  return expression.type === "bool" &&
    partsOf(expression).every((part) => part.type === "bool" && part.kind !== "constant");
}

/**
 * The bools that an expression is made of, with constants, alone: one or two; `undefined` for an
 * expression that is made of anything else.
 *
 * @param ofPart The same of a part that is no bool.
 */
export function truthsOf(
  expression: Scalar,
  ofPart: (part: Scalar) => readonly Scalar[] | undefined,
): readonly Scalar[] | undefined {
  let truths: readonly Scalar[] | undefined;
  for (const part of partsOf(expression)) {
    if (part.kind === "constant") continue;
    const own = part.type === "bool" ? [part] : ofPart(part);
    if (own === undefined) return undefined;
    truths = truths === undefined ? own : [...new Set([...truths, ...own])];
    if (truths.length > 2) return undefined;
  }
  return truths;
}

/** The value of an expression of constants, given its bools. */
function evaluate(
  expression: Scalar,
  { round, given }: { readonly round: RoundFloat; readonly given: (truth: Scalar) => number },
): number | undefined {
  const valueOf = (part: Scalar): number | undefined => {
    if (part.kind === "constant") return part.value;
    if (part.type === "bool" && part !== expression) return given(part);
    const parts = partsOf(part).map(valueOf);
    if (parts.includes(undefined)) return undefined;
    const [first, second, third] = parts as number[];
    switch (part.kind) {
      case "unary":
        return foldUnary(part, first!, round);
      case "binary":
        return foldBinary(part, [first!, second!], round);
      case "select":
        return first !== 0 ? second : third;
      case "cast":
        return foldCast(part, first!, round);
      default:
        return undefined;
    }
  };
  return valueOf(expression);
}

/** The operation on one bool with a table: its values for false and true. */
function ofOne([no, yes]: readonly boolean[], a: Scalar): Scalar {
  if (no === yes) return constant(yes ? 1 : 0, "bool");
  return yes ? a : not(a);
}

/** The operation on two bools with a table: its values for neither, a alone, b alone, both. */
function ofTwo(
  table: readonly boolean[],
  a: Scalar,
  b: Scalar,
): Scalar {
  switch (table.map(Number).join("")) {
    case "0000":
      return constant(0, "bool");
    case "1111":
      return constant(1, "bool");
    case "0101":
      return a;
    case "1010":
      return not(a);
    case "0011":
      return b;
    case "1100":
      return not(b);
    case "0001":
      return and(a, b);
    case "0111":
      return or(a, b);
    case "0110":
      return xor(a, b);
    case "0100":
      return and(a, not(b));
    case "0010":
      return and(not(a), b);
    case "1000":
      return not(or(a, b));
    case "1110":
      return not(and(a, b));
    case "1001":
      return not(xor(a, b));
    case "1101":
      return or(a, not(b));
    default:
      return or(not(a), b);
  }
}
