import { assert, assertEquals } from "@std/assert";
import { type ReduceOperator, type Scalar, scalar } from "../../../../core/graph/mod.ts";
import { type Elements, rowMajorStrides, type Shape, sizeOf } from "../../../../core/tensor/mod.ts";
import { wasmDevice } from "../../../../core/devices/wasm/mod.ts";
import { HandPlan } from "../../../support/plans.ts";

const device = wasmDevice();
const x = scalar.load(0, "f32");

/** Every set of axes of a rank but the empty one. */
function axisSets(rank: number): number[][] {
  return Array.from(
    { length: 2 ** rank - 1 },
    (_, i) => Array.from({ length: rank }, (_, axis) => axis).filter((axis) => (i + 1) >> axis & 1),
  );
}

/** The places of a shape, as coordinates, in row-major order. */
function places(shape: Shape): number[][] {
  const strides = rowMajorStrides(shape);
  return Array.from(
    { length: sizeOf(shape) },
    (_, i) => shape.map((size, axis) => Math.floor(i / strides[axis]!) % size),
  );
}

const combine: Record<ReduceOperator, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  mul: (a, b) => a * b,
  max: Math.max,
  min: Math.min,
};

const identity: Record<ReduceOperator, number> = { add: 0, mul: 1, max: -Infinity, min: Infinity };

function randomArray(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.round(state / 2 ** 32 * 64 - 32) / 16;
  });
}

interface Case {
  readonly operator: ReduceOperator;
  readonly shape: Shape;
  readonly axes: readonly number[];
  readonly strides?: readonly number[];
  readonly data: Elements;
  readonly body?: Scalar;
  readonly ofBody?: (value: number) => number;
}

/** Runs a reduction whose two results are 2·r + row-major place, and r itself. */
async function check({ operator, shape, axes, data, body = x, ofBody = (v) => v, ...walk }: Case) {
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const plan = new HandPlan(device.target);
  const input = plan.access(plan.buffer(data), shape, walk);
  const [doubled, plain] = [0, 1].map(() => plan.buffer(new Float32Array(sizeOf(kept)).fill(99)));
  const guard = plan.buffer(new Float32Array([5]));
  const anchor = scalar.anchor("f32");
  plan.kernel({
    shape: kept,
    anchor: { kind: "reduce", operator, shape, axes, loads: [input], body },
    loads: [],
    results: [
      {
        expression: scalar.add(scalar.mul(anchor, 2), scalar.cast(scalar.position, "f32")),
        store: plan.access(doubled!, kept),
      },
      { expression: anchor, store: plan.access(plain!, kept) },
    ],
  });
  const contents = await plan.run(device);
  assertEquals(contents[guard]![0], 5);
  const wanted = new Array<number>(sizeOf(kept)).fill(identity[operator]);
  const [strides, keptStrides] = [input.strides, rowMajorStrides(kept)];
  for (const place of places(shape)) {
    const from = place.reduce((sum, at, axis) => sum + at * strides[axis]!, 0);
    const to = place.reduce(
      (sum, at, axis) => sum + (axes.includes(axis) ? 0 : at * keptStrides[axis]!),
      0,
    );
    wanted[to] = combine[operator](wanted[to]!, ofBody(data[from]!));
  }
  wanted.forEach((value, i) => {
    const scale = 1e-5 * (Math.abs(value) + 1);
    const close = (a: number, b: number) => Object.is(a, b) || Math.abs(a - b) <= scale;
    const where = `${operator} of [${shape}] by [${strides}] along [${axes}], place ${i}`;
    const got = [contents[plain!]![i]!, contents[doubled!]![i]!];
    assert(close(got[0]!, value), `${where}: ${got[0]} is not ${value}`);
    assert(
      close((got[1]! - i) / 2, value) || got[1] === value,
      `${where}: ${got[1]}, second result`,
    );
  });
}

const shapes: readonly Shape[] = [
  [1],
  [3],
  [4],
  [5],
  [37],
  [1, 1],
  [3, 5],
  [5, 4],
  [4, 1],
  [1, 7],
  [2, 33],
  [20, 3],
  [2, 3, 5],
  [3, 4, 17],
  [4, 1, 6],
  [2, 3, 4, 5],
];

Deno.test("reduce kernels combine along every set of axes of small shapes", async () => {
  for (const shape of shapes) {
    for (const axes of axisSets(shape.length)) {
      for (const operator of ["add", "mul", "max", "min"] as const) {
        await check({ operator, shape, axes, data: randomArray(sizeOf(shape), 3) });
      }
    }
  }
});

Deno.test("reduce kernels combine many short rows, whose lanes are rows", async () => {
  const rows: readonly (readonly [Shape, readonly number[]])[] = [
    [[16, 3], [1]],
    [[37, 10], [1]],
    [[64, 7], [1]],
    [[5, 18, 6], [2]],
    [[3, 21, 5], [0, 2]],
    [[2, 19, 2, 3], [2, 3]],
    [[33, 16], [1]],
  ];
  for (const [shape, axes] of rows) {
    const data = randomArray(sizeOf(shape), 11);
    for (const operator of ["add", "mul", "max", "min"] as const) {
      await check({ operator, shape, axes, data });
      await check({ operator, shape, axes, data, body: scalar.exp(x), ofBody: Math.exp });
    }
  }
  // of other strides: rows that lie apart, columns, and rows that are all the same
  for (const strides of [[11, 1], [1, 20], [0, 1], [20, 2]]) {
    await check({
      operator: "max",
      shape: [20, 6],
      axes: [1],
      strides,
      data: randomArray(400, 13),
    });
  }
});

