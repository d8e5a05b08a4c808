import { assertEquals, assertThrows } from "@std/assert";
import { add, constantLike, div, exp, maximum, mul, neg, sub } from "../../../core/ops/mod.ts";
import { numbers, tensor, valueOf, valuesOf } from "../../support/apply.ts";

Deno.test("add() takes a number on either side", () => {
  assertEquals(numbers([tensor([1, 2])], (x) => add(x, 0.5)), [1.5, 2.5]);
  assertEquals(numbers([tensor([1, 2])], (x) => sub(3, x)), [2, 1]);
});

Deno.test("add() rejects two numbers", () => {
  assertThrows(
    () => add(1, 2),
    TypeError,
    "Cannot apply an op to two numbers: one side must be a value",
  );
});

Deno.test("add() rejects dtypes that differ", () => {
  const [a, b] = valuesOf([[3]], [[3], "i32"]);
  assertThrows(
    () => add(a!, b!),
    TypeError,
    'Cannot apply "add" to f32[3] and i32[3]: cast one of them',
  );
});

Deno.test("add() rejects bytes, whose sums would wrap", () => {
  assertThrows(
    () => add(valueOf([3], "u8"), 1),
    TypeError,
    'Cannot apply "add": received u8[3], expected dtype f32 or i32 or u32',
  );
});

Deno.test("add() rejects shapes that do not broadcast", () => {
  const [a, b] = valuesOf([[3, 4]], [[3]]);
  assertThrows(
    () => add(a!, b!),
    TypeError,
    "Cannot broadcast shapes [3, 4] and [3]: axis 1 has sizes 4 and 3",
  );
});

Deno.test("exp(), div() and neg() reject dtypes that they are not defined for", () => {
  assertThrows(
    () => exp(valueOf([2], "i32")),
    TypeError,
    'Cannot apply "exp": received i32[2], expected dtype f32',
  );
  assertThrows(
    () => div(valueOf([2], "i32"), 2),
    TypeError,
    'Cannot apply "div": received i32[2], expected dtype f32',
  );
  assertThrows(
    () => neg(valueOf([2], "u32")),
    TypeError,
    'Cannot apply "neg": received u32[2], expected dtype f32 or i32',
  );
});

Deno.test("constantLike() rejects numbers that the dtype cannot hold", () => {
  assertThrows(
    () => constantLike(valueOf([2], "u8"), 256),
    RangeError,
    "Cannot make a constant: received 256, expected u8, an integer from 0 to 255",
  );
  assertThrows(
    () => mul(valueOf([2], "i32"), 0.5),
    RangeError,
    "Cannot make a constant: received 0.5, expected i32, " +
      "an integer from -2147483648 to 2147483647",
  );
  assertThrows(
    () => maximum(valueOf([2], "u32"), -1),
    RangeError,
    "Cannot make a constant: received -1, expected u32, an integer from 0 to 4294967295",
  );
});
