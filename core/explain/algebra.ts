/**
 * Makes expressions, and keeps them simple over the real numbers: `x / 1` is `x`, `x + x` is `2 · x`,
 * `x · x` is `x²`, fractions with one denominator are added, and what only guards against NaN and
 * infinity is left out.
 *
 * @module
 */
import {
  call,
  type Expression,
  formatConstant,
  number,
  type Product,
  render,
  type Term,
} from "./expression.ts";

/** `a + b` */
export function add(a: Expression, b: Expression): Expression {
  return makeSum([...termsOf(a), ...termsOf(b)]);
}

/** `-x` */
export function negate(x: Expression): Expression {
  if (x.kind === "number") return number(-x.value);
  if (x.kind === "sum") {
    return makeSum(x.terms.map(({ negative, part }) => ({ negative: !negative, part })));
  }
  const product = productOf(x);
  return makeProduct({ ...product, negative: !product.negative });
}

/** `a · b`, each element with its own where both are tensors */
export function multiply(a: Expression, b: Expression): Expression {
  const [p, q] = [productOf(a), productOf(b)];
  return makeProduct({
    kind: "product",
    negative: p.negative !== q.negative,
    factor: p.factor * q.factor,
    over: p.over * q.over,
    numerator: [...p.numerator, ...q.numerator],
    denominator: [...p.denominator, ...q.denominator],
  });
}

/** `a / b` */
export function divide(a: Expression, b: Expression): Expression {
  const { negative, factor, over, numerator, denominator } = productOf(b);
  return multiply(a, {
    kind: "product",
    negative,
    factor: over,
    over: factor,
    numerator: denominator,
    denominator: numerator,
  });
}

/** `base^exponent` */
export function power(base: Expression, exponent: Expression): Expression {
  if (exponent.kind === "number" && exponent.value === 1) return base;
  return { kind: "power", base, exponent };
}

/** The number that an expression is multiplied by, and the rest. */
export function splitNumber(x: Expression): { readonly by: Expression; readonly rest: Expression } {
  if (x.kind !== "product" || x.numerator.length === 0) return { by: number(1), rest: x };
  return {
    by: makeProduct({ ...x, numerator: [], denominator: [] }),
    rest: makeProduct({ ...x, negative: false, factor: 1, over: 1 }),
  };
}

/** A product without one of its factors; `undefined` where that is no factor of it. */
export function withoutFactor(x: Expression, factor: string): Expression | undefined {
  if (x.kind !== "product") return undefined;
  const numerator = x.numerator.filter((part) => render(part) !== factor);
  return numerator.length === x.numerator.length ? undefined : makeProduct({ ...x, numerator });
}

function termsOf(x: Expression): Term[] {
  if (x.kind === "sum") return [...x.terms];
  if (x.kind === "number") {
    return x.value === 0 ? [] : [{ negative: x.value < 0, part: number(Math.abs(x.value)) }];
  }
  if (x.kind === "product" && x.negative) {
    return [{ negative: true, part: makeProduct({ ...x, negative: false }) }];
  }
  return [{ negative: false, part: x }];
}

function makeSum(terms: readonly Term[]): Expression {
  const kept: Term[] = [];
  for (const term of terms) {
    const at = kept.findIndex(({ part }) => sameExpression(part, term.part));
    const known = kept[at];
    if (known === undefined) kept.push(term);
    else if (known.negative !== term.negative) kept.splice(at, 1);
    else kept[at] = { ...term, part: multiply(number(2), term.part) };
  }
  const [first] = kept;
  if (first === undefined) return number(0);
  if (kept.length === 1) return first.negative ? negate(first.part) : first.part;
  return overOneDenominator(kept) ?? { kind: "sum", terms: kept };
}

/** Terms that are all over the same denominator, as one fraction. */
function overOneDenominator(terms: readonly Term[]): Expression | undefined {
  const products = terms.map(({ part }) => productOf(part));
  const below = products.map(({ over, denominator }) =>
    render(makeProduct({ ...one, factor: over, numerator: denominator }))
  );
  if (below[0] === "1" || below.some((text) => text !== below[0])) return undefined;
  const above = makeSum(terms.map(({ negative }, i) => ({
    negative,
    part: makeProduct({ ...products[i]!, over: 1, denominator: [] }),
  })));
  const { over, denominator } = products[0]!;
  return multiply(above, { ...one, over, denominator });
}

