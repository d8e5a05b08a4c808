/**
 * Scalar expressions -> shorter ones with the same value, bit for bit: for every number, zeros of both
 * signs, infinities and NaN (of which only that it is NaN is kept). What a rule would change for one
 * of these is no rule here: `x + 0` is not x for -0, `x · 0` is not 0 for infinity, `0 - x` is not -x.
 *
 * Equal expressions become the same object, so that they are computed once and compared at once.
 *
 * @module
 */
import { foldBinary, foldCast, foldUnary, type RoundFloat, roundTo } from "./fold.ts";
import { asMask, truthsOf } from "./masks.ts";
import {
  abs,
  add,
  and,
  cast,
  constant,
  div,
  equal,
  isLeaf,
  less,
  lessEqual,
  mapParts,
  mul,
  neg,
  not,
  notEqual,
  or,
  type Scalar,
  type ScalarLike,
  type ScalarType,
  sub,
} from "./scalar.ts";

type Unary = Extract<Scalar, { kind: "unary" }>;
type Binary = Extract<Scalar, { kind: "binary" }>;
type Select = Extract<Scalar, { kind: "select" }>;
type Cast = Extract<Scalar, { kind: "cast" }>;

/** What is known of an expression that is the one object for all that equal it. */
interface Known {
  readonly number: number;
  /** What it is simplified to; unknown at first. */
  result: Scalar | undefined;
  /** The bools that it is made of, where it is made of nothing else: see `truthsOf`. */
  truths: readonly Scalar[] | undefined;
}

/** Simplifies the expressions of one plan. */
export class Simplifier {
  readonly #known = new Map<Scalar, Known>();
  /** The one object for equal expressions, by operation and numbers of the parts. */
  readonly #byKey = new Map<string, Scalar>();
  /** What other objects were simplified to. */
  readonly #simplified = new Map<Scalar, Scalar>();
  readonly #round: RoundFloat;

  /**
   * Begins with no expression known.
   *
   * @param floatBits Bits of the floats that the device computes with.
   */
  constructor(floatBits: 32 | 64) {
    this.#round = floatBits === 32 ? Math.fround : (value) => value;
  }

  /** The simplest expression known that equals one. */
  readonly simplify = (expression: Scalar): Scalar => {
    const result = this.#known.get(expression)?.result ?? this.#simplified.get(expression);
    if (result !== undefined) return result;
    const made = isLeaf(expression)
      ? this.#leaf(expression)
      : this.#reduced(mapParts(expression, this.simplify));
    this.#simplified.set(expression, made);
    return made;
  };

  /** Simplifies an expression with its leaves replaced, as `scalar.substitute` does without rules. */
  substitute(
    expression: Scalar,
    replace: (leaf: Scalar) => Scalar,
    memo: Map<Scalar, Scalar> = new Map(),
  ): Scalar {
    const visit = (part: Scalar): Scalar => {
      if (isLeaf(part)) return this.simplify(replace(part));
      const known = memo.get(part);
      if (known !== undefined) return known;
      const made = this.#reduced(mapParts(part, visit));
      memo.set(part, made);
      return made;
    };
    return visit(expression);
  }

  #leaf(leaf: Scalar): Scalar {
    const value = leaf.kind === "constant" ? roundTo(leaf.value, leaf.type, this.#round) : 0;
    const rounded = leaf.kind === "constant" ? { ...leaf, value } : leaf;
    const own = this.#intern(rounded);
    this.#known.get(own)!.result = own;
    return own;
  }

