import { assert, assertEquals } from "@std/assert";
import { type Scalar, scalar, type ScalarType, Simplifier } from "../../../core/graph/mod.ts";
import { RandomStream } from "../../../core/tensor/mod.ts";
import { compileScalar } from "../../../core/devices/reference/mod.ts";
import { wasmDevice } from "../../../core/devices/mod.ts";
import { HandPlan } from "../../support/plans.ts";

const x = scalar.load(0, "f32");
const y = scalar.load(1, "f32");
const i = scalar.load(2, "i32");
const u = scalar.load(3, "u32");
const names = ["x", "y", "i", "u"];
const a = scalar.less(x, y);
const b = scalar.less(y, 1);
const maskA = scalar.cast(a, "f32");
const maskB = scalar.cast(b, "f32");

function simplified(expression: Scalar): string {
  return scalar.formatScalar(new Simplifier(32).simplify(expression), names);
}

const rules: readonly (readonly [string, Scalar, string])[] = [
  ["folds constants in float32", scalar.add(scalar.constant(0.1), 0.2), "0.3"],
  ["folds integers modulo 2³²", scalar.mul(scalar.constant(2 ** 31, "u32"), 2), "0"],
  ["folds a conversion", scalar.cast(scalar.constant(-1.5), "i32"), "-1"],
  ["takes x for x·1", scalar.mul(x, 1), "x"],
  ["takes x for 1·x", scalar.mul(1, x), "x"],
  ["takes x for x/1", scalar.div(x, 1), "x"],
  ["takes x for x + -0", scalar.add(x, -0), "x"],
  ["takes x for x - 0", scalar.sub(x, 0), "x"],
  ["takes i for i + 0", scalar.add(i, 0), "i"],
  ["takes 0 for i·0", scalar.mul(i, 0), "0"],
  ["takes x for x¹", scalar.pow(x, 1), "x"],
  ["takes x for max(x, -∞)", scalar.max(x, -Infinity), "x"],
  ["takes x for min(x, x)", scalar.min(x, x), "x"],
  ["multiplies by the reciprocal of a power of two", scalar.div(x, 32), "x · 0.03125"],
  ["takes -x for x·(-1)", scalar.mul(x, -1), "-x"],
  ["takes x for -(-x)", scalar.neg(scalar.neg(x)), "x"],
  ["draws a sign into a constant", scalar.neg(scalar.mul(x, 3)), "x · -3"],
  ["subtracts what is added negated", scalar.add(x, scalar.neg(y)), "x - y"],
  ["subtracts from what is added", scalar.add(scalar.neg(x), y), "y - x"],
  ["adds what is subtracted negated", scalar.sub(x, scalar.neg(y)), "x + y"],
  ["takes |x| for |-x|", scalar.abs(scalar.neg(x)), "|x|"],
  ["turns ¬(x = y) around", scalar.not(scalar.equal(x, y)), "x ≠ y"],
  ["turns ¬(i < 3) around", scalar.not(scalar.less(i, 3)), "3 ≤ i"],
  ["takes the comparison for its mask compared", scalar.notEqual(maskA, 0), "x < y"],
  ["takes the comparison for 0 < mask", scalar.less(0, maskA), "x < y"],
  ["joins masks multiplied", scalar.mul(maskA, maskB), "[(x < y) & (y < 1)]"],
  ["joins masks added", scalar.notEqual(scalar.add(maskA, maskB), 0), "(x < y) | (y < 1)"],
  ["knows a comparison of a mask that always holds", scalar.lessEqual(maskA, 1), "1"],
  ["takes the condition for a choice of 1 and 0", scalar.select(a, 1, 0), "[x < y]"],
  [
    "takes what a known condition chooses",
    scalar.select(scalar.less(scalar.constant(1), 2), x, y),
    "x",
  ],
  ["takes what both sides of a choice are", scalar.select(a, x, x), "x"],
  [
    "chooses once by the same condition",
    scalar.select(a, scalar.select(a, x, y), y),
    "(x < y ? x : y)",
  ],
  ["exchanges the sides for ¬", scalar.select(scalar.not(a), x, y), "(x < y ? y : x)"],
  ["converts a truth once", scalar.cast(scalar.cast(a, "f32"), "i32"), "[x < y]"],
  ["takes u for its bits as i32 and back", scalar.cast(scalar.cast(u, "i32"), "u32"), "u"],
  ["takes u for u << 0", scalar.shiftLeft(u, 0), "u"],
];

