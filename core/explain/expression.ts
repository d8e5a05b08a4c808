/**
 * Expressions as a textbook writes them, and their text. `algebra.ts` makes them.
 *
 * @module
 */

/** How tightly an expression holds together; what holds less tightly than its place is bracketed. */
export const levels = { sum: 0, product: 1, fraction: 2, power: 3, atom: 4 } as const;

/** One of `levels`. */
export type Level = typeof levels[keyof typeof levels];

/** An expression. */
export type Expression =
  | {
    readonly kind: "symbol";
    readonly text: string;
    /** Whether it stands for several numbers. */
    readonly tensor: boolean;
    readonly level: Level;
  }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "sum"; readonly terms: readonly Term[] }
  | Product
  | { readonly kind: "power"; readonly base: Expression; readonly exponent: Expression }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[] }
  /** A sign between two sides; comparisons are true or false. */
  | {
    readonly kind: "infix";
    readonly sign: string;
    readonly a: Expression;
    readonly b: Expression;
  }
  | { readonly kind: "truth"; readonly value: boolean }
  /** 1 where the condition holds, else 0. */
  | { readonly kind: "indicator"; readonly condition: Expression }
  | {
    readonly kind: "choice";
    readonly condition: Expression;
    readonly yes: Expression;
    readonly no: Expression;
  };

/** A summand. */
export interface Term {
  readonly negative: boolean;
  readonly part: Expression;
}

/** `± factor · numerator / (over · denominator)`; numbers are kept apart, so that they stay readable. */
export interface Product {
  readonly kind: "product";
  readonly negative: boolean;
  readonly factor: number;
  readonly over: number;
  readonly numerator: readonly Expression[];
  readonly denominator: readonly Expression[];
}

/** A name, or a text that is not looked into. */
export function symbol(
  text: string,
  { tensor, level = levels.atom }: { readonly tensor: boolean; readonly level?: Level },
): Expression {
  return { kind: "symbol", text, tensor, level };
}

/** A number. */
export function number(value: number): Expression {
  return { kind: "number", value };
}

/** A function of expressions. */
export function call(name: string, args: readonly Expression[]): Expression {
  return { kind: "call", name, args };
}

/** Tells whether an expression has several elements. */
export function isTensor(x: Expression): boolean {
  switch (x.kind) {
    case "symbol":
      return x.tensor;
    case "number":
    case "truth":
      return false;
    case "sum":
      return x.terms.some(({ part }) => isTensor(part));
    case "product":
      return [...x.numerator, ...x.denominator].some(isTensor);
    case "power":
      return isTensor(x.base) || isTensor(x.exponent);
    case "call":
      return x.args.some(isTensor);
    case "infix":
      return isTensor(x.a) || isTensor(x.b);
    case "indicator":
      return isTensor(x.condition);
    case "choice":
      return [x.condition, x.yes, x.no].some(isTensor);
  }
}

/** Renders an expression; brackets where it holds less tightly than `level`. */
export function render(x: Expression, level: Level = levels.sum): string {
  const { text, own } = rendered(x);
  return own < level ? `(${text})` : text;
}

interface Rendered {
  readonly text: string;
  readonly own: Level;
}

function rendered(x: Expression): Rendered {
  const { atom } = levels;
  switch (x.kind) {
    case "symbol":
      return { text: x.text, own: x.level };
    case "number":
      return { text: formatConstant(x.value), own: x.value < 0 ? levels.sum : atom };
    case "sum":
      return { text: sumText(x.terms), own: levels.sum };
    case "product":
      return productText(x);
    case "power":
      return { text: powerText(x.base, x.exponent), own: levels.power };
    case "call":
      return { text: callText(x.name, x.args), own: atom };
    case "infix":
      return {
        text: `${render(x.a, levels.product)} ${x.sign} ${render(x.b, levels.product)}`,
        own: levels.sum,
      };
    case "truth":
      return { text: String(x.value), own: atom };
    case "indicator":
      return { text: `[${render(x.condition)}]`, own: atom };
    case "choice":
      return {
        text: `(${render(x.condition)} ? ${render(x.yes)} : ${render(x.no)})`,
        own: atom,
      };
  }
}

function sumText(terms: readonly Term[]): string {
  const first = terms.findIndex(({ negative }) => !negative);
  const ordered = first > 0 ? [terms[first]!, ...terms.filter((_, i) => i !== first)] : terms;
  return ordered.map(({ negative, part }, i) => {
    const sign = i === 0 ? (negative ? "-" : "") : negative ? " - " : " + ";
    return sign + render(part, levels.product);
  }).join("");
}

function productText({ negative, factor, over, numerator, denominator }: Product): Rendered {
  const above = factor !== 1 || numerator.length === 0 ? [number(factor), ...numerator] : numerator;
  const below = over === 1 ? denominator : [number(over), ...denominator];
  const isBare = below.length === 0 && above.length === 1;
  const top = joinFactors(above);
  const bottom = below.length === 1 ? render(below[0]!, levels.power) : `(${joinFactors(below)})`;
  return {
    text: `${negative ? "-" : ""}${top}${below.length === 0 ? "" : ` / ${bottom}`}`,
    own: negative ? levels.sum : isBare ? rendered(above[0]!).own : levels.product,
  };
}

function joinFactors(factors: readonly Expression[]): string {
  let text = "";
  let before: Expression | undefined;
  for (const factor of factors) {
    if (before !== undefined) text += isTensor(before) && isTensor(factor) ? " ⊙ " : " · ";
    text += render(factor, factors.length > 1 ? levels.fraction : levels.product);
    before = factor;
  }
  return text;
}

function powerText(base: Expression, exponent: Expression): string {
  const below = render(base, levels.atom);
  const isShort = exponent.kind === "number" && Number.isInteger(exponent.value) &&
    exponent.value > 0;
  return isShort
    ? below + superscript(exponent.value)
    : `${below}^${render(exponent, levels.atom)}`;
}

function callText(name: string, args: readonly Expression[]): string {
  if (name === "abs") return `|${render(args[0]!)}|`;
  if (name === "sqrt") return `√${render(args[0]!, levels.atom)}`;
  return `${name}(${args.map((arg) => render(arg)).join(", ")})`;
}

function superscript(value: number): string {
  const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  return [...String(value)].map((digit) => digits[Number(digit)]!).join("");
}

/** A constant with at most seven digits. */
export function formatConstant(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "-∞";
  return String(Number(value.toPrecision(7)));
}

/** How tightly a text holds together that some op has formatted. */
export function levelOfText(text: string): Level {
  let depth = 0;
  let level: Level = text.startsWith("-") ? levels.sum : levels.atom;
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if ("([{".includes(character)) depth++;
    else if (")]}".includes(character)) depth--;
    else if (depth === 0 && character === " ") {
      const isSum = /^ [-+=<>≤≥≠?:|&] /.test(text.slice(i, i + 3));
      level = isSum ? levels.sum : Math.min(level, levels.product) as Level;
      if (isSum) return level;
    } else if (depth === 0 && character === "^") level = Math.min(level, levels.power) as Level;
    else if (depth === 0 && character === "/") level = Math.min(level, levels.fraction) as Level;
  }
  return level;
}
