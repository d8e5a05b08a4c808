import { assertEquals, assertThrows } from "@std/assert";
import { type Graph, GraphBuilder, scalar } from "../../../../core/graph/mod.ts";
import { add, iota, mul } from "../../../../core/ops/mod.ts";
import { type Plan, plan } from "../../../../core/plan/mod.ts";
import { reference } from "../../../../core/devices/reference/mod.ts";
import { HandPlan } from "../../../support/plans.ts";

function planned(graph: Graph): Plan {
  return plan(graph, { target: reference.target });
}

/** `y = x · factor` of three numbers. */
function scaled(factor: number): Plan {
  const builder = new GraphBuilder();
  builder.output("y", mul(builder.input("x", { shape: [3], dtype: "f32" }), factor));
  return planned(builder.build("scaled"));
}

const bufferOf = (plan: Plan, port: { readonly buffer: number }) => plan.buffers[port.buffer]!;

Deno.test("ReferenceSession reads what was written into the input's window", () => {
  const session = reference.open();
  const plan = scaled(2);
  const executable = session.prepare(plan);
  const window = session.input(bufferOf(plan, plan.inputs[0]!));
  const output = bufferOf(plan, plan.outputs[0]!);
  for (const data of [[1, 2, 3], [4, 5, 6]]) {
    window.set(data);
    executable.run();
    assertEquals(session.read(output), Float32Array.from(data, (x) => 2 * x));
  }
});

Deno.test("ReferenceSession keeps float64 inside, and shows it by readExact()", () => {
  const session = reference.open();
  const plan = scaled(0.1);
  const executable = session.prepare(plan);
  session.input(bufferOf(plan, plan.inputs[0]!)).set([1, 2, 3]);
  executable.run();
  const output = bufferOf(plan, plan.outputs[0]!);
  assertEquals(session.readExact(output), Float64Array.of(0.1, 0.2, 3 * 0.1));
  assertEquals(session.read(output), Float32Array.of(0.1, 0.2, 3 * 0.1));
});

Deno.test("ReferenceSession.write() is seen through a window that was handed out", () => {
  const session = reference.open();
  const plan = scaled(1);
  const executable = session.prepare(plan);
  const input = bufferOf(plan, plan.inputs[0]!);
  const window = session.input(input);
  session.write(input, Float32Array.of(7, 8, 9));
  executable.run();
  assertEquals(window, Float32Array.of(7, 8, 9));
  assertEquals(
    session.read(bufferOf(plan, plan.outputs[0]!)),
    Float32Array.of(7, 8, 9),
  );
});

Deno.test("ReferenceSession.write() rejects another number of elements than the buffer's", () => {
  const session = reference.open();
  const plan = scaled(1);
  session.prepare(plan);
  assertThrows(
    () => session.write(bufferOf(plan, plan.inputs[0]!), new Float32Array(4)),
    RangeError,
    "Cannot write 4 elements into a buffer of 3",
  );
});

Deno.test("ReferenceSession keeps its contents when a larger plan makes the memory grow", () => {
  const session = reference.open();
  const plan = scaled(3);
  const executable = session.prepare(plan);
  const window = session.input(bufferOf(plan, plan.inputs[0]!));
  window.set([1, 2, 3]);
  executable.run();
  const builder = new GraphBuilder();
  builder.output("y", add(iota(builder, { shape: [1000], axis: 0, dtype: "i32" }), 1));
  session.prepare(planned(builder.build("larger")));
  const output = bufferOf(plan, plan.outputs[0]!);
  assertEquals(session.read(output), Float32Array.of(3, 6, 9));
  window.set([2, 2, 2]);
  executable.run();
  assertEquals(session.read(output), Float32Array.of(6, 6, 6));
});

Deno.test("ReferenceSession stores bytes modulo 256", async () => {
  const plan = new HandPlan(reference.target);
  const [from, to] = [plan.buffer(Uint8Array.of(1, 250)), plan.buffer(new Uint8Array(2))];
  plan.kernel({
    shape: [2],
    anchor: null,
    loads: [plan.access(from, [2])],
    results: [{
      expression: scalar.add(scalar.load(0, "u32"), 10),
      store: plan.access(to, [2]),
    }],
  });
  const contents = await plan.run(reference);
  assertEquals(contents[to], Uint8Array.of(11, 4));
});

Deno.test("ReferenceSession reduces whole numbers modulo 2^32", async () => {
  const plan = new HandPlan(reference.target);
  const from = plan.buffer(Uint32Array.of(4294967295, 2, 4294967295, 3));
  const [sum, product] = [plan.buffer(new Uint32Array(2)), plan.buffer(new Uint32Array(2))];
  for (const [operator, to] of [["add", sum], ["mul", product]] as const) {
    plan.kernel({
      shape: [2, 1],
      anchor: {
        kind: "reduce",
        operator,
        shape: [2, 2],
        axes: [1],
        loads: [plan.access(from, [2, 2])],
        body: scalar.load(0, "u32"),
      },
      loads: [],
      results: [{ expression: scalar.anchor("u32"), store: plan.access(to, [2, 1]) }],
    });
  }
  const contents = await plan.run(reference);
  assertEquals(contents[sum], Uint32Array.of(1, 2));
  assertEquals(contents[product], Uint32Array.of(4294967294, 4294967293));
});
