import { assertEquals } from "@std/assert";
import {
  devices,
  type Graph,
  GraphBuilder,
  ops,
  reference,
  type Shape,
  type Value,
} from "@millrace/millrace";
import { plan, readsOf, type Target, verifyPlan } from "../../../core/plan/mod.ts";
import { evaluateGraph } from "../../support/evaluate.ts";
import { ReferenceSession } from "../../../core/devices/reference/mod.ts";

const wasm = devices.find((device) => device.name === "wasm")!.target;
const fusing: Target = { ...reference.target, fuses: true };

/** Builds a graph of f32 inputs with one output. */
function graphOf(
  shapes: Readonly<Record<string, Shape>>,
  build: (inputs: Record<string, Value>, builder: GraphBuilder) => Value,
): Graph {
  const builder = new GraphBuilder();
  const inputs = Object.fromEntries(
    Object.entries(shapes).map((
      [name, shape],
    ) => [name, builder.input(name, { shape, dtype: "f32" })]),
  );
  builder.output("y", build(inputs, builder));
  return builder.build("test");
}

/**
 * The commands of a graph's plan, as `name [shape] <- buffers read`. The plan of the same
 * graph is run on the reference, and its output compared with the graph evaluated node by node.
 */
function commandsOf(graph: Graph, target: Target = wasm): string[] {
  const given = Object.fromEntries(
    graph.inputs.map(({ name, value }) => [
      name,
      Float64Array.from(
        { length: value.spec.shape.reduce((a, b) => a * b, 1) },
        (_, i) => (i * 7 % 11 - 5) / 4,
      ),
    ]),
  );
  const expected = evaluateGraph(graph, given)["y"]!.data;
  const fused = plan(graph, { target: fusing });
  verifyPlan(fused, fusing);
  const session = new ReferenceSession();
  const executable = session.prepare(fused);
  for (const { name, buffer } of fused.inputs) {
    session.input(fused.buffers[buffer]!).set(given[name]!);
  }
  executable.run();
  const computed = session.read(fused.buffers[fused.outputs[0]!.buffer]!);
  assertEquals(computed, Float32Array.from(expected));

  const planned = plan(graph, { target });
  verifyPlan(planned, target);
  return planned.commands.map(({ name, kernel }) => {
    const reads = readsOf(kernel).map(({ access }) => planned.buffers[access.buffer]!.name);
    return `${name} [${kernel.shape}] <- ${[...new Set(reads)].join(", ")}`;
  });
}

Deno.test("fuse() makes no kernel of constants, whatever is computed of them", () => {
  const graph = graphOf({ x: [4, 6] }, ({ x }) => {
    const rate = ops.div(ops.neg(ops.constantLike(x!, 3)), 24);
    return ops.sub(x!, ops.broadcastTo(ops.mul(rate, 2), [4, 6]));
  });
  assertEquals(commandsOf(graph), ["sub [4,6] <- x"]);
});

Deno.test("fuse() counts places in the kernel that reads the count, through any view", () => {
  const graph = graphOf({ x: [4, 6] }, ({ x }, builder) => {
    const count = (shape: Shape, axis: number) => ops.iota(builder, { shape, axis, dtype: "f32" });
    const columns = count([6], 0);
    const turned = ops.transpose(count([6, 4], 0));
    const cut = ops.slice(count([9, 6], 0), { start: [2, 0], sizes: [4, 6], strides: [2, 1] });
    const merged = ops.reshape(count([24], 0), [4, 6]);
    return [columns, turned, cut, merged].reduce((sum, part) => ops.add(sum, part), x!);
  });
  assertEquals(commandsOf(graph), ["add + add + add + add [4,6] <- x"]);
});

Deno.test("fuse() counts places in the shape that the count has", () => {
  const graph = graphOf({ x: [24] }, ({ x }, builder) => {
    const columns = ops.iota(builder, { shape: [4, 6], axis: 1, dtype: "f32" });
    return ops.mul(x!, ops.reshape(columns, [24]));
  });
  assertEquals(commandsOf(graph), ["iota + mul [4,6] <- x"]);
});

Deno.test("fuse() takes a node that comes to its operand for the operand", () => {
  const graph = graphOf({ x: [4, 6], y: [6, 4] }, ({ x, y }) => {
    const same = ops.div(ops.mul(ops.neg(x!), -1), 1);
    return ops.add(ops.transpose(same), ops.neg(ops.neg(y!)));
  });
  assertEquals(commandsOf(graph), ["add [6,4] <- x, y"]);
});

