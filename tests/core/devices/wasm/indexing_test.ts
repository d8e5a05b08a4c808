import { assertEquals } from "@std/assert";
import { gatherOp, scatterAddOp } from "../../../../core/ops/mod.ts";
import { scalar } from "../../../../core/graph/mod.ts";
import { type Elements, type Shape, sizeOf } from "../../../../core/tensor/mod.ts";
import {
  type Problem,
  problemOf,
  runAsAnchor,
  runShares,
  type ShareOptions,
} from "../../../support/kernels.ts";

/** Whole numbers, which sums in float32 hold exactly. */
function numbers(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 22) - 512;
  });
}

interface Case {
  readonly table: Shape;
  readonly axis: number;
  readonly list: Shape;
  readonly indices?: Elements;
}

/** Indices from one in front of the axis to one behind it. */
function indicesOf({ table, axis, list, indices }: Case): Elements {
  const around = table[axis]! + 2;
  return indices ??
    Int32Array.from({ length: sizeOf(list) }, (_, i) => Math.imul(i, 7919) % around - 1);
}

function gatherOf(given: Case, data?: Elements): Problem {
  const { table, axis, list } = given;
  const x = { shape: table, data: data ?? numbers(sizeOf(table), 3) };
  const indices = { shape: list, data: indicesOf(given) };
  return problemOf(gatherOp, { axis, fillValue: 77 }, [x, indices]);
}

function scatterOf(given: Case): Problem {
  const { table, axis, list } = given;
  const shape = [...table.slice(0, axis), ...list, ...table.slice(axis + 1)];
  const updates = { shape, data: numbers(sizeOf(shape), 5) };
  const indices = { shape: list, data: indicesOf(given) };
  return problemOf(scatterAddOp, { axis, size: table[axis]! }, [updates, indices]);
}

function check(problem: Problem, options: Omit<ShareOptions, "shares"> = {}): void {
  const { op, operands, wanted } = problem;
  const label = `${op.name} ${operands.map(({ shape }) => `[${shape}]`)}`;
  for (const shares of [1, 2, 3, 5]) {
    const got = runShares(problem, { shares, ...options });
    assertEquals(Array.from(got), Array.from(wanted), `${label} in ${shares} shares`);
  }
}

const cases: readonly Case[] = [
  ...[1, 2, 3, 4, 5, 8, 15, 16, 17, 33, 64, 67].map((inner) => (
    { table: [9, inner], axis: 0, list: [21] }
  )),
  ...[1, 2, 63, 64, 65, 127, 128, 200].map((size) => (
    { table: [size, 3], axis: 0, list: [50] }
  )),
  { table: [6], axis: 0, list: [40] },
  { table: [6], axis: 0, list: [] },
  { table: [7, 5], axis: 1, list: [40] },
  { table: [7, 5], axis: 1, list: [] },
  { table: [3, 70, 2, 5], axis: 1, list: [3, 11] },
  { table: [2, 3, 4, 5], axis: 2, list: [7] },
  { table: [5, 3000], axis: 0, list: [3] },
];

Deno.test("gather kernel takes slices of any size along any axis", () => {
  for (const given of cases) check(gatherOf(given));
});

Deno.test("scatterAdd kernel adds slices of any size along any axis", () => {
  for (const given of cases) check(scatterOf(given));
});

const elements: readonly Elements[] = [
  Int32Array.from({ length: 90 }, (_, i) => i * 40_000_000 - 2 ** 31),
  Uint32Array.from({ length: 90 }, (_, i) => i * 45_000_000),
  Uint8Array.from({ length: 90 }, (_, i) => 2 * i),
];

Deno.test("gather kernel takes elements of every dtype", () => {
  for (const data of elements) {
    check(gatherOf({ table: [9, 10], axis: 0, list: [12] }, data));
    check(gatherOf({ table: [3, 30], axis: 0, list: [5] }, data));
    check(gatherOf({ table: [30, 3], axis: 1, list: [2, 4] }, data));
  }
});

Deno.test("kernels of gather and scatterAdd take indices of every dtype, and none out of range", () => {
  const list: readonly Elements[] = [
    Int32Array.of(-1, -2147483648, 2147483647, 70, 69, 0, 5, 5),
    Uint32Array.of(4294967295, 2147483648, 2147483647, 70, 69, 0, 5, 5),
    Uint8Array.of(255, 128, 127, 70, 69, 0, 5, 5),
  ];
  for (const indices of list) {
    for (const table of [[70], [70, 3], [70, 32]]) {
      const given = { table, axis: 0, list: [8], indices };
      check(gatherOf(given));
      check(scatterOf(given));
    }
  }
});

Deno.test("kernels of gather and scatterAdd compute sizes 0", () => {
  for (
    const [table, list] of [[[0, 3], [4]], [[4, 0], [3]], [[4, 3], [0]], [[4, 3], [2, 0]]] as const
  ) {
    check(gatherOf({ table, axis: 0, list }));
    check(scatterOf({ table, axis: 0, list }));
  }
});

Deno.test("kernels of gather and scatterAdd read operands whose axes lie in any order", () => {
  const given = { table: [3, 9, 4, 5], axis: 1, list: [3, 4] };
  for (const table of [[3, 2, 1, 0], [1, 0, 3, 2], [0, 1, 3, 2], [2, 3, 0, 1]]) {
    for (const list of [[0, 1], [1, 0]]) check(gatherOf(given), { orders: [table, list] });
  }
  for (const updates of [[4, 3, 2, 1, 0], [2, 0, 1, 4, 3], [0, 1, 2, 4, 3], [0, 2, 1, 3, 4]]) {
    for (const list of [[0, 1], [1, 0]]) check(scatterOf(given), { orders: [updates, list] });
  }
  check(gatherOf({ table: [4, 6], axis: 0, list: [9] }), { orders: [[1, 0]] });
  check(scatterOf({ table: [4, 6], axis: 0, list: [9] }), { orders: [[1, 0]] });
});

Deno.test("scatterAdd kernel adds in the order of the list", () => {
  const updates = Float32Array.of(2 ** 25, 1, 1, -(2 ** 25), 3);
  const indices = { shape: [5], data: new Int32Array(5) };
  const sum = (data: Float32Array) =>
    runShares(
      problemOf(scatterAddOp, { axis: 0, size: 2 }, [{ shape: [5], data }, indices]),
      { shares: 1 },
    );
  assertEquals(sum(updates), Float32Array.of(3, 0));
  assertEquals(sum(updates.toReversed()), Float32Array.of(4, 0));
});

Deno.test("kernels of gather and scatterAdd compute the results from their slices", async () => {
  for (const given of [cases[6]!, cases[14]!, cases[22]!, cases[24]!]) {
    for (const problem of [gatherOf(given), scatterOf(given)]) {
      const { shape } = problem.output;
      const row = numbers(shape.at(-1)!, 9);
      const strides = shape.map((_, axis) => axis === shape.length - 1 ? 1 : 0);
      const load = { data: row, strides };
      const got = await runAsAnchor(problem, { load, expression: scalar.add });
      const sums = Float32Array.from(problem.wanted, (value, i) => value + row[i % row.length]!);
      assertEquals(got, sums, `${problem.op.name} [${shape}]`);
    }
  }
});
