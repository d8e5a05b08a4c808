/**
 * Scalar expressions: the formula of one element. An elementwise op is one such expression; the
 * float64 reference, the WASM kernels and the WGSL kernels are all derived from it.
 *
 * Expressions are immutable and may share parts: a part that is the same object is computed once.
 *
 * @module
 */
import type { DType } from "../tensor/mod.ts";

/** Type of a scalar expression. Elements of dtype u8 are widened to u32 when loaded. */
export type ScalarType = "f32" | "i32" | "u32" | "bool";

/** Operators on one argument of type f32 (neg, abs: also i32; not: bool). */
export type UnaryOperator =
  | "neg"
  | "abs"
  | "sqrt"
  | "floor"
  | "exp"
  | "log"
  | "tanh"
  | "sin"
  | "cos"
  | "erf"
  | "not";

/** Operators on two numbers of one type; pow: f32 only. */
export type ArithmeticOperator = "add" | "sub" | "mul" | "div" | "min" | "max" | "pow";

/** Operators on bits of u32. The right side of a shift is a constant. */
export type BitOperator = "and" | "or" | "xor" | "shiftLeft" | "shiftRight";

/** Comparisons of two numbers of one type; the result is bool. A comparison with NaN is false, `notEqual` true. */
export type CompareOperator = "equal" | "notEqual" | "less" | "lessEqual";

/** An expression for one element. */
export type Scalar =
  /** The element of operand number `operand`, at the place the loop is at. */
  | { readonly kind: "load"; readonly operand: number; readonly type: ScalarType }
  /** What the kernel's anchor (a reduction or contraction) gave for this place. */
  | { readonly kind: "anchor"; readonly type: ScalarType }
  | { readonly kind: "constant"; readonly value: number; readonly type: ScalarType }
  /** Coordinate of this place along an axis of the result. */
  | { readonly kind: "index"; readonly axis: number; readonly type: "u32" }
  /** Row-major number of this place in the result. */
  | { readonly kind: "position"; readonly type: "u32" }
  | {
    readonly kind: "unary";
    readonly operator: UnaryOperator;
    readonly x: Scalar;
    readonly type: ScalarType;
  }
  | {
    readonly kind: "binary";
    readonly operator: ArithmeticOperator | BitOperator | CompareOperator;
    readonly a: Scalar;
    readonly b: Scalar;
    readonly type: ScalarType;
  }
  /** `yes` where `condition` holds, else `no`. */
  | {
    readonly kind: "select";
    readonly condition: Scalar;
    readonly yes: Scalar;
    readonly no: Scalar;
    readonly type: ScalarType;
  }
  /** Conversion of value: to float, or from float by truncation; bool gives 0 or 1. */
  | { readonly kind: "cast"; readonly x: Scalar; readonly type: ScalarType };

/** A scalar expression, or a number that becomes a constant of the other side's type. */
export type ScalarLike = Scalar | number;

/** The type in which an element of a dtype is computed with. */
export function scalarTypeOf(dtype: DType): ScalarType {
  return dtype === "u8" ? "u32" : dtype;
}

/** A constant. */
export function constant(value: number, type: ScalarType = "f32"): Scalar {
  return { kind: "constant", value, type };
}

/** The element of an operand. */
export function load(operand: number, type: ScalarType): Scalar {
  return { kind: "load", operand, type };
}

/** What the anchor gave. */
export function anchor(type: ScalarType): Scalar {
  return { kind: "anchor", type };
}

/** Coordinate along an axis of the result. */
export function index(axis: number): Scalar {
  return { kind: "index", axis, type: "u32" };
}

/** Row-major number of the place. */
export const position: Scalar = { kind: "position", type: "u32" };

function unary(operator: UnaryOperator, x: Scalar): Scalar {
  const wanted = operator === "not"
    ? ["bool"]
    : operator === "neg" || operator === "abs"
    ? ["f32", "i32"]
    : ["f32"];
  if (!wanted.includes(x.type)) {
    throw new TypeError(`Cannot take ${operator} of ${x.type}: expected ${wanted.join(" or ")}`);
  }
  return { kind: "unary", operator, x, type: x.type };
}

function pair(a: ScalarLike, b: ScalarLike): [Scalar, Scalar] {
  if (typeof a === "number" && typeof b === "number") return [constant(a), constant(b)];
  if (typeof a === "number") return [constant(a, (b as Scalar).type), b as Scalar];
  if (typeof b === "number") return [a, constant(b, a.type)];
  if (a.type !== b.type) {
    throw new TypeError(`Cannot combine scalars of types ${a.type} and ${b.type}: cast one`);
  }
  return [a, b];
}

