import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { GraphBuilder, ops, RandomStream, reference } from "@millrace/millrace";
import { randomGraph } from "../../support/random_graph.ts";
import {
  layoutVariables,
  type Plan,
  plan,
  type Target,
  verifyPlan,
} from "../../../core/plan/mod.ts";
import { devices } from "../../../core/devices/mod.ts";
import { ReferenceSession } from "../../../core/devices/reference/mod.ts";
import { differentiate } from "../../../core/differentiate/mod.ts";

const fusing: Target = { ...reference.target, fuses: true };
const wasm = devices.find((device) => device.name === "wasm")!.target;

/** Runs a plan twice in float64, so that an update read too early or too late shows. */
function run(planned: Plan): Record<string, number[]> {
  const session = new ReferenceSession();
  const executable = session.prepare(planned);
  const random = new RandomStream(5, "data");
  for (const slot of planned.variables.slots) {
    const length = slot.spec.shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length }, () => random.normal());
    session.write({ dtype: "f32", length, byteOffset: slot.byteOffset }, data);
  }
  for (const name of ["x", "y"]) {
    const port = planned.inputs.find((port) => port.name === name);
    const data = Float32Array.from({ length: 15 }, () => random.normal());
    if (port !== undefined) session.input(planned.buffers[port.buffer]!).set(data);
  }
  executable.run();
  executable.run();
  const read: Record<string, number[]> = {};
  for (const port of planned.outputs) {
    read[port.name] = [...session.readExact(planned.buffers[port.buffer]!)];
  }
  for (const slot of planned.variables.slots) {
    const length = slot.spec.shape.reduce((a, b) => a * b, 1);
    const place = { dtype: "f32" as const, length, byteOffset: slot.byteOffset };
    read[slot.path] = [...session.readExact(place)];
  }
  return read;
}

for (let seed = 0; seed < 60; seed++) {
  Deno.test(`plan() of random graph ${seed} gives the same fused as op by op`, () => {
    const graph = differentiate(randomGraph(seed).build("random"));
    const plain = plan(graph, { target: reference.target });
    const fused = plan(graph, { target: fusing });
    verifyPlan(plain, reference.target);
    verifyPlan(fused, fusing);
    assert(fused.commands.length <= plain.commands.length);
    const [expected, actual] = [run(plain), run(fused)];
    for (const [name, values] of Object.entries(expected)) {
      values.forEach((value, i) =>
        assert(
          Math.abs(value - actual[name]![i]!) <= 1e-12 * Math.max(1, Math.abs(value)),
          `${name}[${i}]: ${actual[name]![i]} instead of ${value}`,
        )
      );
    }
  });
}

Deno.test("plan() updates all parameters and their state in one kernel", () => {
  const builder = new GraphBuilder();
  const entries = ([["w", [20, 3]], ["b", [3]], ["v", [7]]] as const).map(([path, shape]) => {
    const options = {
      spec: { shape, dtype: "f32" as const },
      initialize: () => new Float32Array(shape.reduce((a: number, b) => a * b, 1)),
    };
    const parameter = builder.variable(path, { ...options, role: "parameter" });
    const slot = `sgd.momentum.${path}`;
    const state = builder.variable(slot, { ...options, role: "state", of: path });
    const loss = ops.reduceSum(ops.square(parameter.value));
    return { parameter, state, gradient: ops.gradient(loss, parameter.value) };
  });
  for (const { parameter, state, gradient } of entries) {
    const next = ops.add(ops.mul(state.value, 0.9), gradient);
    builder.update(state, next);
    builder.update(parameter, ops.sub(parameter.value, ops.mul(next, 0.01)));
  }
  const planned = plan(differentiate(builder.build("update")), { target: wasm });
  const updates = planned.commands.filter((command) => command.kernel.results.length === 2);
  assertEquals(updates.length, 1);
  assertEquals(updates[0]!.kernel.shape, [64 + 16 + 16]);
});

Deno.test("plan() reuses the memory of values whose lives do not overlap", () => {
  const chain = (length: number) => {
    const builder = new GraphBuilder();
    let value = builder.input("x", { shape: [64, 64], dtype: "f32" });
    for (let i = 0; i < length; i++) value = ops.matmul(value, value);
    builder.output("y", value);
    return plan(builder.build("chain"), { target: wasm });
  };
  assertEquals(chain(20).regionBytes.workspace, chain(3).regionBytes.workspace);
});

Deno.test("plan() does not overwrite a variable that is still read", () => {
  const builder = new GraphBuilder();
  const spec = { shape: [4], dtype: "f32" as const };
  const [a, b] = ["a", "b"].map((path) =>
    builder.variable(path, { spec, role: "state", initialize: () => new Float32Array(4) })
  );
  builder.update(a!, b!.value);
  builder.update(b!, a!.value);
  const planned = plan(builder.build("swap"), { target: fusing });
  const session = new ReferenceSession();
  const executable = session.prepare(planned);
  const place = (path: string) => ({
    dtype: "f32" as const,
    length: 4,
    byteOffset: planned.variables.slots.find((slot) => slot.path === path)!.byteOffset,
  });
  session.write(place("a"), Float32Array.of(1, 2, 3, 4));
  session.write(place("b"), Float32Array.of(5, 6, 7, 8));
  executable.run();
  assertEquals([...session.read(place("a"))], [5, 6, 7, 8]);
  assertEquals([...session.read(place("b"))], [1, 2, 3, 4]);
});

Deno.test("plan() gives an output that is a variable as it was before the step", () => {
  const builder = new GraphBuilder();
  const spec = { shape: [2], dtype: "f32" as const };
  const count = builder.variable("count", { spec, role: "state", initialize: null });
  builder.output("before", count.value);
  builder.update(count, ops.add(count.value, 1));
  const planned = plan(builder.build("count"), { target: fusing });
  verifyPlan(planned, fusing);
  const session = new ReferenceSession();
  const executable = session.prepare(planned);
  executable.run();
  executable.run();
  const [port] = planned.outputs;
  assertEquals([...session.read(planned.buffers[port!.buffer]!)], [1, 1]);
});

Deno.test("plan() names op, device and the file to add when there is no kernel", () => {
  const builder = new GraphBuilder();
  const x = builder.input("x", { shape: [2, 2], dtype: "f32" });
  builder.output("y", builder.at("logits.dense1", () => ops.matmul(x, x)));
  const error = assertThrows(
    () =>
      plan(builder.build("bare"), { target: { ...wasm, device: "tiny", hasKernel: () => false } }),
    Error,
  );
  assertStringIncludes(error.message, '"logits.dense1": Cannot run op "matmul"');
  assertStringIncludes(error.message, "core/devices/tiny/kernels/matmul.ts");
});

Deno.test("layoutVariables() lays optimizer state out in the parameters' order", () => {
  const builder = new GraphBuilder();
  const make = (path: string, of?: string) =>
    builder.variable(path, {
      spec: { shape: [3], dtype: "f32" },
      role: of === undefined ? "parameter" : "state",
      ...(of === undefined ? {} : { of }),
      initialize: null,
    });
  make("w");
  make("b");
  for (const  of of["w", "b"]) for (const state of ["m", "v"]) make(`adam.${state}.${of}`, of);
  assertEquals(layoutVariables(builder.variables, wasm).slots.map((slot) => slot.path), [
    "w",
    "b",
    "adam.m.w",
    "adam.m.b",
    "adam.v.w",
    "adam.v.b",
  ]);
});
