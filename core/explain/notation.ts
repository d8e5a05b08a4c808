/**
 * How values are written: a value that has a name by its name, any other as the expression it is
 * made of. What an op is, is read from its traits: elementwise ops by their formula or format,
 * reductions by their operator, movements that only add or drop axes of size 1 or repeat not at all.
 *
 * @module
 */
import { formatShape, rowMajorStrides, type Shape, sizeOf } from "../tensor/mod.ts";
import { type Node, type ReduceOperator, scalar, sourceNode, type Value } from "../graph/mod.ts";
import { subscript } from "../ops/mod.ts";
import { multiply, splitNumber } from "./algebra.ts";
import { type Expression, levelOfText, levels, number, render, symbol } from "./expression.ts";
import { fromScalar } from "./from_scalar.ts";

/** Names of values, and the way to write any value with them. */
export class Notation {
  readonly #definitions = new Map<Value, Expression>();
  /** Named values of the forward part by what they are made of. */
  readonly #known = new Map<string, Expression>();

  constructor(readonly names: ReadonlyMap<Value, string>) {
    const made = [...names].filter(([value]) => sourceNode(value)?.backward === false)
      .sort(([a], [b]) => a.id - b.id);
    for (const [value, name] of made) {
      const expression = this.definition(value);
      if (expression.kind === "symbol" && expression.level === levels.atom) continue;
      const text = render(expression);
      if (!this.#known.has(text)) this.#known.set(text, nameSymbol(name, value));
    }
  }

  /** The same with other names for some values. */
  with(names: ReadonlyMap<Value, string>): Notation {
    return new Notation(new Map([...this.names, ...names]));
  }

  /** A value as it is written where it is used. */
  use(value: Value): Expression {
    const name = this.names.get(value);
    if (name !== undefined) return nameSymbol(name, value);
    const made = this.definition(value);
    // a gradient may compute again what has a name already, as the softmax's does
    return this.#known.get(render(made)) ?? made;
  }

  /** What a value is made of, in an expression. */
  definition(value: Value): Expression {
    const known = this.#definitions.get(value);
    if (known !== undefined) return known;
    const node = sourceNode(value);
    const made = node === undefined
      ? nameSymbol(this.names.get(value) ?? leafName(value), value)
      : this.#ofNode(node);
    this.#definitions.set(value, made);
    return made;
  }

  /** What a value is made of, as text. */
  text(value: Value): string {
    return render(this.definition(value));
  }

  #ofNode(node: Node): Expression {
    const { op, params, output } = node;
    if (isSeenThrough(node)) return this.use(node.inputs[0]!);
    const count = countingOf(node);
    if (count !== undefined) return count;
    const inputs = node.inputs.map((input) => this.use(input));
    if (op.kind === "elementwise" && op.format === undefined) {
      return fromScalar(op.formula(loadsOf(node), params), inputs);
    }
    const tensor = sizeOf(output.spec.shape) > 1;
    if (op.kind === "reduction") {
      const [input] = node.inputs;
      const axes = op.axes(input!.spec, params).filter((axis) => input!.spec.shape[axis] !== 1);
      const sign = reduceSigns[op.operator] + (tensor ? subscript(axes) : "");
      const [x] = inputs;
      // Σ(c·x) = c·Σ(x)
      const { by, rest } = op.operator === "add" ? splitNumber(x!) : { by: number(1), rest: x! };
      const text = withoutDoubleBrackets(`${sign}(${render(rest)})`);
      return multiply(by, symbol(text, { tensor }));
    }
    const text = formatNode(node, inputs);
    return symbol(text, { tensor, level: levelOfText(text) });
  }
}

const reduceSigns: Readonly<Record<ReduceOperator, string>> = {
  add: "Σ",
  mul: "Π",
  max: "max",
  min: "min",
};

/**
 * Skips the nodes that leave every element as it is: what is left is the value that is written.
 *
 * @param named Tells at which values to stop.
 */
export function seeThrough(value: Value, named: (value: Value) => boolean): Value {
  let at = value;
  for (let node = sourceNode(at); node !== undefined && !named(at); node = sourceNode(at)) {
    if (!isSeenThrough(node)) break;
    at = node.inputs[0]!;
  }
  return at;
}

