import { assertEquals, assertThrows } from "@std/assert";
import {
  broadcastTo,
  concatenate,
  expandDims,
  pad,
  padOp,
  reshape,
  reshapeOp,
  slice,
  sliceOp,
  squeeze,
  transpose,
  transposeOp,
} from "../../../core/ops/mod.ts";
import { apply, gradients, numbers, tensor, valueOf, valuesOf } from "../../support/apply.ts";

const matrix = tensor([1, 2, 3, 4, 5, 6], { shape: [2, 3] });

Deno.test("reshape() finds the size given as -1", () => {
  const x = valueOf([4, 6]);
  assertEquals(reshape(x, [-1, 8]).spec.shape, [3, 8]);
  assertEquals(reshape(x, [-1]).spec.shape, [24]);
  assertEquals(reshape(x, [4, -1]) === x, true);
});

Deno.test("reshape() rejects other numbers of elements", () => {
  const x = valueOf([2, 3]);
  assertThrows(
    () => reshape(x, [4]),
    TypeError,
    "Cannot reshape f32[2, 3] to [4]: it has 6 elements, the shape has 4",
  );
  assertThrows(
    () => reshape(x, [-1, 4]),
    TypeError,
    "Cannot reshape f32[2, 3] to [-1, 4]: 6 elements do not divide by 4",
  );
  assertThrows(
    () => reshape(x, [-1, -1]),
    TypeError,
    "Cannot reshape f32[2, 3] to [-1, -1]: only one size can be -1",
  );
  assertThrows(
    () => reshape(x, [-2, -3]),
    RangeError,
    "Cannot make a value of f32[-2, -3]: received size -2, expected an integer of 0 or more",
  );
});

Deno.test("reshape views what it can without a copy", () => {
  const strides = (shape: number[], strides: number[], to: number[]) =>
    reshapeOp.view({ shape, strides, offset: 5 }, { shape: to })?.strides ?? null;
  // row-major, in any shape
  assertEquals(strides([2, 3, 4], [12, 4, 1], [6, 4]), [4, 1]);
  assertEquals(strides([24], [1], [2, 3, 4]), [12, 4, 1]);
  // axes of size 1 come and go in any view
  assertEquals(strides([3, 4], [1, 3], [3, 1, 4]), [1, 1, 3]);
  assertEquals(strides([3, 1, 4], [1, 99, 3], [3, 4]), [1, 3]);
  // evenly spaced elements split; transposed ones do not merge
  assertEquals(strides([6], [2], [2, 3]), [6, 2]);
  assertEquals(strides([3, 4], [1, 3], [12]), null);
  assertEquals(strides([2, 3], [0, 1], [6]), null);
  assertEquals(strides([2, 3], [0, 0], [6]), [0]);
  assertEquals(strides([0, 3], [3, 1], [3, 0]), [0, 0]);
  assertEquals(strides([1], [1], []), []);
});

Deno.test("squeeze() and expandDims() drop and insert axes of size 1", () => {
  const x = valueOf([1, 3, 1]);
  assertEquals(squeeze(x).spec.shape, [3]);
  assertEquals(squeeze(x, [-1]).spec.shape, [1, 3]);
  assertEquals(expandDims(valueOf([3, 4]), [0, -1]).spec.shape, [1, 3, 4, 1]);
  assertEquals(expandDims(valueOf([3, 4]), [1]).spec.shape, [3, 1, 4]);
});

Deno.test("squeeze() rejects an axis of another size", () => {
  assertThrows(
    () => squeeze(valueOf([1, 3]), [1]),
    TypeError,
    "Cannot squeeze axis 1 of f32[1, 3]: received size 3, expected 1",
  );
});

Deno.test("expandDims() rejects an axis out of range", () => {
  assertThrows(
    () => expandDims(valueOf([3]), [2]),
    RangeError,
    "Cannot use axis 2: the tensor has rank 2",
  );
});

