import { assertEquals } from "@std/assert";
import { padOp } from "../../../../core/ops/mod.ts";
import { scalar } from "../../../../core/graph/mod.ts";
import { type Elements, type Shape, sizeOf } from "../../../../core/tensor/mod.ts";
import {
  type Problem,
  problemOf,
  runAsAnchor,
  runShares,
  type ShareOptions,
} from "../../../support/kernels.ts";

interface Case {
  readonly shape: Shape;
  readonly before?: readonly number[];
  readonly after?: readonly number[];
  readonly interior?: readonly number[];
  readonly value?: number;
}

/** 1, 2, 3, … */
function counted(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => i + 1);
}

function problemIn({ shape, value = 0.5, ...given }: Case, data?: Elements): Problem {
  const none = shape.map(() => 0);
  const params = { before: none, after: none, interior: none, value, ...given };
  return problemOf(padOp, params, [{ shape, data: data ?? counted(sizeOf(shape)) }]);
}

function check(problem: Problem, options: Omit<ShareOptions, "shares"> = {}): void {
  for (const shares of [1, 2, 3, 7]) {
    const got = runShares(problem, { shares, ...options });
    assertEquals(Array.from(got), Array.from(problem.wanted), JSON.stringify(problem.params));
  }
}

const cases: readonly Case[] = [
  { shape: [] },
  { shape: [1], before: [1] },
  ...[1, 3, 4, 5, 16, 33].flatMap((size): Case[] => [
    { shape: [size], before: [2], after: [1] },
    { shape: [size], before: [0], after: [19], value: 0 },
    { shape: [size], interior: [1], before: [1] },
    { shape: [size], interior: [3], after: [5], value: -Infinity },
    { shape: [3, size], before: [1, 0], after: [2, 0] },
    { shape: [3, size], before: [0, 2], after: [1, 3] },
    { shape: [3, size], interior: [2, 0] },
    { shape: [3, size], interior: [1, 2], before: [0, 1], after: [2, 0] },
    { shape: [2, 3, size], before: [0, 1, 0], after: [0, 1, 0] },
    { shape: [2, 3, 2, size], before: [0, 1, 1, 0], after: [0, 2, 0, 0], value: NaN },
    { shape: [2, 3, 2, size], interior: [0, 1, 2, 0], before: [1, 0, 1, 0] },
  ]),
  { shape: [4, 700], before: [1, 0], after: [0, 3] },
  { shape: [3, 1, 5, 1], before: [0, 1, 0, 0], after: [0, 1, 0, 2] },
];

Deno.test("pad kernel puts any border around any shape, and moves elements apart", () => {
  for (const given of cases) check(problemIn(given));
});

Deno.test("pad kernel pads elements of every dtype", () => {
  const elements: readonly [Elements, number][] = [
    [Int32Array.from({ length: 30 }, (_, i) => i * 140_000_000 - 2 ** 31), -2],
    [Uint32Array.from({ length: 30 }, (_, i) => i * 140_000_000), 4294967295],
    [Uint8Array.from({ length: 30 }, (_, i) => 8 * i), 200],
  ];
  for (const [data, value] of elements) {
    check(problemIn({ shape: [5, 6], before: [1, 20], after: [2, 3], value }, data));
    check(problemIn({ shape: [30], before: [1], after: [20], interior: [2], value }, data));
    check(problemIn({ shape: [2, 3, 5], before: [1, 1, 0], after: [0, 1, 0], value }, data));
  }
});

Deno.test("pad kernel computes sizes 0", () => {
  check(problemIn({ shape: [0], before: [2], after: [3] }));
  check(problemIn({ shape: [0], before: [2], after: [3], interior: [4] }));
  check(problemIn({ shape: [2, 0, 3], before: [1, 1, 0], after: [0, 0, 2] }));
  check(problemIn({ shape: [2, 0], before: [1, 0] }));
});

Deno.test("pad kernel reads operands whose axes lie in any order", () => {
  for (const order of [[3, 2, 1, 0], [1, 0, 2, 3], [0, 1, 3, 2], [2, 3, 0, 1]]) {
    const border = { before: [0, 1, 2, 0], after: [0, 1, 0, 0] };
    for (const interior of [[0, 0, 0, 0], [0, 1, 2, 0], [1, 0, 0, 2]]) {
      check(problemIn({ shape: [2, 3, 4, 5], ...border, interior }), { orders: [order] });
    }
  }
});

Deno.test("pad kernel computes the results from what it gives", async () => {
  for (const given of [cases[10]!, cases[18]!, cases[22]!, { shape: [40, 100], after: [9, 0] }]) {
    const problem = problemIn(given);
    const load = { data: counted(problem.wanted.length) };
    const got = await runAsAnchor(problem, { load, expression: scalar.sub });
    assertEquals(got, Float32Array.from(problem.wanted, (value, i) => value - (i + 1)));
  }
});
