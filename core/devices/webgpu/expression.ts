/**
 * Scalar expression -> WGSL text. Each part is computed once, in a `let` of its own; what WGSL leaves
 * open (NaN in min and max, division by 0, conversion of what does not fit) is written out, in the
 * functions of `functions.ts`.
 *
 * @module
 */
import { type Scalar, scalar, type ScalarType } from "../../graph/mod.ts";

/** Text of the value of a load, an anchor, an index or the position. */
export type LeafText = (leaf: Scalar) => string;

/** Statements, and the names of what they compute. */
export interface ExpressionText {
  readonly statements: readonly string[];
  readonly values: readonly string[];
}

/** Writes expressions over the same leaves; names begin with `prefix`. */
export function writeExpressions(
  roots: readonly Scalar[],
  { leaf, prefix = "x" }: { readonly leaf: LeafText; readonly prefix?: string },
): ExpressionText {
  const statements: string[] = [];
  const byScalar = new Map<Scalar, string>();
  const byText = new Map<string, string>();
  const visit = (part: Scalar): string => {
    const known = byScalar.get(part);
    if (known !== undefined) return known;
    const text = part.kind === "constant"
      ? constantText(part.value, part.type)
      : scalar.isLeaf(part)
      ? leaf(part)
      : operationText(part, scalar.partsOf(part).map(visit));
    let name = part.kind === "constant" || part.kind === "anchor" ? text : byText.get(text);
    if (name === undefined) {
      name = `${prefix}${byText.size}`;
      statements.push(`let ${name} = ${text};`);
      byText.set(text, name);
    }
    byScalar.set(part, name);
    return name;
  };
  return { values: roots.map(visit), statements };
}

/** A constant. Infinity and NaN have no literals: `nonfinite` makes them of bits. */
export function constantText(value: number, type: ScalarType): string {
  switch (type) {
    case "bool":
      return value !== 0 ? "true" : "false";
    case "u32":
      return `${Math.trunc(value)}u`;
    case "i32":
      return value === -2147483648 ? "i32(-2147483647 - 1)" : `i32(${Math.trunc(value)})`;
    case "f32": {
      const float = Math.fround(value);
      if (Number.isNaN(float)) return "nonfinite(0x7fc00000u)";
      if (float === Infinity) return "nonfinite(0x7f800000u)";
      if (float === -Infinity) return "nonfinite(0xff800000u)";
      if (Object.is(float, -0)) return "nonfinite(0x80000000u)";
      const digits = String(float);
      return /[.e]/.test(digits) ? `f32(${digits})` : `f32(${digits}.0)`;
    }
  }
}

/** What changes nothing when it is combined with numbers of a type. */
export function identityText(
  operator: "add" | "mul" | "min" | "max",
  type: ScalarType,
): string {
  const [least, greatest] = type === "i32"
    ? [-2147483648, 2147483647]
    : type === "u32"
    ? [0, 4294967295]
    : [-Infinity, Infinity];
  return constantText({ add: 0, mul: 1, max: least, min: greatest }[operator], type);
}

/** Two numbers of a type combined. */
export function combineText(
  operator: "add" | "mul" | "min" | "max",
  type: ScalarType,
  [a, b]: readonly [string, string],
): string {
  switch (operator) {
    case "add":
      return `${a} + ${b}`;
    case "mul":
      return `${a} * ${b}`;
    default:
      return type === "f32" ? `${operator}_or_nan(${a}, ${b})` : `${operator}(${a}, ${b})`;
  }
}

function operationText(part: Scalar, inputs: readonly string[]): string {
  const [a, b, c] = inputs as readonly [string, string, string];
  switch (part.kind) {
    case "unary":
      return unaryText(part, a);
    case "binary":
      return binaryText(part, [a, b]);
    case "select":
      return `select(${c}, ${b}, ${a})`;
    case "cast":
      return castText(part.x.type, part.type, a);
    default:
      throw new TypeError(`Cannot write a ${part.kind} as an operation`);
  }
}

function unaryText({ operator }: Extract<Scalar, { kind: "unary" }>, x: string): string {
  switch (operator) {
    case "neg":
      return `-${x}`;
    case "not":
      return `!${x}`;
    case "abs":
    case "sqrt":
    case "floor":
      return `${operator}(${x})`;
    case "exp":
    case "log":
    case "tanh":
    case "sin":
    case "cos":
    case "erf":
      return `${operator}_f32(${x})`;
  }
}

const infix: Readonly<Record<string, string>> = {
  add: "+",
  sub: "-",
  mul: "*",
  and: "&",
  or: "|",
  equal: "==",
  less: "<",
  lessEqual: "<=",
};

/** Powers that are shorter as products, divisions and roots. */
const shortPowers: Readonly<Record<number, (x: string) => string>> = {
  [-1]: (x) => `1.0 / ${x}`,
  0.5: (x) => `sqrt(${x})`,
  1: (x) => x,
  2: (x) => `${x} * ${x}`,
  3: (x) => `${x} * ${x} * ${x}`,
};

function binaryText(
  { operator, a: left, b: right }: Extract<Scalar, { kind: "binary" }>,
  [a, b]: readonly [string, string],
): string {
  const { type } = left;
  switch (operator) {
    case "add":
    case "sub": {
      // a driver that adds a small constant before it takes a difference would lose the constant
      const isApart = (x: Scalar, other: Scalar) =>
        type === "f32" && isSum(x) && other.kind === "constant";
      const [x, y] = [
        isApart(left, right) ? `exactly(${a})` : a,
        isApart(right, left) ? `exactly(${b})` : b,
      ];
      return `${x} ${infix[operator]} ${y}`;
    }
    case "div":
      return type === "f32" ? `${a} / ${b}` : `divide_${type}(${a}, ${b})`;
    case "min":
    case "max":
      return combineText(operator, type, [a, b]);
    case "pow": {
      const short = right.kind === "constant" ? shortPowers[right.value] : undefined;
      return short?.(a) ?? `pow_f32(${a}, ${b})`;
    }
    case "notEqual":
      // translators make != of floats false beside NaN
      return type === "f32" ? `!(${a} == ${b})` : `${a} != ${b}`;
    case "xor":
      return type === "bool" ? `${a} != ${b}` : `${a} ^ ${b}`;
    case "shiftLeft":
    case "shiftRight": {
      if (right.kind !== "constant") {
        throw new TypeError(`Cannot shift by a ${right.kind}: expected a constant`);
      }
      if (right.value >= 32) return "0u";
      return `${a} ${operator === "shiftLeft" ? "<<" : ">>"} ${right.value}u`;
    }
    default:
      return `${a} ${infix[operator]} ${b}`;
  }
}

function isSum(x: Scalar): boolean {
  return x.kind === "binary" && (x.operator === "add" || x.operator === "sub");
}

function castText(from: ScalarType, to: ScalarType, x: string): string {
  if (to === "bool") return `!(${x} == ${constantText(0, from)})`;
  if (from === "bool") return `select(${constantText(0, to)}, ${constantText(1, to)}, ${x})`;
  return from === "f32" ? `${to}_of_f32(${x})` : `${to}(${x})`;
}