Deno.test("broadcastTo() sums the gradient over its repetitions", () => {
  assertEquals(gradients([tensor([1, 2])], (x) => broadcastTo(x, [3, 2])), [[3, 3]]);
});

Deno.test("broadcastTo() rejects shapes that the value does not stretch to", () => {
  for (const shape of [[4], [3, 2], []]) {
    assertThrows(
      () => broadcastTo(valueOf([3]), shape),
      TypeError,
      `Cannot broadcast f32[3] to [${shape.join(", ")}]`,
    );
  }
});

Deno.test("transpose() reverses the axes by default", () => {
  const y = apply([matrix], (x) => transpose(x));
  assertEquals([y.shape, [...y.data]], [[3, 2], [1, 4, 2, 5, 3, 6]]);
  assertEquals(transpose(valueOf([2, 3, 4]), [-1, 0, 1]).spec.shape, [4, 2, 3]);
});

Deno.test("transpose() by the identity is the value itself", () => {
  const x = valueOf([2, 3]);
  assertEquals(transpose(x, [0, 1]) === x, true);
});

Deno.test("transpose() rejects what does not name each axis once", () => {
  for (const permutation of [[0, 0], [0], [0, 1, 1]]) {
    assertThrows(
      () => transpose(valueOf([2, 3]), permutation),
      TypeError,
      `Cannot transpose f32[2, 3] by [${permutation.join(", ")}]: expected each of its 2 axes once`,
    );
  }
  assertThrows(
    () => transpose(valueOf([2, 3]), [0, 2]),
    RangeError,
    "Cannot use axis 2: the tensor has rank 2",
  );
});

Deno.test("transpose is printed as a power when it swaps two axes", () => {
  assertEquals(transposeOp.format?.(["x"], { permutation: [1, 0] }), "xᵀ");
  assertEquals(transposeOp.format?.(["x"], { permutation: [0, 2, 1] }), "transpose(x, [0, 2, 1])");
});

Deno.test("slice() cuts a block out, and its gradient is 0 around it", () => {
  const cut = (x: Parameters<typeof slice>[0]) => slice(x, { start: [0, 1], sizes: [2, 2] });
  assertEquals(numbers([matrix], cut), [2, 3, 5, 6]);
  assertEquals(gradients([matrix], cut), [[0, 1, 1, 0, 1, 1]]);
});

Deno.test("slice() takes every so-many-th element, and its gradient is 0 between them", () => {
  const strided = (x: Parameters<typeof slice>[0]) =>
    slice(x, { start: [0, 0], sizes: [2, 2], strides: [1, 2] });
  assertEquals(numbers([matrix], strided), [1, 3, 4, 6]);
  assertEquals(gradients([matrix], strided), [[1, 0, 1, 1, 0, 1]]);
});

Deno.test("slice() rejects strides that lead beyond, and strides below 1", () => {
  assertThrows(
    () => slice(valueOf([6]), { start: [1], sizes: [3], strides: [3] }),
    RangeError,
    "Cannot slice f32[6] by [1:8:3]: axis 0 has 6 elements",
  );
  assertThrows(
    () => slice(valueOf([6]), { start: [1], sizes: [3], strides: [0] }),
    RangeError,
    "Cannot slice f32[6] by [1:2:0]: axis 0 has 6 elements",
  );
});

Deno.test("slice is printed as the ranges of its axes", () => {
  const plain = { start: [0, 1], sizes: [2, 2], strides: [1, 1] };
  assertEquals(sliceOp.format?.(["x"], plain), "x[0:2, 1:3]");
  const strided = { start: [0, 1], sizes: [2, 3], strides: [1, 2] };
  assertEquals(sliceOp.format?.(["x"], strided), "x[0:2, 1:6:2]");
});

