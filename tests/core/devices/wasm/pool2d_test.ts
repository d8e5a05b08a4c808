import { assertEquals } from "@std/assert";
import { maxPool2dGradientOp, maxPool2dOp, type Pool2dParams } from "../../../../core/ops/mod.ts";
import { scalar } from "../../../../core/graph/mod.ts";
import { type Shape, sizeOf } from "../../../../core/tensor/mod.ts";
import {
  type Problem,
  problemOf,
  runAsAnchor,
  runShares,
  type ShareOptions,
} from "../../../support/kernels.ts";

interface Case extends Partial<Pool2dParams> {
  readonly images: Shape;
  readonly window: readonly [number, number];
}

/** Whole numbers, of which few are different, so that windows have ties. */
function numbers(length: number, { seed, below }: { seed: number; below: number }): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % below - below / 2;
  });
}

/** Max pooling of images, and its gradient. */
function problemsOf({ images, window, ...given }: Case, data?: Float32Array): Problem[] {
  const params = { window, strides: window, padding: [[0, 0], [0, 0]] as const, ...given };
  const x = {
    shape: images,
    data: data ?? numbers(sizeOf(images), { seed: 1, below: 8 }),
  };
  const { shape } = maxPool2dOp.infer([{ shape: images, dtype: "f32" }], params);
  const cotangent = { shape, data: numbers(sizeOf(shape), { seed: 2, below: 512 }) };
  return [
    problemOf(maxPool2dOp, params, [x]),
    problemOf(maxPool2dGradientOp, params, [x, cotangent]),
  ];
}

function check(given: Case, options: Omit<ShareOptions, "shares"> & { data?: Float32Array } = {}) {
  for (const problem of problemsOf(given, options.data)) {
    const label = `${problem.op.name} ${JSON.stringify(given)}`;
    for (const shares of [1, 2, 5]) {
      const got = runShares(problem, { shares, ...options });
      // -0 is 0 here
      assertEquals(Array.from(got, (x) => x + 0), Array.from(problem.wanted, (x) => x + 0), label);
    }
  }
}

Deno.test("pooling kernels compute every number of channels", () => {
  for (const channels of [0, 1, 2, 3, 4, 5, 7, 8, 16, 17, 20, 33]) {
    check({ images: [2, 4, 6, channels], window: [2, 2] });
    check({ images: [1, 5, 5, channels], window: [3, 3], strides: [2, 2] });
  }
});

Deno.test("pooling kernels compute every window, stride and padding", () => {
  const paddings = [
    [[0, 0], [0, 0]],
    [[1, 0], [0, 1]],
    [[0, 1], [1, 0]],
    [[1, 1], [1, 1]],
  ] as const;
  for (const window of [[1, 1], [2, 2], [2, 3], [3, 2], [4, 4]] as const) {
    for (const strides of [[1, 1], [2, 2], [1, 3], [3, 1], [3, 4], [5, 5]] as const) {
      for (const padding of paddings) {
        if (padding.some(([before, after], axis) => Math.max(before, after) >= window[axis]!)) {
          continue;
        }
        for (const size of [[4, 4], [7, 8], [9, 6]]) {
          check({ images: [2, ...size, 5], window, strides, padding });
        }
      }
    }
  }
});

Deno.test("pooling kernels compute windows of many cells", () => {
  check({ images: [3, 7, 7, 6], window: [7, 7] });
  check({ images: [2, 9, 10, 5], window: [5, 4] });
  check({ images: [2, 9, 10, 4], window: [5, 5], strides: [2, 3], padding: [[2, 2], [4, 1]] });
  check({ images: [1, 20, 3, 9], window: [18, 1], padding: [[17, 0], [0, 0]] });
});

Deno.test("pooling kernels compute no images", () => {
  check({ images: [0, 4, 4, 3], window: [2, 2] });
});

Deno.test("pooling kernels take NaN and infinities as their definitions do", () => {
  const values = [NaN, Infinity, -Infinity, 0, 1, -1, -Infinity, NaN, 2];
  for (const step of [1, 2, 4, 5]) {
    for (const channels of [1, 4, 5]) {
      const images = [2, 6, 6, channels];
      const data = Float32Array.from(
        { length: sizeOf(images) },
        (_, i) => values[(i * step + (i >> 3)) % values.length]!,
      );
      for (const window of [[2, 2], [3, 2]] as const) {
        check({ images, window }, { data });
        check({ images, window, padding: [[1, 1], [1, 1]] }, { data });
      }
      check({ images, window: [6, 6], padding: [[2, 2], [1, 1]], strides: [1, 1] }, { data });
    }
  }
});

Deno.test("pooling kernels read operands whose axes lie in any order", () => {
  for (const order of [[0, 3, 1, 2], [3, 2, 1, 0], [1, 0, 2, 3], [2, 0, 3, 1]]) {
    for (const channels of [3, 6]) {
      const images = [2, 5, 6, channels];
      check({ images, window: [2, 2] }, { orders: [order, order] });
      const padding = [[1, 0], [1, 1]] as const;
      check({ images, window: [3, 2], strides: [1, 2], padding }, { orders: [order, order] });
    }
  }
});

Deno.test("pooling kernels compute the results from what they give", async () => {
  const padding = [[1, 1], [1, 1]] as const;
  const cases: readonly Case[] = [
    { images: [3, 6, 8, 8], window: [2, 2] },
    { images: [2, 7, 7, 5], window: [3, 3], strides: [2, 2], padding },
  ];
  for (const problem of cases.flatMap((given) => problemsOf(given))) {
    const mask = numbers(problem.wanted.length, { seed: 3, below: 4 });
    const got = await runAsAnchor(problem, { load: { data: mask }, expression: scalar.mul });
    const wanted = Array.from(problem.wanted, (value, i) => value * mask[i]! + 0);
    assertEquals(Array.from(got, (x) => x + 0), wanted, problem.op.name);
  }
});