Deno.test("reduce kernels read transposed, repeated and strided operands", async () => {
  const shape = [6, 5];
  for (const axes of axisSets(2)) {
    for (const strides of [[1, 6], [0, 1], [1, 0], [0, 0], [20, 3]]) {
      await check({ operator: "add", shape, axes, strides, data: randomArray(120, 5) });
    }
  }
  const cube = [3, 4, 5];
  for (const axes of axisSets(3)) {
    for (const strides of [[1, 3, 12], [0, 5, 1], [5, 0, 1], [4, 1, 12]]) {
      await check({ operator: "max", shape: cube, axes, strides, data: randomArray(60, 7) });
    }
  }
});

Deno.test("reduce kernels give the identity of empty axes", async () => {
  for (
    const [shape, axes] of [[[0], [0]], [[3, 0], [1]], [[0, 5], [0]], [[2, 0, 3], [1]]] as const
  ) {
    for (const operator of ["add", "mul", "max", "min"] as const) {
      await check({ operator, shape, axes, data: new Float32Array(0) });
    }
  }
  await check({ operator: "add", shape: [0, 5], axes: [1], data: new Float32Array(0) });
});

Deno.test("reduce kernels combine an expression of several operands", async () => {
  const [rows, columns] = [7, 13];
  const plan = new HandPlan(device.target);
  const [a, s, bias] = [
    randomArray(rows * columns, 1),
    randomArray(rows, 2),
    randomArray(columns, 3),
  ];
  const shape = [rows, columns];
  const loads = [
    plan.access(plan.buffer(a), shape),
    plan.access(plan.buffer(s), shape, { strides: [1, 0] }),
    plan.access(plan.buffer(bias), shape, { strides: [0, 1] }),
  ];
  const y = (i: number) => scalar.load(i, "f32");
  const place = scalar.cast(scalar.position, "f32");
  const body = scalar.add(scalar.mul(scalar.add(y(0), y(1)), y(2)), place);
  const value = (i: number, j: number) =>
    (a[i * columns + j]! + s[i]!) * bias[j]! + i * columns + j;
  for (const axis of [0, 1]) {
    const kept = axis === 0 ? [1, columns] : [rows, 1];
    const output = plan.buffer(new Float32Array(sizeOf(kept)));
    plan.kernel({
      shape: kept,
      anchor: { kind: "reduce", operator: "add", shape, axes: [axis], loads, body },
      loads: [plan.access(axis === 0 ? 2 : 1, kept, { strides: axis === 0 ? [0, 1] : [1, 0] })],
      results: [{
        expression: scalar.sub(scalar.anchor("f32"), y(0)),
        store: plan.access(output, kept),
      }],
    });
  }
  const contents = await plan.run(device);
  for (let j = 0; j < columns; j++) {
    let sum = -bias[j]!;
    for (let i = 0; i < rows; i++) sum += value(i, j);
    assert(Math.abs(contents[3]![j]! - sum) < 1e-3);
  }
  for (let i = 0; i < rows; i++) {
    let sum = -s[i]!;
    for (let j = 0; j < columns; j++) sum += value(i, j);
    assert(Math.abs(contents[4]![i]! - sum) < 1e-3);
  }
});

Deno.test("reduce kernels combine integers and pass NaN on", async () => {
  for (const axes of [[0], [1], [0, 1]]) {
    const shape = [6, 9];
    const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    const data = Int32Array.from({ length: 54 }, (_, i) => (i * 37 % 54) - 40);
    const plan = new HandPlan(device.target);
    const input = plan.access(plan.buffer(data), shape);
    const outputs = (["add", "max", "min"] as const).map((operator) => {
      const output = plan.buffer(new Int32Array(sizeOf(kept)));
      plan.kernel({
        shape: kept,
        anchor: {
          kind: "reduce",
          operator,
          shape,
          axes,
          loads: [input],
          body: scalar.load(0, "i32"),
        },
        loads: [],
        results: [{ expression: scalar.anchor("i32"), store: plan.access(output, kept) }],
      });
      return { operator, output };
    });
    const floats = Float32Array.from(data);
    floats[20] = NaN;
    const nan = plan.buffer(new Float32Array(sizeOf(kept)));
    plan.kernel({
      shape: kept,
      anchor: {
        kind: "reduce",
        operator: "max",
        shape,
        axes,
        loads: [plan.access(plan.buffer(floats), shape)],
        body: x,
      },
      loads: [],
      results: [{ expression: scalar.anchor("f32"), store: plan.access(nan, kept) }],
    });
    const contents = await plan.run(device);
    const strides = rowMajorStrides(kept).map((s, axis) => (axes.includes(axis) ? 0 : s));
    const target = (place: readonly number[]) =>
      place.reduce((sum, at, axis) => sum + at * strides[axis]!, 0);
    for (const { operator, output } of outputs) {
      const wanted = new Map<number, number>();
      places(shape).forEach((place, i) => {
        const before = wanted.get(target(place));
        wanted.set(
          target(place),
          before === undefined ? data[i]! : combine[operator](before, data[i]!),
        );
      });
      wanted.forEach((value, i) => assertEquals(contents[output]![i], value));
    }
    const withNaN = target([2, 2]);
    contents[nan]!.forEach((value, i) => assertEquals(Number.isNaN(value), i === withNaN));
  }
});
