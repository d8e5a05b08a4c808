import { assertEquals, assertThrows } from "@std/assert";
import type { Value } from "../../../core/graph/mod.ts";
import {
  averagePool2d,
  averagePool2dGradient,
  maxPool2d,
  maxPool2dGradient,
  maxPool2dOp,
  mul,
} from "../../../core/ops/mod.ts";
import { apply, gradients, numbers, tensor, valueOf, valuesOf } from "../../support/apply.ts";

const image = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], { shape: [1, 3, 3, 1] });
const window = [2, 2] as const;

Deno.test("maxPool2d() leaves out what fills no window, and pads by what is never the maximum", () => {
  assertEquals(numbers([image], (x) => maxPool2d(x!, { window })), [5]);
  assertEquals(numbers([image], (x) => maxPool2d(x!, { window, padding: "same" })), [5, 6, 8, 9]);
  assertEquals(numbers([image], (x) => maxPool2d(x!, { window, strides: [1, 1] })), [5, 6, 8, 9]);
  const below = tensor([-5, -6, -7, -8], { shape: [1, 2, 2, 1] });
  const padding = [[1, 1], [1, 1]] as const;
  assertEquals(
    numbers([below], (x) => maxPool2d(x!, { window, padding })),
    [-5, -6, -7, -8],
  );
});

Deno.test("maxPool2d() sends the cotangent to the first cell that is the maximum", () => {
  const ties = tensor([3, 3, 3, 3, 1, 2, 2, 2], { shape: [1, 2, 4, 1] });
  const pool = (x: Value) => maxPool2d(x, { window });
  const cotangent = tensor([5, 7], { shape: [1, 1, 2, 1] });
  assertEquals(gradients([ties], pool, cotangent), [[5, 0, 7, 0, 0, 0, 0, 0]]);
  const overlapping = (x: Value) => maxPool2d(x, { window, strides: [1, 1] });
  assertEquals(gradients([image], overlapping), [[0, 0, 0, 0, 1, 1, 0, 1, 1]]);
  const flat = tensor([1, 1, 1, 1, 1, 1, 1, 1, 1], { shape: [1, 3, 3, 1] });
  assertEquals(gradients([flat], overlapping), [[1, 1, 0, 1, 1, 0, 0, 0, 0]]);
});

Deno.test("maxPool2dGradient() is linear in the cotangent, and flat in x", () => {
  const params = { window, strides: window, padding: [[0, 1], [0, 1]] } as const;
  const cotangent = tensor([1, 2, 3, 4], { shape: [1, 2, 2, 1] });
  const spread = (x: Value, given: Value) => mul(maxPool2dGradient(x, given, params), mul(x, x));
  assertEquals(
    gradients([image, cotangent], (x, given) => spread(x!, given!)),
    [[0, 0, 0, 0, 10, 24, 0, 48, 72], [25, 36, 64, 81]],
  );
});

Deno.test("averagePool2d() does not count the padding", () => {
  assertEquals(numbers([image], (x) => averagePool2d(x!, { window })), [3]);
  const same = (x: Value) => averagePool2d(x, { window, padding: "same" });
  assertEquals(numbers([image], (x) => same(x!)), [3, 4.5, 7.5, 9]);
  const shares = [0.25, 0.25, 0.5, 0.25, 0.25, 0.5, 0.5, 0.5, 1];
  assertEquals(gradients([image], (x) => same(x!)), [shares]);
});

Deno.test("averagePool2d() takes windows that no stride divides", () => {
  const row = tensor([1, 2, 3, 4, 5], { shape: [1, 1, 5, 1] });
  const pool = (x: Value) => averagePool2d(x, { window: [1, 3], strides: [1, 2] });
  assertEquals(numbers([row], (x) => pool(x!)), [2, 4]);
  const third = 1 / 3;
  assertEquals(gradients([row], (x) => pool(x!)), [[third, third, 2 * third, third, third]]);
});

Deno.test("poolings keep channels apart", () => {
  const x = tensor([1, -1, 2, -2, 3, -3, 4, -4], { shape: [1, 2, 2, 2] });
  const most = apply([x], (x) => maxPool2d(x!, { window }));
  assertEquals([most.shape, [...most.data]], [[1, 1, 1, 2], [4, -1]]);
  assertEquals(numbers([x], (x) => averagePool2d(x!, { window })), [2.5, -2.5]);
});

Deno.test("poolings are printed with their window, and what is not plain", () => {
  const params = { window, strides: [1, 1], padding: [[0, 0], [0, 0]] } as const;
  assertEquals(maxPool2dOp.format?.(["x"], params), "maxPool2d(x, window 2×2)");
  assertEquals(
    maxPool2dOp.format?.(["x"], { window, strides: [2, 3], padding: [[0, 1], [0, 0]] }),
    "maxPool2d(x, window 2×2, strides 2×3, padding [0+1, 0+0])",
  );
});

Deno.test("maxPool2d() and averagePool2d() reject what cannot be pooled", () => {
  for (const pool of [maxPool2d, averagePool2d]) {
    assertThrows(
      () => pool(valueOf([2, 3, 4]), { window }),
      TypeError,
      "Cannot pool f32[2, 3, 4]: received f32[2, 3, 4], " +
        "expected f32[batch, height, width, channels]",
    );
    assertThrows(
      () => pool(valueOf([1, 4, 3, 1]), { window: [2, 5] }),
      RangeError,
      "Cannot pool f32[1, 4, 3, 1]: the window takes 5 columns, and there are 3",
    );
    assertThrows(
      () => pool(valueOf([1, 4, 4, 1]), { window: [0, 1] }),
      RangeError,
      "received window of 0, expected integers of 1 or more",
    );
    assertThrows(
      () => pool(valueOf([1, 4, 4, 1]), { window, padding: [[0, 2], [0, 0]] }),
      RangeError,
      "received padding of 2, expected less than the window's 2",
    );
    assertThrows(
      () => pool(valueOf([1, 0, 4, 1]), { window: [1, 1], padding: [[0, 0], [0, 0]] }),
      RangeError,
      "the window takes 1 rows, and there are 0",
    );
    assertThrows(
      () => pool(valueOf([1, 0, 4, 1]), { window, padding: [[1, 1], [0, 0]] }),
      RangeError,
      "the images have no elements",
    );
  }
});

Deno.test("gradients of poolings reject a cotangent of another shape", () => {
  const params = { window, strides: window, padding: [[0, 0], [0, 0]] } as const;
  const [x, cotangent] = valuesOf([[1, 4, 4, 3]], [[1, 3, 2, 3]]);
  assertThrows(
    () => maxPool2dGradient(x!, cotangent!, params),
    TypeError,
    "Cannot take the gradient of pooling f32[1, 4, 4, 3]: " +
      "received a cotangent of f32[1, 3, 2, 3], expected f32[1, 2, 2, 3]",
  );
  assertThrows(
    () => averagePool2dGradient(cotangent!, { ...params, inputShape: [4, 4] }),
    TypeError,
    "Cannot take the gradient of pooling images of 4×4: " +
      "received a cotangent of f32[1, 3, 2, 3], expected f32[1, 2, 2, 3]",
  );
});
