import { assertEquals, assertThrows } from "@std/assert";
import type { DType } from "../../../core/tensor/mod.ts";
import type { Value } from "../../../core/graph/mod.ts";
import { gather, gatherOp, mul, scatterAdd, scatterAddOp } from "../../../core/ops/mod.ts";
import { apply, gradients, numbers, tensor, valuesOf } from "../../support/apply.ts";

const table = tensor([1, 2, 3, 4, 5, 6], { shape: [3, 2] });
const whole = (data: readonly number[], dtype: DType = "i32") => tensor(data, { dtype });

Deno.test("gather() puts the axes of the indices in the place of the axis", () => {
  const taken = apply([table, whole([2, 0])], (x, i) => gather(x!, i!));
  assertEquals([taken.shape, [...taken.data]], [[2, 2], [5, 6, 1, 2]]);
  const columns = apply([table, whole([1, 1, 0])], (x, i) => gather(x!, i!, { axis: -1 }));
  assertEquals([columns.shape, [...columns.data]], [[3, 3], [2, 2, 1, 4, 4, 3, 6, 6, 5]]);
  const indices = tensor([1], { shape: [], dtype: "u8" });
  const row = apply([table, indices], (x, i) => gather(x!, i!));
  assertEquals([row.shape, [...row.data]], [[2], [3, 4]]);
  const [x, list] = valuesOf([[4, 5, 6]], [[2, 3], "u32"]);
  assertEquals(gather(x!, list!, { axis: 1 }).spec.shape, [4, 2, 3, 6]);
});

Deno.test("gather() fills slices whose index is out of range with what is no element", () => {
  const indices = whole([-1, 3, 1]);
  const taken = (dtype: DType, fillValue?: number) =>
    numbers(
      [tensor([1, 2, 3], { dtype }), indices],
      (x, i) => gather(x!, i!, fillValue === undefined ? {} : { fillValue }),
    );
  assertEquals(taken("f32"), [NaN, NaN, 2]);
  assertEquals(taken("i32"), [-2147483648, -2147483648, 2]);
  assertEquals(taken("u32"), [4294967295, 4294967295, 2]);
  assertEquals(taken("u8"), [255, 255, 2]);
  assertEquals(taken("f32", 0.5), [0.5, 0.5, 2]);
  assertEquals(taken("u8", 0), [0, 0, 2]);
  const none = tensor([], { shape: [0, 2] });
  assertEquals(numbers([none, whole([0])], (x, i) => gather(x!, i!)), [NaN, NaN]);
});

Deno.test("gather() gives slices that were taken more than once the sum of their cotangents", () => {
  const take = (x: Value, i: Value) => gather(x, i, { fillValue: 0 });
  const cotangent = tensor([1, 2, 10, 20, 100, 200, 1000, 2000], { shape: [4, 2] });
  const indices = whole([2, 0, 2, 3]);
  const [byTable] = gradients([table, indices], (x, i) => take(x!, i!), cotangent);
  assertEquals(byTable, [10, 20, 0, 0, 101, 202]);
});

Deno.test("scatterAdd() drops updates whose index is out of range, and their gradient is 0", () => {
  const add = (x: Value, i: Value) => scatterAdd(x, i, { size: 3 });
  const updates = tensor([1, 2, 4, 8]);
  const indices = whole([-1, 2, 3, 2]);
  assertEquals(numbers([updates, indices], (x, i) => add(x!, i!)), [0, 0, 10]);
  const cotangent = tensor([5, 6, 7]);
  assertEquals(gradients([updates, indices], (x, i) => add(x!, i!), cotangent)[0], [0, 7, 0, 7]);
  const infinite = tensor([NaN, Infinity, 7]);
  const squared = (x: Value, i: Value) => mul(add(x, i), add(x, i));
  assertEquals(gradients([updates, indices], (x, i) => squared(x!, i!), infinite)[0]![0], 0);
});

Deno.test("scatterAdd() adds in the order of the list", () => {
  const sum = (data: readonly number[]) =>
    numbers([tensor(data), whole([0, 0, 0])], (x, i) => scatterAdd(x!, i!, { size: 1 }));
  assertEquals(sum([1e16, 1, -1e16]), [0]);
  assertEquals(sum([1e16, -1e16, 1]), [1]);
});

