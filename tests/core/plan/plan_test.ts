import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  type Device,
  type Graph,
  GraphBuilder,
  ops,
  PipelineError,
  RandomStream,
  reference,
  sizeOf,
  wasmDevice,
} from "@millrace/millrace";
import { evaluateGraph } from "../../support/evaluate.ts";
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

/** Numbers for a graph's inputs and variables. */
function givenFor({ inputs, variables }: Graph): Record<string, Float64Array> {
  const random = new RandomStream(9, "data");
  const given: Record<string, Float64Array> = {};
  for (const { path: name, spec } of variables) given[name] = normals(sizeOf(spec.shape));
  for (const { name, value } of inputs) given[name] = normals(sizeOf(value.spec.shape));
  return given;

  function normals(length: number): Float64Array {
    return Float64Array.from({ length }, () => Math.fround(random.normal() / 2));
  }
}

/** Runs a plan once; gives its outputs, and the variables after the step. */
async function run(
  device: Device,
  planned: Plan,
  given: Readonly<Record<string, Float64Array>>,
): Promise<Record<string, ArrayLike<number>>> {
  const session = await device.open({ threads: 1 });
  const executable = await session.prepare(planned);
  const slots = planned.variables.slots.map(({ path, spec: { shape }, byteOffset }) => ({
    path,
    place: { dtype: "f32" as const, length: sizeOf(shape), byteOffset },
  }));
  for (const { path, place } of slots) await session.write(place, Float32Array.from(given[path]!));
  for (const { name, buffer } of planned.inputs) {
    session.input(planned.buffers[buffer]!).set(given[name]!);
  }
  await executable.run();
  const read: Record<string, ArrayLike<number>> = {};
  for (const { name, buffer } of planned.outputs) {
    read[name] = await session.read(planned.buffers[buffer]!);
  }
  for (const { path, place } of slots) read[path] = await session.read(place);
  await session.close();
  return read;
}

const ways: readonly (readonly [string, Device, Target])[] = [
  ["op by op", reference, reference.target],
  ["fused", reference, fusing],
  ["on wasm", wasmDevice(), wasm],
];

for (const [name, device, target] of ways) {
  Deno.test(`plan() of 80 random graphs is right ${name}`, async () => {
    for (let seed = 0; seed < 80; seed++) {
      const graph = differentiate(randomGraph(seed).build("random"));
      const given = givenFor(graph);
      const expected = evaluateGraph(graph, given);
      const planned = plan(graph, { target });
      verifyPlan(planned, target);
      for (const [name, values] of Object.entries(await run(device, planned, given))) {
        const wanted = expected[name]?.data ?? given[name]!;
        for (let i = 0; i < wanted.length; i++) {
          const error = Math.abs(values[i]! - wanted[i]!) / Math.max(1, Math.abs(wanted[i]!));
          assert(error < 2e-4, `seed ${seed}, ${name}[${i}]: ${values[i]}, not ${wanted[i]}`);
        }
      }
    }
  });
}

Deno.test("plan() gives updates the values from before the step, whatever their order", async () => {
  const builder = new GraphBuilder();
  const spec = { shape: [2, 3], dtype: "f32" as const };
  const [now, before, flat] = ["now", "before", "flat"].map((path) =>
    builder.variable(path, {
      spec: path === "flat" ? { ...spec, shape: [6] } : spec,
      role: "state",
      initialize: null,
    })
  );
  builder.update(now!, ops.add(now!.value, 1));
  builder.update(before!, now!.value);
  builder.update(flat!, ops.reshape(now!.value, [6]));
  const planned = plan(builder.build("before"), { target: wasm });
  verifyPlan(planned, wasm);
  const given = {
    now: Float64Array.of(1, 2, 3, 4, 5, 6),
    before: new Float64Array(6),
    flat: new Float64Array(6),
  };
  const after = await run(wasmDevice(), planned, given);
  assertEquals([...after["now"] as Float32Array], [2, 3, 4, 5, 6, 7]);
  assertEquals([...after["before"] as Float32Array], [1, 2, 3, 4, 5, 6]);
  assertEquals([...after["flat"] as Float32Array], [1, 2, 3, 4, 5, 6]);
});

Deno.test("plan() does not merge kernels that feed each other", () => {
  const builder = new GraphBuilder();
  const spec = { shape: [256], dtype: "f32" as const };
  const gradients = [builder.input("x", spec)];
  // gradients are kernels of their own, and lie side by side
  const variables = ["a", "b", "c"].map((path) => {
    const variable = builder.variable(path, { spec, role: "parameter", initialize: null });
    gradients.push(ops.sin(gradients.at(-1)!));
    builder.gradient(variable.value, gradients.at(-1)!);
    return variable;
  });
  variables.forEach((variable, i) =>
    builder.update(variable, ops.sub(variable.value, gradients[i + 1]!))
  );
  const planned = plan(builder.build("chain"), { target: wasm });
  verifyPlan(planned, wasm);
  const lengths = planned.commands.map(({ name, kernel: { shape } }) => `${name} ${shape}`);
  assertEquals(lengths, ["sin 256", "sin 256", "sin 256", "sub 768"]);
});

Deno.test("plan() refuses what does not fit the device", () => {
  const builder = new GraphBuilder();
  const x = builder.input("x", { shape: [100_000, 100_000], dtype: "f32" });
  builder.output("y", ops.sin(x));
  const error = assertThrows(() => plan(builder.build("vast"), { target: wasm }), PipelineError);
  assertStringIncludes(error.message, "received 80.0 GB, expected at most 4.29 GB");
});

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
  for (const path of ["w", "b"]) for (const slot of ["m", "v"]) make(`adam.${slot}.${path}`, path);
  assertEquals(layoutVariables(builder.variables, wasm).slots.map((slot) => slot.path), [
    "w",
    "b",
    "adam.m.w",
    "adam.m.b",
    "adam.v.w",
    "adam.v.b",
  ]);
});
