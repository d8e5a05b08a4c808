import { assertEquals, assertThrows } from "@std/assert";
import { accumulate, gradient, gradientOp, sumTo, zerosLike } from "../../../core/ops/mod.ts";
import { apply, numbers, tensor, valuesOf } from "../../support/apply.ts";

Deno.test("gradient() has the spec of what it is by", () => {
  const [loss, parameter] = valuesOf([[]], [[3, 4]]);
  assertEquals(gradient(loss!, parameter!).spec, { shape: [3, 4], dtype: "f32" });
  assertEquals(gradientOp.format?.(["loss", "w"], null), "∂loss/∂w");
});

Deno.test("gradient() rejects a loss that is no scalar, and parameters that are not floats", () => {
  const [loss, whole, many] = valuesOf([[]], [[3], "i32"], [[32]]);
  assertThrows(
    () => gradient(many!, loss!),
    TypeError,
    "Cannot differentiate: received a loss of f32[32], expected f32[]",
  );
  assertThrows(
    () => gradient(loss!, whole!),
    TypeError,
    "Cannot differentiate by i32[3]: expected dtype f32",
  );
});

Deno.test("accumulate() adds, zerosLike() is zero everywhere", () => {
  assertEquals(numbers([tensor([1, 2]), tensor([3, 4])], accumulate), [4, 6]);
  const zeros = apply([tensor([1, 2, 3, 4], { shape: [2, 2] })], zerosLike);
  assertEquals([zeros.shape, [...zeros.data]], [[2, 2], [0, 0, 0, 0]]);
});

Deno.test("sumTo() sums over what broadcasting added or stretched", () => {
  const x = tensor([1, 2, 3, 4, 5, 6], { shape: [1, 2, 3] });
  const to = (shape: number[]) => {
    const { shape: given, data } = apply([x], (x) => sumTo(x, shape));
    return [given, [...data]];
  };
  assertEquals(to([]), [[], [21]]);
  assertEquals(to([3]), [[3], [5, 7, 9]]);
  assertEquals(to([2, 1]), [[2, 1], [6, 15]]);
  assertEquals(to([2, 3]), [[2, 3], [1, 2, 3, 4, 5, 6]]);
  assertEquals(to([1, 2, 3]), [[1, 2, 3], [1, 2, 3, 4, 5, 6]]);
});

Deno.test("sumTo() gives zeros for what was stretched to nothing", () => {
  const y = apply([tensor([], { shape: [0, 3] })], (x) => sumTo(x, [1, 3]));
  assertEquals([y.shape, [...y.data]], [[1, 3], [0, 0, 0]]);
});

Deno.test("sumTo() rejects a shape that does not broadcast to the value's", () => {
  const [x] = valuesOf([[2, 3]]);
  assertThrows(() => sumTo(x!, [2]), TypeError, "Cannot sum f32[2, 3] to [2]");
  assertThrows(() => sumTo(x!, [1, 2, 3]), TypeError, "Cannot sum f32[2, 3] to [1, 2, 3]");
});
