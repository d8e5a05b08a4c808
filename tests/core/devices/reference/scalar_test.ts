import { assertEquals, assertLess } from "@std/assert";
import { type Scalar, scalar } from "../../../../core/graph/mod.ts";
import { compileScalar } from "../../../../core/devices/reference/mod.ts";

const { add, and, cast, constant, div, load, mul, neg, shiftLeft, shiftRight, sub, xor } = scalar;

/** Evaluates an expression of some loads. */
function evaluate(expression: Scalar, ...loads: number[]): number {
  return compileScalar(expression)({
    loads: Float64Array.from(loads),
    anchor: 7,
    index: Int32Array.of(2, 3),
    position: 11,
  });
}

const u = (operand: number) => load(operand, "u32");
const i = (operand: number) => load(operand, "i32");
const f = (operand: number) => load(operand, "f32");

Deno.test("compileScalar() counts u32 modulo 2^32", () => {
  assertEquals(evaluate(add(u(0), u(1)), 4294967295, 2), 1);
  assertEquals(evaluate(sub(u(0), u(1)), 0, 1), 4294967295);
  assertEquals(evaluate(mul(u(0), u(1)), 4294967295, 4294967295), 1);
  assertEquals(evaluate(mul(u(0), u(1)), 3141592653, 2718281828), 4247774740);
  assertEquals(evaluate(div(u(0), u(1)), 4294967295, 2), 2147483647);
  assertEquals(evaluate(xor(u(0), u(1)), 0xffffffff, 0x0f), 0xfffffff0);
  assertEquals(evaluate(and(u(0), u(1)), 0xf0000000, 0xffffffff), 0xf0000000);
  assertEquals(evaluate(shiftLeft(u(0), 4), 0xf1234567), 0x12345670);
  assertEquals(evaluate(shiftRight(u(0), 28), 0xf1234567), 0xf);
});

Deno.test("compileScalar() counts i32 modulo 2^32, with a sign", () => {
  assertEquals(evaluate(add(i(0), i(1)), 2147483647, 1), -2147483648);
  assertEquals(evaluate(mul(i(0), i(1)), 65536, 65536), 0);
  assertEquals(evaluate(neg(i(0)), -2147483648), -2147483648);
  assertEquals(evaluate(div(i(0), i(1)), -7, 2), -3);
});

Deno.test("compileScalar() truncates floats into the range of whole numbers", () => {
  const cases = [[1.9, 1, 1], [-1.9, -1, 0], [NaN, 0, 0], [1e10, 2147483647, 4294967295]] as const;
  for (const [x, signed, unsigned] of cases) {
    assertEquals(evaluate(cast(f(0), "i32"), x) === signed, true);
    assertEquals(evaluate(cast(f(0), "u32"), x) === unsigned, true);
  }
  assertEquals(evaluate(cast(u(0), "i32"), 4294967295), -1);
  assertEquals(evaluate(cast(i(0), "u32"), -1), 4294967295);
  assertEquals(evaluate(cast(scalar.less(f(0), 1), "f32"), 0), 1);
});

Deno.test("compileScalar() reads anchor, coordinates and position", () => {
  assertEquals(evaluate(scalar.anchor("f32")), 7);
  assertEquals(evaluate(scalar.index(1)), 3);
  assertEquals(evaluate(scalar.position), 11);
});

Deno.test("compileScalar() lets NaN through min and max, and none through comparisons", () => {
  assertEquals(evaluate(scalar.max(f(0), 1), NaN), NaN);
  assertEquals(evaluate(scalar.min(1, f(0)), NaN), NaN);
  const chosen = (condition: Scalar) => evaluate(scalar.select(condition, 1, 0), NaN);
  assertEquals(chosen(scalar.less(f(0), f(0))), 0);
  assertEquals(chosen(scalar.equal(f(0), f(0))), 0);
  assertEquals(chosen(scalar.notEqual(f(0), f(0))), 1);
  assertEquals(chosen(scalar.not(scalar.lessEqual(f(0), f(0)))), 1);
});

Deno.test("compileScalar() has one zero of whole numbers", () => {
  for (const type of ["i32", "u32"] as const) {
    assertEquals(Object.is(evaluate(cast(cast(f(0), type), "f32"), -0.5), 0), true);
  }
});

Deno.test("compileScalar() computes a shared part once", () => {
  let expression: Scalar = f(0);
  // 2^200 leaves if sharing were lost
  for (let n = 0; n < 200; n++) expression = add(expression, expression);
  assertEquals(evaluate(expression, 1), 2 ** 200);
});

Deno.test("compileScalar() has erf to fourteen digits", () => {
  // Abramowitz and Stegun, table 7.1, and erf 5 from the asymptotic series of erfc
  const known = [
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [3, 0.9999779095030014],
    [5, 0.9999999999984626],
    [7, 1],
  ] as const;
  for (const [x, y] of known) {
    assertLess(Math.abs(evaluate(scalar.erf(f(0)), x) / y - 1), 1e-14);
    assertEquals(evaluate(scalar.erf(f(0)), -x), -evaluate(scalar.erf(f(0)), x));
  }
  assertEquals(evaluate(scalar.erf(constant(0))), 0);
  assertEquals(evaluate(scalar.erf(f(0)), NaN), NaN);
  assertEquals(evaluate(scalar.erf(f(0)), -Infinity), -1);
});