function arithmetic(operator: ArithmeticOperator, left: ScalarLike, right: ScalarLike): Scalar {
  const [a, b] = pair(left, right);
  return { kind: "binary", operator, a, b, type: a.type };
}

function bits(operator: BitOperator, left: Scalar, right: ScalarLike): Scalar {
  const [a, b] = pair(left, right);
  if (a.type !== "u32" && a.type !== "bool") {
    throw new TypeError(`Cannot apply "${operator}" to ${a.type}: expected u32`);
  }
  return { kind: "binary", operator, a, b, type: a.type };
}

function compare(operator: CompareOperator, left: ScalarLike, right: ScalarLike): Scalar {
  const [a, b] = pair(left, right);
  return { kind: "binary", operator, a, b, type: "bool" };
}

/** `-x` */
export const neg = (x: Scalar): Scalar => unary("neg", x);
/** `|x|` */
export const abs = (x: Scalar): Scalar => unary("abs", x);
/** Square root. */
export const sqrt = (x: Scalar): Scalar => unary("sqrt", x);
/** Greatest integer not above x. */
export const floor = (x: Scalar): Scalar => unary("floor", x);
/** `e^x` */
export const exp = (x: Scalar): Scalar => unary("exp", x);
/** Natural logarithm. */
export const log = (x: Scalar): Scalar => unary("log", x);
/** Hyperbolic tangent. */
export const tanh = (x: Scalar): Scalar => unary("tanh", x);
/** Sine. */
export const sin = (x: Scalar): Scalar => unary("sin", x);
/** Cosine. */
export const cos = (x: Scalar): Scalar => unary("cos", x);
/** Error function. */
export const erf = (x: Scalar): Scalar => unary("erf", x);
/** Logical negation. */
export const not = (x: Scalar): Scalar => unary("not", x);
/** `a + b` */
export const add = (a: ScalarLike, b: ScalarLike): Scalar => arithmetic("add", a, b);
/** `a - b` */
export const sub = (a: ScalarLike, b: ScalarLike): Scalar => arithmetic("sub", a, b);
/** `a · b` */
export const mul = (a: ScalarLike, b: ScalarLike): Scalar => arithmetic("mul", a, b);
/** `a / b` */
export const div = (a: ScalarLike, b: ScalarLike): Scalar => arithmetic("div", a, b);
/** The smaller; NaN if either is NaN. */
export const min = (a: ScalarLike, b: ScalarLike): Scalar => arithmetic("min", a, b);
/** The larger; NaN if either is NaN. */
export const max = (a: ScalarLike, b: ScalarLike): Scalar => arithmetic("max", a, b);
/** `a^b`, for a >= 0 or an integer b. */
export const pow = (a: ScalarLike, b: ScalarLike): Scalar => arithmetic("pow", a, b);
/** Bitwise (or logical) and. */
export const and = (a: Scalar, b: ScalarLike): Scalar => bits("and", a, b);
/** Bitwise (or logical) or. */
export const or = (a: Scalar, b: ScalarLike): Scalar => bits("or", a, b);
/** Bitwise (or logical) exclusive or. */
export const xor = (a: Scalar, b: ScalarLike): Scalar => bits("xor", a, b);
/** Shift of bits to the left. */
export const shiftLeft = (a: Scalar, distance: number): Scalar => bits("shiftLeft", a, distance);
/** Shift of bits to the right, filling with zeros. */
export const shiftRight = (a: Scalar, distance: number): Scalar => bits("shiftRight", a, distance);
/** `a = b` */
export const equal = (a: ScalarLike, b: ScalarLike): Scalar => compare("equal", a, b);
/** `a ≠ b` */
export const notEqual = (a: ScalarLike, b: ScalarLike): Scalar => compare("notEqual", a, b);
/** `a < b` */
export const less = (a: ScalarLike, b: ScalarLike): Scalar => compare("less", a, b);
/** `a ≤ b` */
export const lessEqual = (a: ScalarLike, b: ScalarLike): Scalar => compare("lessEqual", a, b);
/** `a > b` */
export const greater = (a: ScalarLike, b: ScalarLike): Scalar => compare("less", b, a);
/** `yes` where the condition holds, else `no`. */
export function select(condition: Scalar, yes: ScalarLike, no: ScalarLike): Scalar {
  if (condition.type !== "bool") {
    throw new TypeError(`Cannot select by ${condition.type}: expected bool`);
  }
  const [a, b] = pair(yes, no);
  return { kind: "select", condition, yes: a, no: b, type: a.type };
}
/** Conversion of value; itself when the type is right already. */
export function cast(x: Scalar, type: ScalarType): Scalar {
  return x.type === type ? x : { kind: "cast", x, type };
}