for (const [name, expression, expected] of rules) {
  Deno.test(`simplify() ${name}`, () => assertEquals(simplified(expression), expected));
}

const kept: readonly (readonly [string, Scalar])[] = [
  ["x + 0, which is 0 for -0", scalar.add(x, 0)],
  ["x - -0, which is 0 for -0", scalar.sub(x, -0)],
  ["0 - x, which is 0 for 0", scalar.sub(0, x)],
  ["x · 0, which is NaN for infinity", scalar.mul(x, 0)],
  ["x - x, which is NaN for infinity", scalar.sub(x, x)],
  ["x = x, which is false for NaN", scalar.equal(x, x)],
  ["x / 3, whose reciprocal is rounded", scalar.div(x, 3)],
  ["x / 2¹²⁷, whose reciprocal is denormal", scalar.div(x, 2 ** 127)],
  ["¬(x < y), which holds for NaN", scalar.not(a)],
  ["max(x, 0)", scalar.max(x, 0)],
  ["x · [x < y], which is NaN for infinity", scalar.mul(x, maskA)],
  ["e¹, which devices approximate", scalar.exp(scalar.constant(1))],
];

for (const [name, expression] of kept) {
  Deno.test(`simplify() keeps ${name}`, () => {
    const simplifier = new Simplifier(32);
    const once = simplifier.simplify(expression);
    assertEquals(once.kind, expression.kind);
    assertEquals(scalar.partsOf(once).length, scalar.partsOf(expression).length);
    assert(Object.is(simplifier.simplify(once), once));
  });
}

Deno.test("simplify() makes equal expressions one object", () => {
  const simplifier = new Simplifier(32);
  const twice = () => scalar.exp(scalar.add(scalar.load(0, "f32"), 2));
  assert(Object.is(simplifier.simplify(twice()), simplifier.simplify(twice())));
});

Deno.test("simplify() folds in the device's own floats", () => {
  const third = scalar.div(scalar.constant(1), 3);
  const valueOf = (bits: 32 | 64) => {
    const folded = new Simplifier(bits).simplify(third);
    return folded.kind === "constant" ? folded.value : undefined;
  };
  assertEquals(valueOf(32), Math.fround(1 / 3));
  assertEquals(valueOf(64), 1 / 3);
});

const floats = [0, -0, 1, -1, 0.5, -2, 3, 1e-40, -1e-45, 3e38, Infinity, -Infinity, NaN, 1e9];
const wholes = [0, 1, 2, 5, 31, 255, 2 ** 31 - 1];

/** A random expression over x, y, i and u. */
function randomExpression(random: RandomStream, type: ScalarType, depth: number): Scalar {
  const pick = <T>(options: readonly T[]): T => options[random.below(options.length)]!;
  const part = (of: ScalarType) => randomExpression(random, of, depth - 1);
  const number = () => pick(["f32", "i32", "u32"] as const);
  if (depth === 0 || random.below(8) === 0) {
    if (type === "bool") return scalar.less(pick([x, y]), pick(floats));
    if (random.below(2) === 0) return { f32: pick([x, y]), i32: i, u32: u }[type];
    return scalar.constant(type === "f32" ? Math.fround(pick(floats)) : pick(wholes), type);
  }
  const makers: Record<ScalarType, readonly (() => Scalar)[]> = {
    bool: [
      () => scalar.not(part("bool")),
      () => pick([scalar.and, scalar.or, scalar.xor])(part("bool"), part("bool")),
      () => {
        const of = number();
        const compare = pick([scalar.equal, scalar.notEqual, scalar.less, scalar.lessEqual]);
        return compare(part(of), part(of));
      },
    ],
    f32: [
      () => pick([scalar.neg, scalar.abs, scalar.sqrt, scalar.floor])(part("f32")),
      () => pick([scalar.add, scalar.sub, scalar.mul, scalar.div])(part("f32"), part("f32")),
      () => pick([scalar.min, scalar.max, scalar.pow])(part("f32"), part("f32")),
    ],
    i32: [
      () => pick([scalar.neg, scalar.abs])(part("i32")),
      () => pick([scalar.add, scalar.sub, scalar.mul, scalar.div])(part("i32"), part("i32")),
      () => pick([scalar.min, scalar.max])(part("i32"), part("i32")),
    ],
    u32: [
      () => pick([scalar.add, scalar.sub, scalar.mul, scalar.div])(part("u32"), part("u32")),
      () => pick([scalar.min, scalar.max])(part("u32"), part("u32")),
      () => pick([scalar.and, scalar.or, scalar.xor])(part("u32"), part("u32")),
      () => pick([scalar.shiftLeft, scalar.shiftRight])(part("u32"), pick([0, 1, 31, 32, 40])),
    ],
  };
  const any = [
    () => scalar.select(part("bool"), part(type), part(type)),
    () => scalar.cast(part(pick(["bool", "f32", "i32", "u32"])), type),
  ];
  return pick([...makers[type], ...any])();
}