  /** The result of the rules on an expression whose parts are simplified. */
  #reduced(expression: Scalar): Scalar {
    const own = this.#intern(expression);
    const known = this.#known.get(own)!;
    if (known.result !== undefined) return known.result;
    known.truths = truthsOf(own, (part) => this.#known.get(part)!.truths);
    const mask = known.truths === undefined || own.kind !== "binary"
      ? undefined
      : asMask(own, known.truths, this.#round);
    const shorter = mask ?? reduce(own, this.#round);
    known.result = shorter === own ? own : this.simplify(shorter);
    return known.result;
  }

  /** The one object for all equal expressions. */
  #intern(expression: Scalar): Scalar {
    const key = this.#keyOf(expression);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    this.#byKey.set(key, expression);
    this.#known.set(expression, {
      number: this.#known.size,
      result: undefined,
      truths: undefined,
    });
    return expression;
  }

  #keyOf(expression: Scalar): string {
    const number = (part: Scalar) => this.#known.get(part)!.number;
    switch (expression.kind) {
      case "load":
        return `load ${expression.operand} ${expression.type}`;
      case "constant":
        return `${Object.is(expression.value, -0) ? "-0" : expression.value} ${expression.type}`;
      case "index":
        return `index ${expression.axis}`;
      case "unary":
        return `${expression.operator} ${number(expression.x)}`;
      case "binary":
        return `${expression.operator} ${number(expression.a)} ${number(expression.b)}`;
      case "select":
        return `select ${number(expression.condition)} ${number(expression.yes)} ${
          number(expression.no)
        }`;
      case "cast":
        return `cast ${expression.type} ${number(expression.x)}`;
      default:
        return `${expression.kind} ${expression.type}`;
    }
  }
}

/** Applies the first rule that fits; the expression itself when none does. Its parts are interned. */
function reduce(expression: Scalar, round: RoundFloat): Scalar {
  switch (expression.kind) {
    case "unary":
      return reduceUnary(expression, round);
    case "binary":
      return reduceBinary(expression, round);
    case "select":
      return reduceSelect(expression);
    case "cast":
      return reduceCast(expression, round);
    default:
      return expression;
  }
}

function reduceUnary(expression: Unary, round: RoundFloat): Scalar {
  const { operator, x, type } = expression;
  if (x.kind === "constant") {
    const folded = foldUnary(expression, x.value, round);
    return folded === undefined ? expression : constant(folded, type);
  }
  if (operator === "neg") {
    // -(-x) = x, -(x·c) = x·(-c), -(x/c) = x/(-c)
    if (isUnary(x, "neg")) return x.x;
    if (type === "f32" && x.kind === "binary" && x.b.kind === "constant") {
      if (x.operator === "mul") return mul(x.a, -x.b.value);
      if (x.operator === "div") return div(x.a, -x.b.value);
    }
  }
  // |-x| = |x|, ||x|| = |x|
  if (operator === "abs" && isUnary(x, "neg")) return abs(x.x);
  if (operator === "abs" && isUnary(x, "abs")) return x;
  if (operator === "not") {
    // ¬¬x = x; a comparison for equality turns around, also beside NaN
    if (isUnary(x, "not")) return x.x;
    if (x.kind === "binary" && x.operator === "equal") return notEqual(x.a, x.b);
    if (x.kind === "binary" && x.operator === "notEqual") return equal(x.a, x.b);
    // an order turns around where there is no NaN
    if (x.kind === "binary" && x.a.type !== "f32") {
      if (x.operator === "less") return lessEqual(x.b, x.a);
      if (x.operator === "lessEqual") return less(x.b, x.a);
    }
  }
  return expression;
}

const commutative: ReadonlySet<string> = new Set([
  "add",
  "mul",
  "min",
  "max",
  "and",
  "or",
  "xor",
  "equal",
  "notEqual",
]);

function reduceBinary(expression: Binary, round: RoundFloat): Scalar {
  const { operator, a, b, type } = expression;
  if (a.kind === "constant" && b.kind === "constant") {
    const folded = foldBinary(expression, [a.value, b.value], round);
    return folded === undefined ? expression : constant(folded, type);
  }
  // constants stand on the right, where they can
  if (a.kind === "constant" && commutative.has(operator)) {
    return { ...expression, a: b, b: a };
  }
  if (b.kind === "constant" && isNeutral(expression, b.value)) return a;
  switch (operator) {
    case "add":
      // a + (-b) = a - b
      if (isUnary(b, "neg")) return sub(a, b.x);
      return isUnary(a, "neg") ? sub(b, a.x) : expression;
    case "sub":
      return isUnary(b, "neg") ? add(a, b.x) : expression;
    case "mul":
    case "div":
      return reduceProduct(expression);
    case "min":
    case "max":
      return a === b ? a : expression;
    case "and":
    case "or":
      if (a === b) return a;
      // x ∧ 0 = 0, x ∨ 1 = 1 for bool
      return b.kind === "constant" && (operator === "and" ? b.value === 0 : isAllOnes(b))
        ? b
        : expression;
    default:
      return expression;
  }
}