/** The parts of an expression, in order. */
export function partsOf(expression: Scalar): readonly Scalar[] {
  switch (expression.kind) {
    case "unary":
    case "cast":
      return [expression.x];
    case "binary":
      return [expression.a, expression.b];
    case "select":
      return [expression.condition, expression.yes, expression.no];
    default:
      return [];
  }
}

/** The same operation on other parts, each made of one of its own; itself when they are the same. */
export function mapParts(expression: Scalar, part: (of: Scalar) => Scalar): Scalar {
  const { kind, type } = expression;
  switch (kind) {
    case "unary": {
      const x = part(expression.x);
      return x === expression.x ? expression : { kind, operator: expression.operator, x, type };
    }
    case "cast": {
      const x = part(expression.x);
      return x === expression.x ? expression : { kind, x, type };
    }
    case "binary": {
      const { operator } = expression;
      const a = part(expression.a);
      const b = part(expression.b);
      return a === expression.a && b === expression.b ? expression : { kind, operator, a, b, type };
    }
    case "select": {
      const condition = part(expression.condition);
      const yes = part(expression.yes);
      const no = part(expression.no);
      return condition === expression.condition && yes === expression.yes && no === expression.no
        ? expression
        : { kind, condition, yes, no, type };
    }
    default:
      return expression;
  }
}

/** Whether an expression has no parts: it is read, or is known. */
export function isLeaf({ kind }: Scalar): boolean {
  return kind === "load" || kind === "anchor" || kind === "constant" || kind === "index" ||
    kind === "position";
}

/**
 * Rebuilds an expression with its leaves replaced. Parts that were shared stay shared when the same
 * `memo` is passed.
 */
export function substitute(
  expression: Scalar,
  replace: (leaf: Scalar) => Scalar,
  memo: Map<Scalar, Scalar> = new Map(),
): Scalar {
  const visit = (part: Scalar): Scalar => {
    if (isLeaf(part)) return replace(part);
    const known = memo.get(part);
    if (known !== undefined) return known;
    const made = mapParts(part, visit);
    memo.set(part, made);
    return made;
  };
  return visit(expression);
}

/** Whether a part of an expression is an arithmetic operation: leaves and conversions are none. */
export function isOperation({ kind }: Scalar): boolean {
  return kind === "unary" || kind === "binary" || kind === "select";
}

const infix: Readonly<Record<string, string>> = {
  add: "+",
  sub: "-",
  mul: "·",
  div: "/",
  equal: "=",
  notEqual: "≠",
  less: "<",
  lessEqual: "≤",
  and: "&",
  or: "|",
  xor: "^",
  shiftLeft: "<<",
  shiftRight: ">>",
};

/** Renders an expression as mathematics, its operands by the names given. */
export function formatScalar(expression: Scalar, operands: readonly string[]): string {
  return render(expression, operands, false);
}

function render(expression: Scalar, operands: readonly string[], inner: boolean): string {
  const plain = (part: Scalar) => render(part, operands, false);
  switch (expression.kind) {
    case "load":
      return operands[expression.operand] ?? `operand${expression.operand}`;
    case "anchor":
      return "anchor";
    case "constant":
      return String(Number(expression.value.toPrecision(7)));
    case "index":
      return `index${expression.axis}`;
    case "position":
      return "position";
    case "unary":
      if (expression.operator === "neg") return `-${render(expression.x, operands, true)}`;
      if (expression.operator === "abs") return `|${plain(expression.x)}|`;
      return `${expression.operator}(${plain(expression.x)})`;
    case "binary": {
      const sign = infix[expression.operator];
      if (sign === undefined) {
        return `${expression.operator}(${plain(expression.a)}, ${plain(expression.b)})`;
      }
      const text = `${render(expression.a, operands, true)} ${sign} ${
        render(expression.b, operands, true)
      }`;
      return inner ? `(${text})` : text;
    }
    case "select":
      return `(${plain(expression.condition)} ? ${plain(expression.yes)} : ${
        plain(expression.no)
      })`;
    case "cast":
      return expression.x.type === "bool"
        ? `[${plain(expression.x)}]`
        : render(expression.x, operands, inner);
  }
}
