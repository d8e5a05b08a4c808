/**
 * Scalar expressions as functions: what the formula of an op means. Floats are float64 here; u32 and
 * i32 are exact, modulo 2³².
 *
 * @module
 */
import { type Scalar, scalar, type ScalarType } from "../../graph/mod.ts";
import { erf } from "./erf.ts";

/** Where an expression is evaluated, and what it reads there. */
export interface Place {
  /** The element of each operand. */
  readonly loads: Float64Array;
  /** What the kernel's anchor gave. */
  anchor: number;
  /** Coordinate along each axis. */
  readonly index: Int32Array;
  /** Row-major number of the place. */
  position: number;
}

/** An expression as a function of the place; bool is 0 or 1. */
export type ScalarFunction = (place: Place) => number;

/** A part of an expression: it reads the parts before it from `parts`. */
type Step = (parts: Float64Array, place: Place) => number;

/**
 * Makes a function of an expression, once for all places. The parts are computed in order, each
 * once, into numbered cells, so a shared part costs what it costs alone.
 */
export function compileScalar(expression: Scalar): ScalarFunction {
  const order: Scalar[] = [];
  const numbers = new Map<Scalar, number>();
  const number = (part: Scalar): void => {
    if (numbers.has(part)) return;
    scalar.partsOf(part).forEach(number);
    numbers.set(part, order.push(part) - 1);
  };
  number(expression);
  const steps = order.map((part) => compilePart(part, (inner) => numbers.get(inner)!));
  const parts = new Float64Array(steps.length);
  return (place) => {
    for (let i = 0; i < steps.length; i++) parts[i] = steps[i]!(parts, place);
    return parts[steps.length - 1]!;
  };
}

function compilePart(part: Scalar, cell: (part: Scalar) => number): Step {
  switch (part.kind) {
    case "load": {
      const { operand } = part;
      return (_, { loads }) => loads[operand]!;
    }
    case "anchor":
      return (_, { anchor }) => anchor;
    case "constant": {
      const value = convert(part.value, part.type);
      return () => value;
    }
    case "index": {
      const { axis } = part;
      return (_, { index }) => index[axis]!;
    }
    case "position":
      return (_, { position }) => position;
    case "unary": {
      const apply = unaryFunction(part);
      const x = cell(part.x);
      return (parts) => apply(parts[x]!);
    }
    case "binary": {
      const apply = binaryFunction(part);
      const [a, b] = [cell(part.a), cell(part.b)];
      return (parts) => apply(parts[a]!, parts[b]!);
    }
    case "select": {
      const [condition, yes, no] = [cell(part.condition), cell(part.yes), cell(part.no)];
      return (parts) => parts[condition] !== 0 ? parts[yes]! : parts[no]!;
    }
    case "cast": {
      const { type, x } = part;
      const from = cell(x);
      return x.type === "f32" || type === "bool"
        ? (parts) => convert(parts[from]!, type)
        : (parts) => wrap(parts[from]!, type);
    }
  }
}

/**
 * A number as one of another type: floats are truncated toward 0, what does not fit becomes the
 * nearest end of the range, and NaN becomes 0.
 */
function convert(value: number, type: ScalarType): number {
  switch (type) {
    case "f32":
      return value;
    case "bool":
      return value !== 0 ? 1 : 0;
    // integers have one zero: + 0 makes it of -0
    case "i32":
      return value !== value
        ? 0
        : Math.min(Math.max(Math.trunc(value) + 0, -2147483648), 2147483647);
    case "u32":
      return value !== value ? 0 : Math.min(Math.max(Math.trunc(value) + 0, 0), 4294967295);
  }
}

/** A whole number modulo 2³², in the range of a type. */
function wrap(value: number, type: ScalarType): number {
  if (type === "i32") return value | 0;
  return type === "u32" ? value >>> 0 : value;
}

function unaryFunction(
  { operator, type }: Extract<Scalar, { kind: "unary" }>,
): (x: number) => number {
  switch (operator) {
    case "neg":
      return (x) => wrap(-x, type);
    case "abs":
      return (x) => wrap(Math.abs(x), type);
    case "sqrt":
      return Math.sqrt;
    case "floor":
      return Math.floor;
    case "exp":
      return Math.exp;
    case "log":
      return Math.log;
    case "tanh":
      return Math.tanh;
    case "sin":
      return Math.sin;
    case "cos":
      return Math.cos;
    case "erf":
      return erf;
    case "not":
      return (x) => x === 0 ? 1 : 0;
  }
}

function binaryFunction(
  { operator, a: { type } }: Extract<Scalar, { kind: "binary" }>,
): (a: number, b: number) => number {
  const whole = type !== "f32";
  switch (operator) {
    case "add":
      return whole ? (a, b) => wrap(a + b, type) : (a, b) => a + b;
    case "sub":
      return whole ? (a, b) => wrap(a - b, type) : (a, b) => a - b;
    case "mul":
      return whole ? (a, b) => wrap(Math.imul(a, b), type) : (a, b) => a * b;
    case "div":
      return whole ? (a, b) => wrap(Math.trunc(a / b), type) : (a, b) => a / b;
    case "min":
      return Math.min;
    case "max":
      return Math.max;
    case "pow":
      return Math.pow;
    case "and":
      return (a, b) => wrapBits(a & b, type);
    case "or":
      return (a, b) => wrapBits(a | b, type);
    case "xor":
      return (a, b) => wrapBits(a ^ b, type);
    case "shiftLeft":
      return (a, b) => b >= 32 ? 0 : (a << b) >>> 0;
    case "shiftRight":
      return (a, b) => b >= 32 ? 0 : a >>> b;
    case "equal":
      return (a, b) => a === b ? 1 : 0;
    case "notEqual":
      return (a, b) => a !== b ? 1 : 0;
    case "less":
      return (a, b) => a < b ? 1 : 0;
    case "lessEqual":
      return (a, b) => a <= b ? 1 : 0;
  }
}

/** Bits as a number of u32 or bool. */
function wrapBits(bits: number, type: ScalarType): number {
  return type === "u32" ? bits >>> 0 : bits;
}
