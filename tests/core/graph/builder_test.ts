import { assertEquals, assertThrows } from "@std/assert";
import { GraphBuilder, sourceNode } from "../../../core/graph/mod.ts";
import { add, constantLike, defineOp, exp, mul } from "../../../core/ops/mod.ts";
import { Laboratory } from "../../support/build_stage.ts";

const vector = { shape: [3], dtype: "f32" } as const;

Deno.test("GraphBuilder gives equal applications one value", () => {
  const builder = new GraphBuilder();
  const x = builder.input("x", vector);
  assertEquals(exp(x) === exp(x), true);
  assertEquals(mul(x, 2) === mul(x, 2), true);
  assertEquals(mul(x, 2) === mul(x, 3), false);
  assertEquals(mul(x, Infinity) === mul(x, -Infinity), false);
});

/** An op that answers nothing of its params. */
const probeOp = defineOp<unknown>({
  name: "probe",
  kind: "elementwise",
  infer: ([x]) => x!,
  formula: ([x]) => x!,
  vjp: "none",
});

/** Whether two applications with these params are one value. */
function areShared(first: unknown, second: unknown): boolean {
  const builder = new GraphBuilder();
  const x = builder.input("x", vector);
  return builder.apply(probeOp, [x], first) === builder.apply(probeOp, [x], second);
}

Deno.test("GraphBuilder shares nodes of equal params, whatever plain data they are", () => {
  const same: readonly (() => unknown)[] = [
    () => null,
    () => undefined,
    () => -0,
    () => NaN,
    () => ({ axes: [0, 1], text: 'a"b', on: true, of: null, none: undefined }),
    () => ({ table: Float32Array.of(1, -0, NaN) }),
    () => ({ table: BigInt64Array.of(1n) }),
    () => [[], {}],
  ];
  for (const make of same) assertEquals(areShared(make(), make()), true, Deno.inspect(make()));
  assertEquals(areShared({ a: 1, b: 2 }, { b: 2, a: 1 }), true);
  assertEquals(areShared({ a: 1, b: undefined }, { a: 1 }), true);
  const once = { axes: [0] };
  assertEquals(areShared([once, once], [once, { axes: [0] }]), true, "the same part twice");
});

Deno.test("GraphBuilder keeps nodes of params apart that differ in sign, kind or length", () => {
  const different: readonly (readonly [unknown, unknown])[] = [
    [-0, 0],
    [{ value: [0] }, { value: [-0] }],
    [NaN, "NaN"],
    [-Infinity, "-Infinity"],
    [1, "1"],
    [null, "null"],
    [null, undefined],
    [null, NaN],
    [[1, 2], ["1,2"]],
    [[[1], 2], [[1, 2]]],
    [[], {}],
    [[undefined], [null]],
    [{ a: 1 }, { b: 1 }],
    [0.1 + 0.2, 0.3],
    [Float32Array.of(0), Float32Array.of(-0)],
    [Float32Array.of(1), Float64Array.of(1)],
    [Float32Array.of(1), [1]],
  ];
  for (const pair of different) assertEquals(areShared(...pair), false, Deno.inspect(pair));
});

Deno.test("GraphBuilder never shares nodes of params that are no plain data", () => {
  const circle: unknown[] = [];
  circle.push(circle);
  const opaque = [
    { f: (x: number) => x },
    { map: new Map([["a", 1]]) },
    { set: new Set([1]) },
    { big: 1n },
    { symbol: Symbol.iterator },
    { [Symbol.iterator]: 1 },
    { date: new Date(0) },
    { view: new DataView(new ArrayBuffer(1)) },
    [new class Point {}()],
    circle,
  ];
  for (const params of opaque) assertEquals(areShared(params, params), false, Deno.inspect(params));
  assertEquals(areShared({ f: (x: number) => x }, { f: (x: number) => -x }), false);
  assertEquals(areShared({ map: new Map([["a", 1]]) }, { map: new Map() }), false);
});

