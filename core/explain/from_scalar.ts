/**
 * The scalar formula of an op as an expression.
 *
 * @module
 */
import { type Scalar, scalar } from "../graph/mod.ts";
import {
  add,
  choose,
  compare,
  divide,
  indicator,
  multiply,
  negate,
  not,
  power,
} from "./algebra.ts";
import { call, type Expression, number, symbol } from "./expression.ts";

/** The expression of one element as an expression of the operands. */
export function fromScalar(formula: Scalar, operands: readonly Expression[]): Expression {
  const memo = new Map<Scalar, Expression>();
  const convert = (part: Scalar): Expression => {
    const known = memo.get(part);
    if (known !== undefined) return known;
    const made = fromPart(part, scalar.partsOf(part).map(convert), operands);
    memo.set(part, made);
    return made;
  };
  return convert(formula);
}

function fromPart(
  formula: Scalar,
  parts: readonly Expression[],
  operands: readonly Expression[],
): Expression {
  const [a, b, c] = parts;
  switch (formula.kind) {
    case "load":
      return operands[formula.operand]!;
    case "anchor":
      return symbol("anchor", { tensor: true });
    case "constant":
      return number(formula.value);
    case "index":
      return symbol(`index${formula.axis}`, { tensor: true });
    case "position":
      return symbol("position", { tensor: true });
    case "unary":
      if (formula.operator === "neg") return negate(a!);
      return formula.operator === "not" ? not(a!) : call(formula.operator, [a!]);
    case "binary":
      return fromBinary(formula.operator, a!, b!);
    case "select":
      return choose(a!, b!, c!);
    case "cast":
      if (formula.x.type === "bool") return indicator(a!);
      return formula.x.type === "f32" ? call("trunc", [a!]) : a!;
  }
}

function fromBinary(
  operator: (Scalar & { readonly kind: "binary" })["operator"],
  a: Expression,
  b: Expression,
): Expression {
  switch (operator) {
    case "add":
      return add(a, b);
    case "sub":
      return add(a, negate(b));
    case "mul":
      return multiply(a, b);
    case "div":
      return divide(a, b);
    case "pow":
      return power(a, b);
    case "min":
    case "max":
      return call(operator, [a, b]);
    case "equal":
    case "notEqual":
    case "less":
    case "lessEqual":
      return compare(operator, a, b);
    default:
      return { kind: "infix", sign: bitSigns[operator], a, b };
  }
}

const bitSigns = { and: "&", or: "|", xor: "^", shiftLeft: "<<", shiftRight: ">>" } as const;
