import { assertEquals } from "@std/assert";
import { GraphBuilder, type Value } from "../../../core/graph/mod.ts";
import { differentiate } from "../../../core/differentiate/mod.ts";
import * as ops from "../../../core/ops/mod.ts";
import { assertClose } from "../../golden/golden.ts";
import { evaluateGraph } from "../../support/evaluate.ts";

/** The gradient of a function's sum of squares by its last input, and the ops that compute it. */
function gradientOf(
  shapes: readonly (readonly number[])[],
  build: (...values: Value[]) => Value,
): { readonly gradient: Float64Array; readonly counts: Readonly<Record<string, number>> } {
  const builder = new GraphBuilder();
  const inputs = shapes.map((shape, i) => builder.input(`x${i}`, { shape, dtype: "f32" }));
  const loss = ops.reduceSum(ops.square(build(...inputs)));
  builder.output("gradient", ops.gradient(loss, inputs.at(-1)!));
  const graph = differentiate(builder.build("test"));
  const counts: Record<string, number> = {};
  for (const { op, backward } of graph.nodes) {
    if (backward) counts[op.name] = (counts[op.name] ?? 0) + 1;
  }
  const data = Object.fromEntries(shapes.map((shape, i) => [
    `x${i}`,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, j) => Math.sin(1 + 7 * i + j)),
  ]));
  return { gradient: Float64Array.from(evaluateGraph(graph, data).gradient!.data), counts };
}

const steps = 4;

Deno.test("differentiate() makes one product of the gradients of a matrix that many steps use", () => {
  for (const transposeRhs of [false, true]) {
    for (const transposeLhs of [false, true]) {
      const x = transposeLhs ? [3, 2] : [2, 3];
      const weight = transposeRhs ? [5, 3] : [3, 5];
      const params = { transposeLhs, transposeRhs };
      const { gradient, counts } = gradientOf(
        [...new Array<number[]>(steps).fill(x), weight],
        (...values) =>
          values.slice(0, steps).map((x) => ops.matmul(x, values[steps]!, params)).reduce(ops.mul),
      );
      assertEquals(counts.matmul, 1);
      const single = gradientOf(
        [...new Array<number[]>(steps).fill(x), weight],
        (...values) =>
          values.slice(0, steps).map((x, i) => {
            // a matrix of its own for each step, so that no product is summed with another
            const own = ops.mul(values[steps]!, 2 ** i);
            return ops.matmul(ops.mul(x, 2 ** -i), own, params);
          }).reduce(ops.mul),
      );
      assertEquals(single.counts.matmul, steps);
      assertClose(gradient, single.gradient);
    }
  }
});

Deno.test("differentiate() adds the products of a matrix that two branches use", () => {
  const { counts } = gradientOf(
    [[2, 3], [2, 3], [3, 5]],
    (a, b, weight) => ops.mul(ops.matmul(a!, weight!), ops.matmul(b!, weight!)),
  );
  assertEquals(counts.matmul, 2);
  assertEquals(counts.concatenate, undefined);
});

/** A block of rows. */
function rows(x: Value, first: number, count: number): Value {
  return ops.slice(x, { start: [first, 0], sizes: [count, x.spec.shape[1]!] });
}

Deno.test("differentiate() puts the gradients of slices side by side", () => {
  const { gradient, counts } = gradientOf(
    [[6, 2]],
    (x) => ops.mul(ops.mul(rows(x!, 4, 2), 3), ops.mul(rows(x!, 2, 2), rows(x!, 0, 2))),
  );
  assertEquals([counts.concatenate, counts.pad], [1, undefined]);
  const x = Array.from({ length: 12 }, (_, j) => Math.sin(1 + j));
  const wanted = x.map((_, i) => {
    const others = [0, 1, 2].map((block) => 4 * block + i % 4).filter((j) => j !== i);
    return 2 * 9 * x[i]! * x[others[0]!]! ** 2 * x[others[1]!]! ** 2;
  });
  assertClose(gradient, wanted);
});

Deno.test("differentiate() fills gaps between slices with zeros", () => {
  const { gradient, counts } = gradientOf(
    [[7, 2]],
    (x) => ops.mul(rows(x!, 1, 1), rows(x!, 4, 1)),
  );
  assertEquals([counts.concatenate, counts.pad], [1, undefined]);
  const x = Array.from({ length: 14 }, (_, j) => Math.sin(1 + j));
  const wanted = new Array<number>(14).fill(0);
  for (const [i, j] of [[2, 8], [3, 9], [8, 2], [9, 3]] as const) {
    wanted[i] = 2 * x[i]! * x[j]! ** 2;
  }
  assertClose(gradient, wanted);
});

Deno.test("differentiate() adds the gradients of slices that overlap, or lie along two axes", () => {
  const overlapping = gradientOf([[3, 2]], (x) => ops.mul(rows(x!, 0, 2), rows(x!, 1, 2)));
  assertEquals([overlapping.counts.concatenate, overlapping.counts.pad], [undefined, 2]);
  const x = Array.from({ length: 6 }, (_, j) => Math.sin(1 + j));
  const wanted = [
    2 * x[0]! * x[2]! ** 2,
    2 * x[1]! * x[3]! ** 2,
    2 * x[2]! * (x[0]! ** 2 + x[4]! ** 2),
    2 * x[3]! * (x[1]! ** 2 + x[5]! ** 2),
    2 * x[4]! * x[2]! ** 2,
    2 * x[5]! * x[3]! ** 2,
  ];
  assertClose(overlapping.gradient, wanted);
  const corners = gradientOf([[2, 2]], (x) => {
    const corner = (at: number) => ops.slice(x!, { start: [at, at], sizes: [1, 1] });
    return ops.mul(corner(0), corner(1));
  });
  assertEquals([corners.counts.concatenate, corners.counts.pad], [undefined, 2]);
});