/** Whether `x operator value` is x, for every x. */
function isNeutral({ operator, a: { type } }: Binary, value: number): boolean {
  const whole = type !== "f32";
  switch (operator) {
    case "add":
      // -0 + 0 is 0
      return value === 0 && (whole || Object.is(value, -0));
    case "sub":
      return value === 0 && (whole || Object.is(value, 0));
    case "mul":
    case "div":
    case "pow":
      return value === 1;
    case "min":
      return value === Infinity;
    case "max":
      return value === -Infinity || (type === "u32" && value === 0);
    case "or":
    case "xor":
    case "shiftLeft":
    case "shiftRight":
      return value === 0;
    case "and":
      return type === "bool" ? value === 1 : value === 0xffffffff;
    default:
      return false;
  }
}

function isAllOnes({ value, type }: { readonly value: number; readonly type: string }): boolean {
  return type === "bool" ? value === 1 : value === 0xffffffff;
}

/** Products and quotients of floats: signs, and powers of two. */
function reduceProduct(expression: Binary): Scalar {
  const { operator, a, b, type } = expression;
  if (type !== "f32") {
    return b.kind === "constant" && b.value === 0 && operator === "mul" ? b : expression;
  }
  const again = (left: Scalar, right: ScalarLike) =>
    operator === "mul" ? mul(left, right) : div(left, right);
  if (isUnary(a, "neg")) {
    // (-a)·(-b) = a·b, (-a)·c = a·(-c)
    if (isUnary(b, "neg")) return again(a.x, b.x);
    if (b.kind === "constant") return again(a.x, -b.value);
  }
  if (b.kind === "constant") {
    if (b.value === -1) return neg(a);
    // both are the same real number, rounded once; a product is several times as fast
    if (operator === "div" && isPowerOfTwo(b.value)) return mul(a, 1 / b.value);
  }
  return expression;
}

/** Whether a float32 is ±2ᵏ, and so is its reciprocal. */
function isPowerOfTwo(value: number): boolean {
  const exponent = Math.log2(Math.abs(value));
  return Number.isInteger(exponent) && Math.abs(exponent) <= 126 &&
    2 ** exponent === Math.abs(value);
}

function reduceSelect(expression: Select): Scalar {
  const { condition, yes, no } = expression;
  if (condition.kind === "constant") return condition.value !== 0 ? yes : no;
  if (yes === no) return yes;
  if (isUnary(condition, "not")) return { ...expression, condition: condition.x, yes: no, no: yes };
  // what was chosen by the same condition before is known
  if (yes.kind === "select" && yes.condition === condition) {
    return { ...expression, yes: yes.yes };
  }
  if (no.kind === "select" && no.condition === condition) return { ...expression, no: no.no };
  if (yes.kind === "constant" && no.kind === "constant") {
    // chosen between 1 and 0: the condition as a number
    const [one, zero] = [yes.value, no.value];
    if (one === 1 && Object.is(zero, 0)) return cast(condition, expression.type);
    if (Object.is(one, 0) && zero === 1) return cast(not(condition), expression.type);
  }
  if (expression.type === "bool") {
    if (no.kind === "constant" && no.value === 0) return and(condition, yes);
    if (yes.kind === "constant" && yes.value === 1) return or(condition, no);
  }
  return expression;
}

function reduceCast(expression: Cast, round: RoundFloat): Scalar {
  const { x, type } = expression;
  if (x.kind === "constant") return constant(foldCast(expression, x.value, round), type);
  if (x.kind === "cast") {
    // 0 and 1 are the same in every type, and the bits of integers stay
    if (x.x.type === "bool") return cast(x.x, type);
    const isWhole = (of: ScalarType) => of === "i32" || of === "u32";
    if (isWhole(x.type) && isWhole(type) && x.x.type === type) return x.x;
  }
  return expression;
}

function isUnary<O extends Unary["operator"]>(
  expression: Scalar,
  operator: O,
): expression is Unary & { readonly operator: O } {
  return expression.kind === "unary" && expression.operator === operator;
}