Deno.test("fuse() runs chains across reshapes in one kernel", () => {
  const chain = graphOf({ x: [4, 6] }, ({ x }) => {
    let value = x!;
    for (const shape of [[24], [3, 8], [2, 2, 6], [6, 4]]) {
      value = ops.sin(ops.reshape(value, shape));
    }
    return value;
  });
  assertEquals(commandsOf(chain), ["sin + sin + sin + sin [24] <- x"]);
});

Deno.test("fuse() splits axes where two shapes meet, and computes the same there", () => {
  const graph = graphOf({ x: [4, 6], rows: [4, 1], halves: [8, 1] }, ({ x, rows, halves }, b) => {
    const spread = ops.mul(ops.sin(x!), rows!);
    const counted = ops.add(spread, ops.iota(b, { shape: [4, 6], axis: 1, dtype: "f32" }));
    return ops.add(ops.reshape(counted, [8, 3]), halves!);
  });
  assertEquals(commandsOf(graph), ["sin + mul + add + add [4,2,3] <- x, rows, halves"]);
});

Deno.test("fuse() keeps kernels apart whose shapes have no axes in common", () => {
  const graph = graphOf(
    { x: [4, 6], a: [4, 1], b: [6, 1] },
    ({ x, a, b }) => ops.add(ops.reshape(ops.mul(x!, a!), [6, 4]), b!),
  );
  assertEquals(commandsOf(graph), ["mul [4,6] <- x, a", "add [6,4] <- :1, b"]);
});

Deno.test("fuse() draws the input of a reduction into it, across views", () => {
  const over = (axes: number[], view: (x: Value) => Value) =>
    commandsOf(graphOf({ x: [4, 6], w: [4, 1] }, ({ x, w }) => {
      return ops.reduceSum(view(ops.mul(x!, w!)), { axes });
    }));
  assertEquals(over([1], (x) => x), ["reduceSum [4,1] <- x, w"]);
  assertEquals(over([0], (x) => ops.transpose(x)), ["reduceSum [1,4] <- x, w"]);
  assertEquals(over([1], (x) => ops.reshape(x, [12, 2])), ["reduceSum [4,3,1] <- x, w"]);
  assertEquals(over([0], (x) => ops.reshape(x, [8, 3])), ["reduceSum [1,1,3] <- x, w"]);
  assertEquals(
    over([0], (x) => ops.slice(x, { start: [1, 2], sizes: [3, 4] })),
    ["reduceSum [1,4] <- x, w"],
  );
});

Deno.test("fuse() makes no reduction over axes of one element", () => {
  const graph = graphOf(
    { x: [4, 1] },
    ({ x }) =>
      ops.add(ops.reduceSum(ops.square(x!), { axes: [1] }), ops.reduceMax(x!, { axes: [1] })),
  );
  assertEquals(commandsOf(graph), ["mul + reduceSum + add [4,1] <- x"]);
});

Deno.test("fuse() takes a mean off again rather than keep what is left", () => {
  const normalized = (rows: number) =>
    commandsOf(graphOf({ x: [rows, 5] }, ({ x }) => {
      const mean = ops.mean(x!, { axes: [0], keepDims: true });
      const deviation = ops.sub(x!, mean);
      return ops.div(
        deviation,
        ops.reduceSum(ops.square(deviation), { axes: [0], keepDims: true }),
      );
    })).length;
  // the sum, the sum of squares, and the quotient
  assertEquals([normalized(4), normalized(8)], [3, 3]);
});

Deno.test("fuse() compares again rather than keep a mask of what is kept", () => {
  const graph = graphOf({ x: [8, 16], w: [16, 16] }, ({ x, w }) => {
    const hidden = ops.relu(ops.matmul(x!, w!));
    const mask = ops.greater(hidden, 0);
    const next = ops.matmul(hidden, w!);
    return ops.mul(ops.matmul(next, w!), mask);
  });
  assertEquals(commandsOf(graph), [
    "matmul + relu [8,16] <- x, w",
    "matmul [8,16] <- :1, w",
    "less + matmul + mul [8,16] <- :2, w, :1",
  ]);
});