/** Every pair of the floats, with integers beside them. */
function samples() {
  const [xs, ys, is, us]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (const one of floats) {
    for (const other of floats) {
      is.push(wholes[xs.length % wholes.length]! * (xs.length % 2 === 0 ? 1 : -1) | 0);
      us.push(wholes[(xs.length * 3) % wholes.length]!);
      xs.push(Math.fround(one));
      ys.push(Math.fround(other));
    }
  }
  return { xs, ys, is, us };
}

function randomExpressions(count: number): Scalar[] {
  const random = new RandomStream(11, "scalars");
  const types = ["f32", "i32", "u32"] as const;
  return Array.from({ length: count }, (_, n) => randomExpression(random, types[n % 3]!, 5));
}

Deno.test("simplify() of 600 random expressions gives the same numbers in float64", () => {
  const { xs, ys, is, us } = samples();
  for (const [n, expression] of randomExpressions(600).entries()) {
    const before = compileScalar(expression);
    const after = compileScalar(new Simplifier(64).simplify(expression));
    for (let at = 0; at < xs.length; at++) {
      const place = {
        loads: Float64Array.of(xs[at]!, ys[at]!, is[at]!, us[at]!),
        anchor: 0,
        index: new Int32Array(0),
        position: 0,
      };
      const [one, other] = [before(place), after(place)];
      assert(
        Object.is(one, other) || expression.type !== "f32" && one === other,
        `expression ${n}, ${scalar.formatScalar(expression, names)} at ${place.loads}: ` +
          `${one}, simplified ${other}`,
      );
    }
  }
});

for (const arithmetic of ["fast", "strict"] as const) {
  Deno.test(`simplify() of 300 random expressions gives the same bits on wasm, ${arithmetic}`, async () => {
    const device = wasmDevice({ arithmetic });
    const { xs, ys, is, us } = samples();
    const shape = [xs.length];
    const plan = new HandPlan(device.target);
    const inputs = [
      Float32Array.from(xs),
      Float32Array.from(ys),
      Int32Array.from(is),
      Uint32Array.from(us),
    ].map((data) => plan.buffer(data));
    const made = { f32: Float32Array, i32: Int32Array, u32: Uint32Array };
    const expressions = randomExpressions(300);
    const pairs = expressions.map((expression) =>
      [expression, new Simplifier(32).simplify(expression)].map((form) => {
        const result = plan.buffer(new made[expression.type as "f32"](xs.length));
        plan.kernel({
          shape,
          anchor: null,
          loads: inputs.map((input) => plan.access(input, shape)),
          results: [{ expression: form, store: plan.access(result, shape) }],
        });
        return result;
      })
    );
    const contents = await plan.run(device);
    for (const [n, [before, after]] of pairs.entries()) {
      assertEquals(
        contents[after!],
        contents[before!],
        `expression ${n}: ${scalar.formatScalar(expressions[n]!, names)}`,
      );
    }
  });
}
