import { assertThrows } from "@std/assert";
import { type Graph, GraphBuilder, type Node, verifyGraph } from "../../../core/graph/mod.ts";
import { exp, matmul, neg } from "../../../core/ops/mod.ts";

/** `y = -exp(x)`, `w <- exp(w)` */
function sample(): Graph {
  const builder = new GraphBuilder();
  const w = builder.variable("w", {
    spec: { shape: [3], dtype: "f32" },
    role: "parameter",
    initialize: null,
  });
  builder.output("y", neg(exp(builder.input("x", { shape: [2], dtype: "f32" }))));
  builder.update(w, exp(w.value));
  return builder.build("sample");
}

/** A node whose output has another spec. */
function withSpec(node: Node, shape: readonly number[]): Node {
  const made = { ...node, output: { ...node.output, spec: { shape, dtype: "f32" as const } } };
  Object.assign(made.output, { source: { kind: "node", node: made } });
  return made;
}

Deno.test("verifyGraph() accepts what a builder makes", () => {
  verifyGraph(sample());
});

Deno.test("verifyGraph() finds nodes before what they read", () => {
  const graph = sample();
  assertThrows(
    () => verifyGraph({ ...graph, nodes: graph.nodes.toReversed() }),
    RangeError,
    'Cannot use graph "sample":\nnode 1 (neg) reads input 0 before it is made',
  );
});

Deno.test("verifyGraph() finds specs that the op does not infer, and ops that do not fit", () => {
  const graph = sample();
  const [first, ...rest] = graph.nodes as [Node, ...Node[]];
  const wrong = withSpec(first, [9]);
  assertThrows(
    () => verifyGraph({ ...graph, nodes: [wrong, ...rest] }),
    RangeError,
    "node 0 (exp) has f32[9], infers f32[2]",
  );
  const builder = new GraphBuilder();
  const [a, b] = [[2, 3], [3, 4]].map((shape, i) =>
    builder.input(`x${i}`, { shape, dtype: "f32" })
  );
  builder.output("y", matmul(a!, b!));
  const product = builder.build("product");
  const [node] = product.nodes as [Node];
  assertThrows(
    () => verifyGraph({ ...product, nodes: [{ ...node, inputs: [a!, a!] }] }),
    RangeError,
    "infers nothing: Cannot multiply f32[2, 3] · f32[2, 3]: the inner axes are 3 and 2",
  );
});

Deno.test("verifyGraph() lists all violations: names, ends, values of other graphs", () => {
  const graph = sample();
  const other = sample();
  const broken: Graph = {
    ...graph,
    inputs: [...graph.inputs, ...graph.inputs],
    variables: [],
    outputs: [...graph.outputs, { name: "z", value: other.outputs[0]!.value }],
    gradients: [{ of: "v", value: graph.outputs[0]!.value }],
  };
  const error = assertThrows(() => verifyGraph(broken), RangeError);
  for (
    const line of [
      'input "x" appears twice',
      "reads input 0 before it is made",
      'output "z" has a value that is not of the graph',
      'update of "w": the graph has no such variable',
      'gradient by "v": the graph has no such variable',
    ]
  ) {
    if (!error.message.includes(line)) throw new Error(`${line} is not in:\n${error.message}`);
  }
  assertThrows(
    () => verifyGraph({ ...graph, inputs: [...graph.inputs, ...other.inputs] }),
    RangeError,
    "values belong to 2 builders, expected one",
  );
});

Deno.test("verifyGraph() finds updates and gradients of another shape", () => {
  const graph = sample();
  const [variable] = graph.variables;
  const { value } = graph.outputs[0]!;
  assertThrows(
    () => verifyGraph({ ...graph, updates: [{ variable: variable!, value }] }),
    RangeError,
    'update of "w" has f32[2], the variable f32[3]',
  );
});
