import { assertEquals } from "@std/assert";
import { concatenateOp } from "../../../../core/ops/mod.ts";
import { scalar } from "../../../../core/graph/mod.ts";
import { type Elements, type Shape, sizeOf } from "../../../../core/tensor/mod.ts";
import { type Problem, problemOf, runAsAnchor, runShares } from "../../../support/kernels.ts";

/** Blocks of numbers that are all different. */
function problemIn(
  axis: number,
  shapes: readonly Shape[],
  make: (length: number) => Elements = (length) => new Float32Array(length),
): Problem {
  let next = 1;
  const operands = shapes.map((shape) => {
    const data = make(sizeOf(shape));
    for (let i = 0; i < data.length; i++) data[i] = next++;
    return { shape, data };
  });
  return problemOf(concatenateOp, { axis }, operands);
}

function check(problem: Problem): void {
  for (const shares of [1, 2, 3, 7]) {
    const got = runShares(problem, { shares });
    assertEquals(Array.from(got), Array.from(problem.wanted), JSON.stringify(problem.params));
  }
}

Deno.test("concatenate kernel puts pieces of any length behind each other, along any axis", () => {
  for (const size of [1, 3, 4, 5, 16, 33]) {
    check(problemIn(0, [[size]]));
    check(problemIn(0, [[size], [2], [size + 1]]));
    check(problemIn(0, [[3, size], [1, size], [2, size]]));
    check(problemIn(1, [[5, size], [5, 1], [5, 2 * size]]));
    check(problemIn(1, [[2, 3, size], [2, 1, size]]));
    check(problemIn(2, [[2, 3, size], [2, 3, 7], [2, 3, 1]]));
  }
  check(problemIn(0, Array.from({ length: 28 }, () => [8, 12])));
});

Deno.test("concatenate kernel takes elements of every dtype", () => {
  for (const make of [Int32Array, Uint32Array, Uint8Array]) {
    check(problemIn(0, [[2, 3], [7, 3]], (length) => new make(length)));
    check(problemIn(1, [[2, 3], [2, 40]], (length) => new make(length)));
  }
});

Deno.test("concatenate kernel leaves out what has no elements", () => {
  check(problemIn(1, [[2, 0], [2, 3], [2, 0], [2, 1]]));
  check(problemIn(0, [[0], [0]]));
  check(problemIn(1, [[0, 2], [0, 3]]));
});

Deno.test("concatenate kernel lets the results be computed from what it gives", async () => {
  const problem = problemIn(1, [[9, 30], [9, 2], [9, 8]]);
  const load = { data: Float32Array.from({ length: 360 }, (_, i) => 3 * i) };
  const got = await runAsAnchor(problem, { load, expression: scalar.sub });
  assertEquals(got, Float32Array.from(problem.wanted, (value, i) => value - 3 * i));
});