Deno.test("GraphBuilder gives -0 and 0 nodes of their own, to the result", () => {
  const laboratory = new Laboratory();
  const x = laboratory.variable("x", { shape: [1], data: [1] }).value;
  laboratory.builder.output("positive", mul(x, 0));
  laboratory.builder.output("negative", mul(x, -0));
  const { positive, negative } = laboratory.run();
  assertEquals([1 / positive![0]!, 1 / negative![0]!], [Infinity, -Infinity]);
});

Deno.test("GraphBuilder drops nodes, inputs and variables that nothing needs", () => {
  const builder = new GraphBuilder();
  const [x, y] = [builder.input("x", vector), builder.input("y", vector)];
  exp(y);
  builder.output("sum", add(x, 1));
  const graph = builder.build("test");
  assertEquals(graph.inputs.map((input) => input.name), ["x"]);
  assertEquals(graph.nodes.map((node) => node.op.name), ["fill", "add"]);
});

Deno.test("GraphBuilder attributes nodes to the stage they are made in", () => {
  const builder = new GraphBuilder();
  const x = builder.input("x", vector);
  const y = builder.at("outer", () => builder.at("inner", () => exp(x), { backward: true }));
  const z = builder.at("outer", () => exp(y));
  assertEquals([sourceNode(y)?.path, sourceNode(y)?.backward], ["inner", true]);
  assertEquals([sourceNode(z)?.path, sourceNode(z)?.backward], ["outer", false]);
});

Deno.test("GraphBuilder rejects inputs of another graph", () => {
  const [x, y] = [new GraphBuilder().input("x", vector), new GraphBuilder().input("y", vector)];
  assertThrows(
    () => add(x, y),
    TypeError,
    'Cannot apply "add": an input belongs to another graph',
  );
});

Deno.test("GraphBuilder rejects sizes that are no counts, and values too large to count", () => {
  const builder = new GraphBuilder();
  assertThrows(
    () => builder.input("x", { shape: [2, 1.5], dtype: "f32" }),
    RangeError,
    "Cannot make a value of f32[2, 1.5]: received size 1.5, expected an integer of 0 or more",
  );
  assertThrows(
    () => builder.input("y", { shape: [2 ** 40, 2 ** 40], dtype: "f32" }),
    RangeError,
    "Cannot make a value of f32[1099511627776, 1099511627776]: it is too large",
  );
});

Deno.test("GraphBuilder rejects a path that is taken, and what does not fit a variable", () => {
  const builder = new GraphBuilder();
  const options = { spec: vector, role: "parameter", initialize: null } as const;
  const weight = builder.variable("dense1.weight", options);
  assertThrows(
    () => builder.variable("dense1.weight", options),
    RangeError,
    'Cannot make variable "dense1.weight": the path is taken',
  );
  const wide = builder.input("x", { shape: [4], dtype: "f32" });
  assertThrows(
    () => builder.update(weight, wide),
    TypeError,
    'Cannot update "dense1.weight": received f32[4], expected f32[3]',
  );
  builder.update(weight, exp(weight.value));
  assertThrows(
    () => builder.update(weight, weight.value),
    RangeError,
    'Cannot update "dense1.weight" twice in one step: two optimizers hold it',
  );
});

Deno.test("GraphBuilder notes no gradient by a variable that nothing needs", () => {
  const builder = new GraphBuilder();
  const variable = (path: string) =>
    builder.variable(path, { spec: vector, role: "parameter", initialize: null });
  const [used, unused] = [variable("used"), variable("unused")];
  const nothing = constantLike(used.value, 0);
  builder.gradient(used.value, nothing);
  builder.gradient(unused.value, nothing);
  builder.output("y", exp(used.value));
  builder.output("gradient", nothing);
  const { variables, gradients } = builder.build("test");
  assertEquals(variables, [used]);
  assertEquals(gradients, [{ of: "used", value: nothing }]);
});
