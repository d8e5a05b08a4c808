import { assertEquals, assertThrows } from "@std/assert";
import { type Graph, GraphBuilder, ops, reference, type Value } from "@millrace/millrace";
import { ReferenceSession } from "../../../core/devices/reference/mod.ts";
import {
  type Operand,
  plainOperand,
  type Plan,
  plan,
  printPlan,
  readsOf,
  type Target,
  verifyPlan,
} from "../../../core/plan/mod.ts";

/** Every byte and every operation takes a nanosecond; kernels compute operands once. */
const target: Target = {
  ...reference.target,
  fuses: true,
  estimateNs: ({ flops, bytes }) => flops + bytes,
};

/** Images of bytes, scaled, in two products: forward, and the gradient of the weight. */
function layer(follow: (pixels: Value, builder: GraphBuilder) => void = () => {}): Graph {
  const builder = new GraphBuilder();
  const images = builder.input("images", { shape: [5, 2, 3], dtype: "u8" });
  const weight = builder.input("weight", { shape: [6, 4], dtype: "f32" });
  const cotangent = builder.input("cotangent", { shape: [5, 4], dtype: "f32" });
  const pixels = ops.div(ops.cast(images, "f32"), 255);
  const flat = ops.reshape(pixels, [5, 6]);
  builder.output("y", ops.matmul(flat, weight));
  builder.output("gradient", ops.matmul(flat, cotangent, { transposeLhs: true }));
  follow(pixels, builder);
  return builder.build("layer");
}

/** Number of operands that are formulas, by command. */
function formulas({ commands }: Plan): number[] {
  return commands.map(({ kernel: { anchor } }) =>
    anchor?.kind === "op" ? anchor.operands.filter((operand) => !("access" in operand)).length : 0
  );
}

function run(graph: Graph, target: Target): Record<string, ArrayLike<number>> {
  const planned = plan(graph, { target });
  verifyPlan(planned, target);
  const session = new ReferenceSession();
  const executable = session.prepare(planned);
  for (const { buffer } of planned.inputs) {
    const window = session.input(planned.buffers[buffer]!);
    for (let i = 0; i < window.length; i++) window[i] = i * 37 % 101;
  }
  executable.run();
  return Object.fromEntries(
    planned.outputs.map(({ name, buffer }) => [name, session.read(planned.buffers[buffer]!)]),
  );
}

Deno.test("plan() lets both products compute the bytes that they read, and keeps no floats", () => {
  const planned = plan(layer(), { target });
  assertEquals(formulas(planned), [1, 1]);
  assertEquals(planned.regionBytes.workspace, 0);
  assertEquals(
    planned.commands.map(({ kernel }) =>
      readsOf(kernel).map(({ access }) => planned.buffers[access.buffer]!.name)
    ),
    [["images", "weight"], ["images", "cotangent"]],
  );
  // two products of 120 multiply-adds, and a division for each of 30 elements in each of them
  assertEquals(planned.commands.map(({ flops }) => flops), [270, 270]);
  const [line] = printPlan(planned).split("\n").filter((line) => line.includes("images, weight"));
  assertEquals(line?.trim(), "images, weight -> y");
  assertEquals(run(layer(), target), run(layer(), { ...target, operandReads: () => Infinity }));
});

Deno.test("plan() keeps floats that a product would compute too often", () => {
  assertEquals(formulas(plan(layer(), { target: { ...target, operandReads: () => 20 } })), [
    0,
    0,
    0,
  ]);
});

Deno.test("plan() keeps floats for all readers where one cannot compute them", () => {
  const half: Target = {
    ...target,
    operandReads: (_, { params }) => isTransposed(params) ? Infinity : 1,
  };
  assertEquals(formulas(plan(layer(), { target: half })), [0, 0, 0]);
});

Deno.test("plan() keeps floats that are read as an output", () => {
  const graph = layer((pixels, builder) => builder.output("pixels", pixels));
  assertEquals(formulas(plan(graph, { target })), [0, 0, 0]);
});

Deno.test("plan() gives no operand of two tensors, of places, or of what the step overwrites", () => {
  const product = (build: (builder: GraphBuilder) => Value) => {
    const builder = new GraphBuilder();
    const weight = builder.input("weight", { shape: [6, 4], dtype: "f32" });
    builder.output("y", ops.matmul(build(builder), weight));
    return formulas(plan(builder.build("product"), { target })).at(-1);
  };
  const spec = { shape: [5, 6], dtype: "f32" as const };
  const input = (builder: GraphBuilder, name: string) => builder.input(name, spec);
  assertEquals(product((b) => ops.mul(input(b, "a"), 2)), 1);
  assertEquals(product((b) => ops.mul(input(b, "a"), input(b, "b"))), 0);
  assertEquals(
    product((b) => ops.add(input(b, "a"), ops.iota(b, { ...spec, axis: 1 }))),
    0,
  );
  assertEquals(product((b) => ops.exp(input(b, "a"))), 0);
  assertEquals(
    product((b) => {
      const state = b.variable("state", { spec, role: "state", initialize: null });
      b.update(state, ops.add(state.value, 1));
      return ops.mul(state.value, 2);
    }),
    0,
  );
});

Deno.test("plainOperand() refuses a formula", () => {
  const formula = plan(layer(), { target }).commands[0]!.kernel.anchor as {
    operands: readonly Operand[];
  };
  assertThrows(
    () => plainOperand(formula.operands[0]!),
    TypeError,
    "Cannot read an operand as it lies in memory: received a formula, expected an access",
  );
});

function isTransposed(params: unknown): boolean {
  return (params as { transposeLhs?: boolean }).transposeLhs === true;
}
