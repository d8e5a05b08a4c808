import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  argMax,
  logSoftmax,
  logSumExp,
  logSumExpOp,
  mean,
  oneHot,
  reduceMax,
  reduceMaxOp,
  reduceMin,
  reduceSum,
  reduceSumOp,
  softmax,
} from "../../../core/ops/mod.ts";
import { apply, gradients, numbers, tensor, valueOf } from "../../support/apply.ts";

const matrix = tensor([1, 2, 3, 4, 5, 6], { shape: [2, 3] });

Deno.test("reduceSum() combines all axes by default, and drops them", () => {
  const all = apply([matrix], (x) => reduceSum(x));
  assertEquals([all.shape, [...all.data]], [[], [21]]);
});

Deno.test("reduceSum() takes axes from the end, and keeps them when asked", () => {
  const rows = apply([matrix], (x) => reduceSum(x, { axes: [-1] }));
  assertEquals([rows.shape, [...rows.data]], [[2], [6, 15]]);
  const columns = apply([matrix], (x) => reduceSum(x, { axes: [0], keepDims: true }));
  assertEquals([columns.shape, [...columns.data]], [[1, 3], [5, 7, 9]]);
});

Deno.test("reduceSum() over no axes is the value itself", () => {
  const x = valueOf([2, 3]);
  assertEquals(reduceSum(x, { axes: [] }) === x, true);
});

Deno.test("reduceSum() rejects axes out of range, and bytes", () => {
  assertThrows(
    () => reduceSum(valueOf([2, 3]), { axes: [2] }),
    RangeError,
    "Cannot use axis 2: the tensor has rank 2",
  );
  assertThrows(
    () => reduceSum(valueOf([2], "u8")),
    TypeError,
    'Cannot apply "reduceSum": received u8[2], expected dtype f32 or i32 or u32',
  );
});

Deno.test("mean() divides by the number of elements along the axes", () => {
  assertEquals(numbers([matrix], (x) => mean(x)), [3.5]);
  assertEquals(numbers([matrix], (x) => mean(x, { axes: [1] })), [2, 5]);
  assertEquals(gradients([matrix], (x) => mean(x, { axes: [0] })), [[.5, .5, .5, .5, .5, .5]]);
});

Deno.test("mean() of nothing is NaN, and of no rows is empty", () => {
  assertEquals(numbers([tensor([])], (x) => mean(x)), [NaN]);
  const none = tensor([], { shape: [0, 3] });
  assertEquals(numbers([none], (x) => mean(x, { axes: [1] })), []);
});

Deno.test("reduceMax() and reduceMin() share the gradient among all that tie", () => {
  const x = tensor([3, 1, 3, 1, 1, 2], { shape: [2, 3] });
  assertEquals(gradients([x], (x) => reduceMax(x, { axes: [1] })), [[.5, 0, .5, 0, 0, 1]]);
  assertEquals(gradients([x], (x) => reduceMin(x, { axes: [1] })), [[0, 1, 0, .5, .5, 0]]);
});

Deno.test("reduceMax() and reduceMin() reject an axis without elements", () => {
  assertThrows(
    () => reduceMax(valueOf([3, 0]), { axes: [1] }),
    RangeError,
    "Cannot take the maximum of f32[3, 0] over axis 1: it has no elements",
  );
  assertThrows(
    () => reduceMin(valueOf([0])),
    RangeError,
    "Cannot take the minimum of f32[0] over axis 0: it has no elements",
  );
});

Deno.test("reductions are printed with their axes as subscripts", () => {
  assertEquals(reduceSumOp.format?.(["x"], { axes: [0, 2] }), "Σ₀₂(x)");
  assertEquals(reduceMaxOp.format?.(["x"], { axes: [1] }), "max₁(x)");
  assertEquals(logSumExpOp.format?.(["x"], { axis: 11 }), "log Σ₁₁ exp(x)");
});

Deno.test("logSumExp() does not overflow, and counts -inf for nothing", () => {
  const [large, half, none] = numbers(
    [tensor([1000, 1000, -Infinity, 0, -Infinity, -Infinity], { shape: [3, 2] })],
    (x) => logSumExp(x),
  );
  assertAlmostEquals(large!, 1000 + Math.log(2), 1e-12);
  assertEquals([half, none], [0, -Infinity]);
});

Deno.test("logSumExp() has gradient 0 at -inf, also in a row of nothing else", () => {
  const x = tensor([-Infinity, 0, -Infinity, -Infinity], { shape: [2, 2] });
  assertEquals(gradients([x], (x) => logSumExp(x)), [[0, 1, 0, 0]]);
});

Deno.test("logSumExp() keeps its axis when asked, and rejects an empty one", () => {
  assertEquals(logSumExp(valueOf([2, 3]), { axis: 0, keepDims: true }).spec.shape, [1, 3]);
  assertThrows(
    () => logSumExp(valueOf([2, 0])),
    RangeError,
    "Cannot take logSumExp of f32[2, 0] over axis 1: it has no elements",
  );
});

Deno.test("softmax() gives rows with the sum 1, and its gradient is orthogonal to 1", () => {
  const x = tensor([1, 2, 3, 1000, 0, -1000], { shape: [2, 3] });
  const y = numbers([x], (x) => softmax(x));
  assertAlmostEquals(y[0]! + y[1]! + y[2]!, 1, 1e-12);
  assertEquals(y.slice(3), [1, 0, 0]);
  const [dx] = gradients([x], (x) => softmax(x), tensor([1, 0, 2, 1, 5, 7], { shape: [2, 3] }));
  assertAlmostEquals(dx![0]! + dx![1]! + dx![2]!, 0, 1e-12);
});

Deno.test("logSoftmax() has finite logarithms where softmax() is 0", () => {
  const y = numbers([tensor([1000, 0])], (x) => logSoftmax(x));
  assertEquals(y, [0, -1000]);
  const columns = numbers([matrix], (x) => softmax(x, { axis: 0 }));
  assertAlmostEquals(columns[0]! + columns[3]!, 1, 1e-12);
});

Deno.test("argMax() finds the first of the largest, and takes NaN for it", () => {
  const x = tensor([1, 3, 3, NaN, 9, NaN, -Infinity, -Infinity, -Infinity], { shape: [3, 3] });
  assertEquals(numbers([x], (x) => argMax(x)), [1, 0, 0]);
  assertEquals(argMax(valueOf([4, 3]), { axis: 0 }).spec, { shape: [3], dtype: "i32" });
});

Deno.test("oneHot() is 1 at the label, for each dtype of whole numbers", () => {
  for (const dtype of ["u8", "i32", "u32"] as const) {
    const y = apply([tensor([2, 0, 7], { dtype })], (labels) => oneHot(labels, 3));
    assertEquals([y.shape, [...y.data]], [[3, 3], [0, 0, 1, 1, 0, 0, 0, 0, 0]]);
  }
});

Deno.test("oneHot() rejects labels that are floats", () => {
  assertThrows(
    () => oneHot(valueOf([4]), 3),
    TypeError,
    "Cannot make one-hot vectors: received f32[4], expected dtype i32, u32 or u8",
  );
});
