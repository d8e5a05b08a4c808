import { assertEquals, assertThrows } from "@std/assert";
import { GraphBuilder, sourceNode } from "../../../core/graph/mod.ts";
import { add, exp, mul } from "../../../core/ops/mod.ts";

const vector = { shape: [3], dtype: "f32" } as const;

Deno.test("GraphBuilder gives equal applications one value", () => {
  const builder = new GraphBuilder();
  const x = builder.input("x", vector);
  assertEquals(exp(x) === exp(x), true);
  assertEquals(mul(x, 2) === mul(x, 2), true);
  assertEquals(mul(x, 2) === mul(x, 3), false);
  assertEquals(mul(x, Infinity) === mul(x, -Infinity), false);
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