const one: Product = {
  kind: "product",
  negative: false,
  factor: 1,
  over: 1,
  numerator: [],
  denominator: [],
};

function productOf(x: Expression): Product {
  if (x.kind === "product") return x;
  if (x.kind !== "number") return { ...one, numerator: [x] };
  const magnitude = Math.abs(x.value);
  const below = Math.round(1 / magnitude);
  // 1/255 says more than 0.003921569
  const isFraction = formatConstant(magnitude).length > 8 && 1 / below === magnitude;
  return {
    ...one,
    negative: x.value < 0,
    ...(isFraction ? { over: below } : { factor: magnitude }),
  };
}

function makeProduct(product: Product): Expression {
  const { negative, denominator } = product;
  const cancels = product.factor === product.over;
  const [factor, over] = cancels ? [1, 1] : [product.factor, product.over];
  if (factor === 0) return number(0);
  const numerator = gatherPowers(product.numerator);
  if (denominator.length === 0 && over === 1) {
    if (numerator.length === 0) return number(negative ? -factor : factor);
    if (numerator.length === 1 && factor === 1 && !negative) return numerator[0]!;
  }
  return { kind: "product", negative, factor, over, numerator, denominator };
}

/** Equal factors as a power. */
function gatherPowers(factors: readonly Expression[]): Expression[] {
  const counts: { base: Expression; count: number }[] = [];
  for (const factor of factors) {
    const whole = factor.kind === "power" && factor.exponent.kind === "number";
    const base = whole ? factor.base : factor;
    const count = whole && factor.exponent.kind === "number" ? factor.exponent.value : 1;
    const known = counts.find((entry) => sameExpression(entry.base, base));
    if (known === undefined) counts.push({ base, count });
    else known.count += count;
  }
  return counts.map(({ base, count }) => power(base, number(count)));
}

function sameExpression(a: Expression, b: Expression): boolean {
  return a.kind === b.kind && render(a) === render(b);
}

const signs = { equal: "=", notEqual: "≠", less: "<", lessEqual: "≤" } as const;

/** Signs with the sides exchanged, and their opposites. */
const mirrored: Readonly<Record<string, string>> = { "=": "=", "≠": "≠", "<": ">", "≤": "≥" };
const opposite: Readonly<Record<string, string>> = {
  "=": "≠",
  "≠": "=",
  "<": "≥",
  "≤": ">",
  ">": "≤",
  "≥": "<",
};

/** A comparison, which is true or false. */
export function compare(
  operator: keyof typeof signs,
  a: Expression,
  b: Expression,
): Expression {
  const isEquality = operator === "equal" || operator === "notEqual";
  // no real number is infinite, and each equals itself
  const infinite = [a, b].some((x) => x.kind === "number" && !Number.isFinite(x.value));
  if (isEquality && infinite) return { kind: "truth", value: operator === "notEqual" };
  if (sameExpression(a, b)) {
    return { kind: "truth", value: operator === "equal" || operator === "lessEqual" };
  }
  if (operator === "notEqual" && a.kind === "indicator" && b.kind === "number" && b.value === 0) {
    return a.condition;
  }
  const sign = signs[operator];
  return a.kind === "number"
    ? { kind: "infix", sign: mirrored[sign]!, a: b, b: a }
    : { kind: "infix", sign, a, b };
}

/** The opposite of a condition. */
export function not(x: Expression): Expression {
  if (x.kind === "truth") return { kind: "truth", value: !x.value };
  const sign = x.kind === "infix" ? opposite[x.sign] : undefined;
  return x.kind === "infix" && sign !== undefined ? { ...x, sign } : call("not", [x]);
}

/** 1 where the condition holds, else 0. */
export function indicator(condition: Expression): Expression {
  return condition.kind === "truth"
    ? number(condition.value ? 1 : 0)
    : { kind: "indicator", condition };
}

/** `yes` where the condition holds, else `no`. */
export function choose(condition: Expression, yes: Expression, no: Expression): Expression {
  if (condition.kind === "truth") return condition.value ? yes : no;
  if (no.kind === "number" && no.value === 0) return multiply(yes, indicator(condition));
  if (yes.kind === "number" && yes.value === 0) return multiply(no, indicator(not(condition)));
  return { kind: "choice", condition, yes, no };
}
