import { assertEquals, assertThrows } from "@std/assert";
import { matmul, matmulOp } from "../../../core/ops/mod.ts";
import { numbers, tensor, valuesOf } from "../../support/apply.ts";

Deno.test("matmul() multiplies matrices, either side transposed", () => {
  const a = tensor([1, 2, 3, 4, 5, 6], { shape: [2, 3] });
  const b = tensor([1, 0, 2, -1, 3, 1], { shape: [3, 2] });
  const product = [14, 1, 32, 1];
  assertEquals(numbers([a, b], (a, b) => matmul(a!, b!)), product);
  const aT = tensor([1, 4, 2, 5, 3, 6], { shape: [3, 2] });
  const bT = tensor([1, 2, 3, 0, -1, 1], { shape: [2, 3] });
  assertEquals(numbers([aT, b], (a, b) => matmul(a!, b!, { transposeLhs: true })), product);
  assertEquals(numbers([a, bT], (a, b) => matmul(a!, b!, { transposeRhs: true })), product);
});

Deno.test("matmul() rejects inner axes that differ", () => {
  const [a, b] = valuesOf([[32, 782]], [[784, 128]]);
  assertThrows(
    () => matmul(a!, b!),
    TypeError,
    "Cannot multiply f32[32, 782] · f32[784, 128]: the inner axes are 782 and 784",
  );
  assertThrows(
    () => matmul(a!, b!, { transposeLhs: true }),
    TypeError,
    "Cannot multiply f32[32, 782]ᵀ · f32[784, 128]: the inner axes are 32 and 784",
  );
});

Deno.test("matmul() rejects leading axes that differ, and vectors", () => {
  const [a, b, vector, whole] = valuesOf([[2, 3, 4]], [[3, 4, 5]], [[4]], [[4, 4], "i32"]);
  assertThrows(
    () => matmul(a!, b!),
    TypeError,
    "Cannot multiply f32[2, 3, 4] · f32[3, 4, 5]: the leading axes differ",
  );
  assertThrows(
    () => matmul(a!, vector!),
    TypeError,
    "Cannot multiply f32[2, 3, 4] · f32[4]: expected two axes or more on each side",
  );
  assertThrows(
    () => matmul(whole!, whole!),
    TypeError,
    'Cannot apply "matmul": received i32[4, 4], expected dtype f32',
  );
});

Deno.test("matmul is printed as a product, and counts two operations for each", () => {
  const params = { transposeLhs: true, transposeRhs: false };
  assertEquals(matmulOp.format?.(["x", "w"], params), "xᵀ · w");
  const specs = [{ shape: [2, 5, 3], dtype: "f32" }, { shape: [2, 5, 4], dtype: "f32" }] as const;
  assertEquals(matmulOp.flops(specs, params), 2 * 2 * 3 * 5 * 4);
});