Deno.test("fuse() converts labels wherever they are read, and never spreads them into memory", () => {
  const builder = new GraphBuilder();
  const labels = builder.input("labels", { shape: [8], dtype: "u8" });
  const scores = builder.input("scores", { shape: [8, 4], dtype: "f32" });
  const mask = ops.oneHot(labels, 4);
  const chosen = ops.reduceSum(ops.where(mask, scores, 0), { axes: [1], keepDims: true });
  builder.output("y", ops.mul(ops.exp(ops.sub(scores, chosen)), mask));
  assertEquals(commandsOf(builder.build("labels")), [
    "reduceSum [8,1] <- labels, scores",
    "cast + equal + sub + exp + mul [8,4] <- scores, :1, labels",
  ]);
});

Deno.test("fuse() computes a number in each kernel that needs it", () => {
  const graph = graphOf({ t: [], x: [4, 6], w: [6, 6] }, ({ t, x, w }) => {
    const rate = ops.sub(1, ops.pow(ops.constantLike(t!, 0.5), t!));
    const product = ops.matmul(ops.mul(x!, rate), w!);
    return ops.add(ops.transpose(ops.sin(product)), ops.reshape(ops.div(x!, rate), [6, 4]));
  });
  const commands = commandsOf(graph);
  assertEquals(commands.filter((command) => command.includes("[] <-")), []);
});

Deno.test("fuse() keeps what would make a larger value live on", () => {
  const graph = graphOf({ x: [16, 16], w: [16, 16] }, ({ x, w }) => {
    const sums = ops.reduceSum(ops.matmul(x!, w!), { axes: [1], keepDims: true });
    const kept = ops.neg(ops.neg(ops.sin(sums)));
    return ops.mul(ops.matmul(ops.broadcastTo(kept, [16, 16]), w!), kept);
  });
  assertEquals(commandsOf(graph)[1], "reduceSum + sin [16,1] <- :1");
});

Deno.test("fuse() has contractions read transposed and cut operands where they lie", () => {
  const graph = graphOf({ x: [6, 4], w: [9, 8] }, ({ x, w }) => {
    const cut = ops.slice(w!, { start: [1, 2], sizes: [6, 5] });
    return ops.matmul(ops.transpose(x!), cut);
  });
  assertEquals(commandsOf(graph), ["matmul [4,5] <- x, w"]);
});

Deno.test("fuse() copies operands for kernels that read no strides", () => {
  const graph = graphOf({ x: [6, 4], w: [6, 5] }, ({ x, w }) => ops.matmul(ops.transpose(x!), w!));
  assertEquals(commandsOf(graph, { ...wasm, readsStrides: () => false }), [
    "copy [4,6] <- x",
    "matmul [4,5] <- :1, w",
  ]);
});

Deno.test("fuse() keeps gradients side by side, also one that comes to another value", () => {
  const builder = new GraphBuilder();
  const spec = { shape: [3, 5], dtype: "f32" as const };
  const x = builder.input("x", spec);
  const updates = ["a", "b"].map((path) => {
    const variable = builder.variable(path, { spec, role: "parameter", initialize: null });
    const gradient = ops.mul(ops.exp(ops.mul(x, variable.value)), 1);
    builder.gradient(variable.value, gradient);
    return { variable, gradient };
  });
  for (const { variable, gradient } of updates) {
    builder.update(variable, ops.sub(variable.value, gradient));
  }
  const planned = plan(builder.build("gradients"), { target: wasm });
  assertEquals(planned.commands.map(({ name }) => name), ["mul + exp", "mul + exp", "sub"]);
});

Deno.test("fuse() takes what stands before a number it needs into the kernel behind it", () => {
  const builder = new GraphBuilder();
  const variable = (path: string, shape: Shape) =>
    builder.variable(path, { spec: { shape, dtype: "f32" }, role: "state", initialize: null });
  const x = builder.input("x", { shape: [3, 5], dtype: "f32" });
  const [mean, param, count] = [
    variable("mean", [3, 5]),
    variable("param", [3, 5]),
    variable("count", []),
  ];
  const next = ops.add(ops.mul(mean!.value, 0.5), x);
  const counted = ops.add(count!.value, 1);
  builder.update(mean!, next);
  builder.update(count!, counted);
  builder.update(param!, ops.sub(param!.value, ops.div(next, ops.sqrt(counted))));
  const planned = plan(builder.build("late number"), { target: wasm });
  verifyPlan(planned, wasm);
  assertEquals(planned.commands.map(({ name }) => name), [
    "add",
    "sqrt + mul + add + div + sub",
  ]);
});
