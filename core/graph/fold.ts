/**
 * Arithmetic on constants, with the very bits that a device's floats and 32-bit integers give.
 *
 * `+ - · / √` computed in float64 and rounded once to float32 are the float32 results, since float64
 * has more than twice the digits. Functions that devices approximate (exp, log, tanh, sin, cos, erf,
 * pow) are not folded: what a device would give is not known here.
 *
 * @module
 */
import type {
  ArithmeticOperator,
  BitOperator,
  CompareOperator,
  ScalarType,
  UnaryOperator,
} from "./scalar.ts";

/** Rounds a number to a float of the device: `Math.fround`, or nothing where floats have 64 bits. */
export type RoundFloat = (value: number) => number;

/** The number that a constant of a type is on a device; bool is 0 or 1. */
export function roundTo(value: number, type: ScalarType, round: RoundFloat): number {
  switch (type) {
    case "f32":
      return round(value);
    case "bool":
      return value !== 0 ? 1 : 0;
    default:
      return clamp(value, type);
  }
}

/** The result of a unary operator on a constant, or `undefined` where devices approximate it. */
export function foldUnary(
  { operator, type }: { readonly operator: UnaryOperator; readonly type: ScalarType },
  x: number,
  round: RoundFloat,
): number | undefined {
  switch (operator) {
    case "neg":
      return type === "f32" ? -x : wrap(-x, type);
    case "abs":
      return type === "f32" ? Math.abs(x) : wrap(Math.abs(x), type);
    case "sqrt":
      return round(Math.sqrt(x));
    case "floor":
      return Math.floor(x);
    case "not":
      return x === 0 ? 1 : 0;
    default:
      return undefined;
  }
}

/** The result of an operator on two constants of one type, or `undefined` where devices differ. */
export function foldBinary(
  { operator, a: { type } }: {
    readonly operator: ArithmeticOperator | BitOperator | CompareOperator;
    readonly a: { readonly type: ScalarType };
  },
  [a, b]: readonly [number, number],
  round: RoundFloat,
): number | undefined {
  switch (operator) {
    case "add":
      return type === "f32" ? round(a + b) : wrap(a + b, type);
    case "sub":
      return type === "f32" ? round(a - b) : wrap(a - b, type);
    case "mul":
      return type === "f32" ? round(a * b) : wrap(Math.imul(a, b), type);
    case "div":
      return type === "f32" ? round(a / b) : wrap(Math.trunc(a / b), type);
    case "min":
    case "max":
      // which of two zeros is taken differs between instructions
      return a === 0 && b === 0 ? undefined : operator === "min" ? Math.min(a, b) : Math.max(a, b);
    case "pow":
      return undefined;
    case "and":
      return wrap(a & b, type);
    case "or":
      return wrap(a | b, type);
    case "xor":
      return wrap(a ^ b, type);
    case "shiftLeft":
      return b >= 32 ? 0 : (a << b) >>> 0;
    case "shiftRight":
      return b >= 32 ? 0 : a >>> b;
    case "equal":
      return a === b ? 1 : 0;
    case "notEqual":
      return a !== b ? 1 : 0;
    case "less":
      return a < b ? 1 : 0;
    case "lessEqual":
      return a <= b ? 1 : 0;
  }
}

/** A constant converted: floats are truncated and clamped, integers keep their bits. */
export function foldCast(
  { x: { type: from }, type: to }: {
    readonly x: { readonly type: ScalarType };
    readonly type: ScalarType;
  },
  x: number,
  round: RoundFloat,
): number {
  if (to === "bool") return x !== 0 ? 1 : 0;
  if (to === "f32") return round(x);
  return from === "f32" ? clamp(x, to) : wrap(x, to);
}

function clamp(value: number, type: ScalarType): number {
  if (Number.isNaN(value)) return 0;
  const whole = Math.trunc(value) + 0;
  return type === "i32"
    ? Math.min(Math.max(whole, -2147483648), 2147483647)
    : Math.min(Math.max(whole, 0), 4294967295);
}

/** A whole number modulo 2³²; bool keeps its bit. */
function wrap(value: number, type: ScalarType): number {
  if (type === "i32") return value | 0;
  return type === "u32" ? value >>> 0 : value & 1;
}
