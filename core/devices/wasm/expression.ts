/**
 * Scalar expression -> code over four lanes. Numbers are f32x4 or i32x4, a bool is a mask whose lanes
 * have all bits set or none.
 *
 * Equal parts are computed once, and a part is computed at the outermost level of the loops at which
 * all it reads is known.
 *
 * @module
 */
import { ownCost, type Scalar, scalar, type ScalarType } from "../../graph/mod.ts";
import type { Local, PlainOpcode } from "./function_body.ts";
import type { Lanes } from "./lanes.ts";
import { cos, erf, exp, expOfNonPositive, log, pow, sin, tanh } from "./transcendental.ts";

/** Where a part's value is known: 0 before all loops, 1 at the start of an inner loop, 2 inside it. */
export type Level = 0 | 1 | 2;

/** What the loops know of an expression's leaves. */
export interface Leaves {
  /** The level of a load, an anchor, an index or the position. */
  level(leaf: Scalar): Level;
  /** Whether a u32 leaf is sure to be below 2³¹. */
  isBelow2To31(leaf: Scalar): boolean;
}

/** Writes the code that gives the four lanes of a leaf. */
export type EmitLeaf = (leaf: Scalar) => Local;

/** One distinct part of the expressions. */
interface Part {
  readonly id: number;
  readonly expression: Scalar;
  readonly inputs: readonly Part[];
  readonly level: Level;
  /** Whether a part of a deeper level, or a result, uses it. */
  outlives: boolean;
  local: Local | null;
}

type Unary = Extract<Scalar, { kind: "unary" }>;
type Binary = Extract<Scalar, { kind: "binary" }>;
type Cast = Extract<Scalar, { kind: "cast" }>;

/** Expressions over the same leaves, made ready to be written once or several times. */
export class Expressions {
  readonly #lanes: Lanes;
  readonly #leaves: Leaves;
  readonly #parts: Part[] = [];
  readonly #byScalar = new Map<Scalar, Part>();
  readonly #byKey = new Map<string, Part>();
  readonly #roots: readonly Part[];

  constructor(roots: readonly Scalar[], lanes: Lanes, leaves: Leaves) {
    this.#lanes = lanes;
    this.#leaves = leaves;
    this.#roots = roots.map((root) => this.#partOf(root));
    for (const root of this.#roots) root.outlives = true;
  }

  /** Number of instructions of the innermost level, about. */
  get weight(): number {
    return this.#parts.filter(({ level }) => level === 2).reduce(
      (sum, { expression }) =>
        // what is read takes an instruction too
        sum + (isShort(expression) ? 1 : Math.max(1, ownCost(expression))),
      0,
    );
  }

  /** Computes what is known at level 0 or 1 and used deeper. */
  prelude(level: 0 | 1, emit: EmitLeaf): void {
    this.#forget(level);
    for (const part of this.#parts) {
      if (part.level === level && part.outlives && part.expression.kind !== "constant") {
        this.#compute(part, emit);
      }
    }
  }

  /** Computes the roots. Locals stay valid until the end of the scope it is called in. */
  emit(emit: EmitLeaf): Local[] {
    return this.emitTogether([emit])[0]!;
  }