/** Tells whether a node leaves every element as it is, maybe repeated. */
export function isSeenThrough(node: Node): boolean {
  const { op, inputs: [input], params, output } = node;
  if (input === undefined || node.inputs.length > 1) return false;
  const { shape, dtype } = input.spec;
  switch (op.kind) {
    case "reduction":
      return op.axes(input.spec, params).every((axis) => shape[axis] === 1);
    case "movement": {
      const whole = { shape, strides: rowMajorStrides(shape), offset: 0 };
      const view = op.view(whole, params);
      return view !== null && view.offset === 0 && keepsAxes(shape, view.shape) &&
        walkText(whole) === walkText(view);
    }
    case "elementwise": {
      if (dtype === output.spec.dtype) return false;
      const x = symbol("x", { tensor: true });
      return fromScalar(op.formula(loadsOf(node), params), [x]) === x;
    }
    default:
      return false;
  }
}

/** Axes of the same number and order, each of the same size or stretched; or of another number. */
function keepsAxes(from: Shape, to: Shape): boolean {
  return from.length !== to.length ||
    from.every((size, axis) => size === to[axis] || size === 1);
}

/** The axes that are walked along, with their strides: those of size 1 and those repeated are not. */
function walkText(
  { shape, strides }: { readonly shape: Shape; readonly strides: readonly number[] },
): string {
  return shape.flatMap((size, axis) =>
    size === 1 || strides[axis] === 0 ? [] : [`${size}:${strides[axis]}`]
  ).join();
}

/** Coordinates along an axis, written out: `(0 … 9)`. */
function countingOf({ op, inputs, params, output }: Node): Expression | undefined {
  if (op.kind !== "elementwise" || inputs.length > 0) return undefined;
  let formula = op.formula([], params);
  while (formula.kind === "cast") formula = formula.x;
  if (formula.kind !== "index") return undefined;
  const last = output.spec.shape[formula.axis]! - 1;
  return last === 0 ? number(0) : symbol(`(0 … ${last})`, { tensor: true });
}

/** Tells whether all elements are one number, written in the formula. */
export function isConstant(value: Value): boolean {
  const node = sourceNode(value);
  if (node === undefined || node.op.kind !== "elementwise" || node.inputs.length > 0) return false;
  return node.op.formula([], node.params).kind === "constant";
}

function loadsOf({ inputs }: Node) {
  return inputs.map(({ spec }, i) => scalar.load(i, scalar.scalarTypeOf(spec.dtype)));
}

function nameSymbol(name: string, { spec }: Value): Expression {
  return symbol(name, { tensor: sizeOf(spec.shape) > 1, level: levelOfText(name) });
}

function leafName({ source, id }: Value): string {
  if (source.kind === "input") return source.name;
  return source.kind === "variable" ? source.path : `value${id}`;
}

function formatNode({ op, params }: Node, inputs: readonly Expression[]): string {
  const texts = inputs.map((input) => render(input, levels.fraction));
  if (op.format === undefined) {
    return `${op.name}(${
      [...inputs.map((input) => render(input)), ...optionTexts(params)].join(", ")
    })`;
  }
  let text = op.format(texts, params);
  inputs.forEach((input, i) => {
    const plain = texts[i]!;
    if (input.kind !== "symbol" || input.level !== levels.fraction) return;
    // ∂loss/∂yᵀ would be read as the gradient by yᵀ
    for (const sign of ["ᵀ", "^"]) text = text.replaceAll(plain + sign, `(${plain})${sign}`);
  });
  return withoutDoubleBrackets(text);
}

/** `f((a + b))` is `f(a + b)`. */
function withoutDoubleBrackets(text: string): string {
  for (let i = text.indexOf("(("); i >= 0; i = text.indexOf("((", i + 1)) {
    const end = closingBracket(text, i + 1);
    if (text[end + 1] !== ")") continue;
    return withoutDoubleBrackets(
      text.slice(0, i + 1) + text.slice(i + 2, end) + text.slice(end + 1),
    );
  }
  return text;
}

function closingBracket(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === "(") depth++;
    else if (text[i] === ")" && --depth === 0) return i;
  }
  return text.length;
}

function optionTexts(params: unknown): string[] {
  if (typeof params !== "object" || params === null) return [];
  return Object.entries(params).flatMap(([name, option]) => {
    if (option === false || typeof option === "object" && !Array.isArray(option)) return [];
    return [`${name} ${Array.isArray(option) ? formatShape(option) : option}`];
  });
}
