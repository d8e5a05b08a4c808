import { assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import {
  abs,
  cast,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log1p,
  maximum,
  minimum,
  mul,
  notEqual,
  pow,
  powOp,
  relu,
  sigmoid,
  sign,
  sqrt,
  square,
  stopGradient,
  where,
} from "../../../core/ops/mod.ts";
import { sourceNode } from "../../../core/graph/mod.ts";
import { gradients, numbers, tensor, valueOf, valuesOf } from "../../support/apply.ts";

Deno.test("maximum() and minimum() halve the gradient where the sides tie", () => {
  const [a, b] = [tensor([1, 2, 3]), tensor([3, 2, 1])];
  assertEquals(gradients([a, b], maximum), [[0, 0.5, 1], [1, 0.5, 0]]);
  assertEquals(gradients([a, b], minimum), [[1, 0.5, 0], [0, 0.5, 1]]);
});

Deno.test("relu() and abs() have gradient 0 at 0", () => {
  assertEquals(gradients([tensor([-1, 0, 2])], relu), [[0, 0, 1]]);
  assertEquals(gradients([tensor([-1, 0, 2])], abs), [[-1, 0, 1]]);
});

Deno.test("sign() is -1, 0 or 1, and passes no gradient", () => {
  const x = tensor([-3, -0, 0, 2, Infinity, NaN]);
  assertEquals(numbers([x], sign), [-1, 0, 0, 1, 1, 0]);
  assertEquals(gradients([x], sign), [[0, 0, 0, 0, 0, 0]]);
});

Deno.test("compare functions give masks of 0 and 1, and 0 beside NaN", () => {
  const [a, b] = [tensor([1, 2, 3, NaN]), tensor([2])];
  assertEquals(numbers([a, b], equal), [0, 1, 0, 0]);
  assertEquals(numbers([a, b], notEqual), [1, 0, 1, 1]);
  assertEquals(numbers([a, b], less), [1, 0, 0, 0]);
  assertEquals(numbers([a, b], lessEqual), [1, 1, 0, 0]);
  assertEquals(numbers([a, b], greater), [0, 0, 1, 0]);
  assertEquals(numbers([a, b], greaterEqual), [0, 1, 1, 0]);
});

Deno.test("where() keeps NaN of the other side out of value and gradient", () => {
  const [x, y] = [tensor([0, 4]), tensor([1, 1])];
  const build = (x: Parameters<typeof where>[0], y: typeof x) => where(greater(x, 0), sqrt(x), y);
  assertEquals(numbers([x, y], build), [1, 2]);
  // √0 has an infinite derivative; 0 chosen is 0, but 0 times infinity is NaN, as in PyTorch
  assertEquals(gradients([x, y], build), [[NaN, 0.25], [1, 0]]);
  assertEquals(gradients([tensor([NaN, 2]), y], (x, y) => where(equal(x, x), x, y)), [[0, 1], [
    1,
    0,
  ]]);
});

Deno.test("where() rejects masks that are not f32 and sides of two dtypes", () => {
  const [mask, a, b] = valuesOf([[3], "u8"], [[3]], [[3], "i32"]);
  assertThrows(
    () => where(mask!, a!, 0),
    TypeError,
    'Cannot apply "where": received u8[3], expected dtype f32',
  );
  assertThrows(
    () => where(a!, a!, b!),
    TypeError,
    "Cannot choose between f32[3] and i32[3]: cast one of them",
  );
});

Deno.test("pow() has finite gradients at a base and an exponent of 0", () => {
  assertEquals(gradients([tensor([0, 0, 2]), tensor([0, 2, 0])], pow), [
    [0, 0, 0],
    [0, 0, Math.log(2)],
  ]);
});

Deno.test("pow() turns the exponents 2 and 0.5 into a product and a square root", () => {
  assertEquals(numbers([tensor([-3, 4])], (x) => pow(x, 2)), [9, 16]);
  assertEquals(numbers([tensor([9, 4])], (x) => pow(x, 0.5)), [3, 2]);
  assertEquals(gradients([tensor([-3, 4])], square), [[-6, 8]]);
  const x = valueOf([2]);
  assertEquals(sourceNode(pow(x, 2))?.op.name, "mul");
  assertEquals(sourceNode(pow(x, 0.5))?.op.name, "sqrt");
  assertEquals(sourceNode(pow(x, 3))?.op, powOp);
});

Deno.test("sigmoid() neither overflows nor loses small probabilities", () => {
  const [zero, one, small] = numbers([tensor([-1000, 1000, -50])], sigmoid);
  assertEquals([zero, one], [0, 1]);
  assertAlmostEquals(small! / Math.exp(-50), 1, 1e-12);
});

Deno.test("log1p() is accurate relative to results near 0", () => {
  const x = [1e-20, -1e-12, 1e-8, -1e-5, 1e-3, 0.1, 10];
  numbers([tensor(x)], log1p).forEach((y, i) => {
    assertLess(Math.abs(y / Math.log1p(x[i]!) - 1), 1e-14);
  });
});

Deno.test("cast() gives the value itself when the dtype is right", () => {
  const x = valueOf([3]);
  assertEquals(cast(x, "f32") === x, true);
  assertEquals(cast(x, "i32").spec, { shape: [3], dtype: "i32" });
});

Deno.test("stopGradient() keeps the value and stops the gradient", () => {
  const x = tensor([2, 3]);
  assertEquals(numbers([x], (x) => mul(x, stopGradient(x))), [4, 9]);
  assertEquals(gradients([x], (x) => mul(x, stopGradient(x))), [[2, 3]]);
});