  /**
   * Computes the roots at several places, part by part: what is computed at one place does not wait for
   * what is computed at another, and so a processor does both at once.
   */
  emitTogether(emits: readonly EmitLeaf[]): Local[][] {
    this.#forget(2);
    const inner = this.#parts.filter(({ level }) => level === 2);
    const computed = emits.map(() => new Map<Part, Local>());
    const local = (part: Part, place: number): Local =>
      computed[place]!.get(part) ?? this.#compute(part, emits[place]!);
    for (const part of inner) {
      emits.forEach((emit, place) => {
        const inputs = part.inputs.map((input) => local(input, place));
        computed[place]!.set(part, this.#write(part.expression, inputs, emit));
      });
    }
    return emits.map((_, place) => this.#roots.map((root) => local(root, place)));
  }

  #forget(level: Level): void {
    for (const part of this.#parts) if (part.level === level) part.local = null;
  }

  #compute(part: Part, emit: EmitLeaf): Local {
    part.local ??= this.#write(
      part.expression,
      part.inputs.map((input) => this.#compute(input, emit)),
      emit,
    );
    return part.local;
  }

  #partOf(expression: Scalar): Part {
    const known = this.#byScalar.get(expression);
    if (known !== undefined) return known;
    const inputs = inputsOf(expression).map((input) => this.#partOf(input));
    const key = `${ownKey(expression)}(${inputs.map((input) => input.id).join()})`;
    let part = this.#byKey.get(key);
    if (part === undefined) {
      const level = inputs.length > 0 || expression.kind === "constant"
        ? Math.max(0, ...inputs.map((input) => input.level)) as Level
        : this.#leaves.level(expression);
      part = { id: this.#parts.length, expression, inputs, level, outlives: false, local: null };
      for (const input of inputs) if (input.level < level) input.outlives = true;
      this.#parts.push(part);
      this.#byKey.set(key, part);
    }
    this.#byScalar.set(expression, part);
    return part;
  }

  #write(expression: Scalar, inputs: readonly Local[], emit: EmitLeaf): Local {
    const v = this.#lanes;
    switch (expression.kind) {
      case "constant":
        return writeConstant(v, expression.value, expression.type);
      case "unary":
        return writeUnary(v, expression, inputs[0]!);
      case "binary":
        return writeBinary(v, expression, inputs);
      case "select":
        return v.select(inputs[0]!, inputs[1]!, inputs[2]!);
      case "cast":
        return writeCast(v, expression, inputs[0]!, this.#leaves);
      default:
        return emit(expression);
    }
  }
}

/** The parts of an expression that are computed: the distance of a shift and some powers are not. */
function inputsOf(expression: Scalar): readonly Scalar[] {
  return expression.kind === "binary" && isByConstant(expression)
    ? [expression.a]
    : scalar.partsOf(expression);
}

/** Tells whether an expression is a power that is written as products. */
function isShort(expression: Scalar): boolean {
  return expression.kind === "binary" && expression.operator === "pow" && isByConstant(expression);
}

/** Tells whether the right side is a constant that shapes the code. */
function isByConstant(expression: Binary): boolean {
  const { operator, b } = expression;
  return operator === "shiftLeft" || operator === "shiftRight" ||
    (operator === "pow" && b.kind === "constant" && b.value in shortPowers);
}

function ownKey(expression: Scalar): string {
  switch (expression.kind) {
    case "load":
      return `load ${expression.operand}`;
    case "constant":
      return `${expression.type} ${Object.is(expression.value, -0) ? "-0" : expression.value}`;
    case "index":
      return `index ${expression.axis}`;
    case "unary":
      return expression.operator;
    case "binary":
      return expression.operator + (isByConstant(expression) ? constantOf(expression.b) : "");
    case "cast":
      return `cast ${expression.type}`;
    default:
      return expression.kind;
  }
}

function constantOf(expression: Scalar): number {
  if (expression.kind !== "constant") {
    throw new TypeError(`Cannot shift by a ${expression.kind}: expected a constant`);
  }
  return expression.value;
}

function writeConstant(v: Lanes, value: number, type: ScalarType): Local {
  switch (type) {
    case "f32":
      return v.f32(value);
    case "bool":
      return v.word(value === 0 ? 0 : -1);
    default:
      return v.word(Math.trunc(value));
  }
}

/** Whether a number is sure not to be positive, or is none: `-|x|`, `-x²`. */
function isNonPositive(part: Scalar): boolean {
  if (part.kind !== "unary" || part.operator !== "neg") return false;
  const { x } = part;
  return (x.kind === "unary" && x.operator === "abs") ||
    (x.kind === "binary" && x.operator === "mul" && x.a === x.b);
}

function writeUnary(v: Lanes, { operator, type, x: argument }: Unary, x: Local): Local {
  switch (operator) {
    case "neg":
    case "abs":
      return v.op(type === "f32" ? `f32x4.${operator}` : `i32x4.${operator}`, x);
    case "sqrt":
    case "floor":
      return v.op(`f32x4.${operator}`, x);
    case "not":
      return v.op("v128.not", x);
    case "exp":
      return isNonPositive(argument) ? expOfNonPositive(v, x) : exp(v, x);
    case "log":
      return log(v, x);
    case "tanh":
      return tanh(v, x);
    case "sin":
      return sin(v, x);
    case "cos":
      return cos(v, x);
    case "erf":
      return erf(v, x);
  }
}

/** Powers that are shorter as products, divisions and roots. */
const shortPowers: Readonly<Record<number, (v: Lanes, x: Local) => Local>> = {
  [-1]: (v, x) => v.op("f32x4.div", v.f32(1), x),
  0.5: (v, x) => v.op("f32x4.sqrt", x),
  1: (_, x) => x,
  2: (v, x) => v.op("f32x4.mul", x, x),
  3: (v, x) => v.op("f32x4.mul", v.op("f32x4.mul", x, x), x),
};

function writeBinary(v: Lanes, expression: Binary, [a, b]: readonly Local[]): Local {
  const { operator } = expression;
  const type = expression.a.type;
  const float = type === "f32";
  switch (operator) {
    case "add":
    case "sub":
    case "mul":
      return v.op(float ? `f32x4.${operator}` : `i32x4.${operator}`, a!, b!);
    case "div":
      return float ? v.op("f32x4.div", a!, b!) : divideIntegers(v, type, a!, b!);
    case "min":
    case "max":
      return writeExtreme(v, expression, operator, a!, b!);
    case "pow":
      return isByConstant(expression)
        ? shortPowers[constantOf(expression.b)]!(v, a!)
        : pow(v, a!, b!);
    case "and":
    case "or":
    case "xor":
      return v.op(`v128.${operator}`, a!, b!);
    case "shiftLeft":
    case "shiftRight": {
      const distance = constantOf(expression.b);
      if (distance >= 32) return v.word(0);
      return v.shift(operator === "shiftLeft" ? "i32x4.shl" : "i32x4.shr_u", a!, distance);
    }
    case "equal":
      return v.op(float ? "f32x4.eq" : "i32x4.eq", a!, b!);
    case "notEqual":
      return v.op(float ? "f32x4.ne" : "i32x4.ne", a!, b!);
    case "less":
    case "lessEqual": {
      const name = operator === "less" ? "lt" : "le";
      if (float) return v.op(`f32x4.${name}`, a!, b!);
      return v.op(type === "i32" ? `i32x4.${name}_s` : `i32x4.${name}_u`, a!, b!);
    }
  }
}

/**
 * The smaller or larger. Against a constant the one-instruction form will do, as it gives its first
 * argument when one of the two is NaN.
 */
function writeExtreme(
  v: Lanes,
  { a, b }: Binary,
  operator: "min" | "max",
  left: Local,
  right: Local,
): Local {
  if (a.type !== "f32") return v.op(extremeOfIntegers(operator, a.type), left, right);
  const isNumber = (x: Scalar) => x.kind === "constant" && !Number.isNaN(x.value);
  if (isNumber(b)) return v.op(`f32x4.p${operator}`, left, right);
  if (isNumber(a)) return v.op(`f32x4.p${operator}`, right, left);
  return v.op(`f32x4.${operator}`, left, right);
}

function extremeOfIntegers(operator: "min" | "max", type: ScalarType): PlainOpcode {
  return type === "i32" ? `i32x4.${operator}_s` : `i32x4.${operator}_u`;
}

/** Combines two vectors of a type. */
export function combine(
  v: Lanes,
  operator: "add" | "mul" | "min" | "max",
  type: ScalarType,
  a: Local,
  b: Local,
): Local {
  if (type === "f32") return v.op(`f32x4.${operator}`, a, b);
  if (operator === "add" || operator === "mul") return v.op(`i32x4.${operator}`, a, b);
  return v.op(extremeOfIntegers(operator, type), a, b);
}

/** Quotient rounded towards zero, 0 for a division by 0: exact, since float64 holds every quotient. */
function divideIntegers(v: Lanes, type: ScalarType, a: Local, b: Local): Local {
  const signed = type === "i32";
  const widen = signed ? "f64x2.convert_low_i32x4_s" : "f64x2.convert_low_i32x4_u";
  const quotient = (x: Local, y: Local) =>
    v.op(
      signed ? "i32x4.trunc_sat_f64x2_s_zero" : "i32x4.trunc_sat_f64x2_u_zero",
      v.op("f64x2.div", v.op(widen, x), v.op(widen, y)),
    );
  const upper = (x: Local) => v.shuffle(x, x, 2, 3, 2, 3);
  const whole = v.shuffle(quotient(a, b), quotient(upper(a), upper(b)), 0, 1, 4, 5);
  return v.op("v128.andnot", whole, v.op("i32x4.eq", b, v.word(0)));
}

function writeCast(v: Lanes, { x: from, type }: Cast, x: Local, leaves: Leaves): Local {
  if (type === "bool") {
    return v.op(from.type === "f32" ? "f32x4.ne" : "i32x4.ne", x, v.word(0));
  }
  if (from.type === "bool") return v.op("v128.and", x, type === "f32" ? v.f32(1) : v.word(1));
  if (type === "f32") {
    // the conversion of signed integers is one instruction, that of unsigned ones eight
    const signed = from.type === "i32" || isBelow2To31(from, leaves);
    return v.op(signed ? "f32x4.convert_i32x4_s" : "f32x4.convert_i32x4_u", x);
  }
  if (from.type !== "f32") return x;
  return v.op(type === "i32" ? "i32x4.trunc_sat_f32x4_s" : "i32x4.trunc_sat_f32x4_u", x);
}

/** Tells whether a u32 expression is sure to be below 2³¹. */
function isBelow2To31(x: Scalar, leaves: Leaves): boolean {
  switch (x.kind) {
    case "constant":
      return x.value < 2 ** 31;
    case "cast":
      return x.x.type === "bool";
    case "binary":
      return (x.operator === "shiftRight" && constantOf(x.b) >= 1) ||
        (x.operator === "and" && (isBelow2To31(x.a, leaves) || isBelow2To31(x.b, leaves)));
    case "unary":
    case "select":
      return false;
    default:
      return leaves.isBelow2To31(x);
  }
}