Deno.test("scatterAdd() adds along any axis, and is the adjoint of gather()", () => {
  const updates = tensor([1, 2, 3, 4, 5, 6], { shape: [2, 3] });
  const added = apply(
    [updates, whole([1, 1, 0])],
    (x, i) => scatterAdd(x!, i!, { axis: -1, size: 4 }),
  );
  assertEquals([added.shape, [...added.data]], [[2, 4], [3, 3, 0, 0, 6, 9, 0, 0]]);
  const [x, list] = valuesOf([[4, 2, 3, 6]], [[2, 3], "u8"]);
  assertEquals(scatterAdd(x!, list!, { axis: 1, size: 5 }).spec.shape, [4, 5, 6]);
});

Deno.test("gather() and scatterAdd() are printed with their axis", () => {
  const gathered = gatherOp.format?.(["x", "i"], { axis: 1, fillValue: NaN });
  assertEquals(gathered, "gather(x, i, axis 1)");
  const filled = gatherOp.format?.(["x", "i"], { axis: 0, fillValue: 0 });
  assertEquals(filled, "gather(x, i, axis 0, 0 outside)");
  const added = scatterAddOp.format?.(["x", "i"], { axis: 0, size: 5 });
  assertEquals(added, "scatterAdd(x, i, axis 0 of 5)");
});

Deno.test("gather() rejects indices that are floats, and axes and numbers that are not there", () => {
  const [x, floats, list] = valuesOf([[5, 3]], [[2]], [[2], "i32"]);
  assertThrows(
    () => gather(x!, floats!),
    TypeError,
    "Cannot gather from f32[5, 3] by f32[2]: received indices of f32[2], " +
      "expected dtype i32, u32 or u8",
  );
  assertThrows(
    () => gather(x!, list!, { axis: 2 }),
    RangeError,
    "Cannot use axis 2: the tensor has rank 2",
  );
  assertThrows(
    () => x!.builder.apply(gatherOp, [x!, list!], { axis: 2, fillValue: 0 }),
    RangeError,
    "Cannot gather from f32[5, 3] by i32[2]: received axis 2, expected 0 to 1",
  );
  const [bytes, numbers] = valuesOf([[5], "u8"], [[2], "i32"]);
  assertThrows(
    () => gather(bytes!, numbers!, { fillValue: -1 }),
    RangeError,
    "Cannot make a constant: received -1, expected u8, an integer from 0 to 255",
  );
});

Deno.test("scatterAdd() rejects updates that do not fit the indices, and sizes that are none", () => {
  const [x, list, floats] = valuesOf([[4, 3]], [[3], "i32"], [[4]]);
  assertThrows(
    () => scatterAdd(x!, list!, { size: 5 }),
    TypeError,
    "Cannot add f32[4, 3] by i32[3]: received updates for [4] from axis 0 on, " +
      "expected [3], the indices' shape",
  );
  assertThrows(
    () => scatterAdd(floats!, list!, { axis: 1, size: 5 }),
    RangeError,
    "Cannot use axis 1: the tensor has rank 1",
  );
  assertThrows(
    () => scatterAdd(x!, floats!, { size: 5 }),
    TypeError,
    "Cannot add f32[4, 3] by f32[4]: received indices of f32[4], expected dtype i32, u32 or u8",
  );
  const [few, matrix] = valuesOf([[6]], [[2, 3], "i32"]);
  assertThrows(
    () => scatterAdd(few!, matrix!, { size: 5 }),
    TypeError,
    "received updates for [6] from axis 0 on, expected [2, 3], the indices' shape",
  );
  for (const size of [-1, 1.5]) {
    assertThrows(
      () => scatterAdd(x!, list!, { axis: 1, size }),
      RangeError,
      `Cannot add f32[4, 3] by i32[3]: received size ${size}, expected an integer of 0 or more`,
    );
  }
  assertThrows(
    () => scatterAdd(list!, list!, { size: 5 }),
    TypeError,
    'Cannot apply "scatterAdd": received i32[3], expected dtype f32',
  );
});