Deno.test("slice() rejects blocks that reach beyond, and starts of another rank", () => {
  assertThrows(
    () => slice(valueOf([2, 3]), { start: [0, 2], sizes: [2, 2] }),
    RangeError,
    "Cannot slice f32[2, 3] by [0:2, 2:4]: axis 1 has 3 elements",
  );
  assertThrows(
    () => slice(valueOf([2, 3]), { start: [0, -1], sizes: [2, 2] }),
    RangeError,
    "Cannot slice f32[2, 3] by [0:2, -1:1]: axis 1 has 3 elements",
  );
  assertThrows(
    () => slice(valueOf([2, 3]), { start: [0], sizes: [2, 2] }),
    TypeError,
    "Cannot slice f32[2, 3]: received 1 starts, 2 sizes and 1 strides, expected 2 of each",
  );
});

Deno.test("pad() puts a border of any constant around", () => {
  const y = apply(
    [tensor([1, 2], { shape: [1, 2] })],
    (x) => pad(x, { before: [1, 0], after: [0, 1], value: -Infinity }),
  );
  assertEquals(y.shape, [2, 3]);
  assertEquals([...y.data], [-Infinity, -Infinity, -Infinity, 1, 2, -Infinity]);
});

Deno.test("pad() moves elements apart, and its gradient is read at their places", () => {
  const apart = (x: Parameters<typeof pad>[0]) =>
    pad(x, { before: [1], after: [0], interior: [2], value: 9 });
  assertEquals(numbers([tensor([1, 2])], apart), [9, 1, 9, 9, 2]);
  assertEquals(gradients([tensor([1, 2])], apart, tensor([1, 2, 3, 4, 5])), [[2, 5]]);
  const params = { before: [1], after: [0], interior: [2], value: 9 };
  assertEquals(padOp.format?.(["x"], params), "pad(x, [1+0], interior [2], 9)");
});

Deno.test("pad() rejects negative widths, widths of another rank, and values that x cannot hold", () => {
  assertThrows(
    () => pad(valueOf([3]), { before: [-1], after: [0] }),
    RangeError,
    "Cannot pad f32[3]: received a width of -1, expected an integer of 0 or more",
  );
  assertThrows(
    () => pad(valueOf([3]), { before: [1, 1], after: [0] }),
    TypeError,
    "Cannot pad f32[3]: received 2 widths before, 1 after and 2 between, expected 1 of each",
  );
  assertThrows(
    () => pad(valueOf([3], "u8"), { before: [1], after: [0], value: -1 }),
    RangeError,
    "Cannot make a constant: received -1, expected u8, an integer from 0 to 255",
  );
});

Deno.test("concatenate() takes an axis from the end, and gives each its gradient", () => {
  const [a, b] = [tensor([1, 2], { shape: [2, 1] }), tensor([3, 4, 5, 6], { shape: [2, 2] })];
  const join = (...values: Parameters<typeof concatenate>[0]) => concatenate(values, { axis: -1 });
  assertEquals(numbers([a, b], join), [1, 3, 4, 2, 5, 6]);
  const cotangent = tensor([1, 2, 3, 4, 5, 6], { shape: [2, 3] });
  assertEquals(gradients([a, b], join, cotangent), [[1, 4], [2, 3, 5, 6]]);
});

Deno.test("concatenate() rejects nothing at all, and what differs beside the axis", () => {
  assertThrows(() => concatenate([]), RangeError, "Cannot concatenate: received no values");
  const values = valuesOf([[2, 3]], [[2, 4]], [[2, 3], "i32"]);
  assertThrows(
    () => concatenate(values.slice(0, 2)),
    TypeError,
    "Cannot concatenate f32[2, 3] and f32[2, 4] along axis 0: " +
      "dtype and the other axes must be the same",
  );
  assertThrows(
    () => concatenate([values[0]!, values[2]!]),
    TypeError,
    "Cannot concatenate f32[2, 3] and i32[2, 3] along axis 0: " +
      "dtype and the other axes must be the same",
  );
  assertThrows(
    () => concatenate(values, { axis: 2 }),
    RangeError,
    "Cannot use axis 2: the tensor has rank 2",
  );
});
