import { assertEquals, assertThrows } from "@std/assert";
import { GraphBuilder, printGraph, rewrite, verifyGraph } from "../../../core/graph/mod.ts";
import { add, exp, expOp, mul, neg, negOp, reshape, sub } from "../../../core/ops/mod.ts";
import { evaluateGraph } from "../../support/evaluate.ts";

function sample() {
  const builder = new GraphBuilder();
  const x = builder.input("x", { shape: [2], dtype: "f32" });
  const w = builder.variable("w", {
    spec: { shape: [2], dtype: "f32" },
    role: "parameter",
    initialize: () => new Float32Array(2),
  });
  const m = builder.variable("m", { spec: w.spec, role: "state", of: "w", initialize: null });
  const y = builder.at("stage", () => exp(mul(x, w.value)));
  const back = builder.at("stage", () => neg(y), { backward: true });
  builder.output("y", add(back, 1));
  builder.update(w, sub(w.value, m.value));
  builder.gradient(w.value, back);
  return builder.build("sample");
}

Deno.test("rewrite() without replacements gives the same graph in a new builder", () => {
  const graph = sample();
  const same = rewrite(graph, () => undefined);
  verifyGraph(same);
  assertEquals(printGraph(same), printGraph(graph));
  assertEquals(same.inputs[0]!.value.builder === graph.inputs[0]!.value.builder, false);
  assertEquals(same.variables.map(({ path, role, of }) => [path, role, of]), [
    ["w", "parameter", undefined],
    ["m", "state", "w"],
  ]);
  assertEquals(same.variables[0]!.initialize?.(0), new Float32Array(2));
  assertEquals(same.gradients.map(({ of }) => of), ["w"]);
});

Deno.test("rewrite() replaces nodes, at the stage of the node replaced", () => {
  const graph = sample();
  const rewritten = rewrite(
    graph,
    (node, [x]) => node.op === negOp ? sub(0, x!) : undefined,
  );
  verifyGraph(rewritten);
  const replaced = rewritten.nodes.find((node) => node.op.name === "sub" && node.backward);
  assertEquals(replaced?.path, "stage");
  assertEquals(rewritten.nodes.some((node) => node.op === negOp), false);
  const given = { x: [1, 2], w: [0.5, -1], m: [0, 0] };
  assertEquals(evaluateGraph(rewritten, given), evaluateGraph(graph, given));
});

Deno.test("rewrite() can take a node's input for the node", () => {
  const rewritten = rewrite(sample(), (node, [x]) => node.op === expOp ? x : undefined);
  verifyGraph(rewritten);
  const given = { x: [1, 2], w: [3, 4], m: [1, 1] };
  const { y, w } = evaluateGraph(rewritten, given);
  assertEquals([[...y!.data], [...w!.data]], [[-2, -7], [2, 3]]);
});

Deno.test("rewrite() rejects a replacement of another shape", () => {
  assertThrows(
    () => rewrite(sample(), (node, [x]) => node.op === expOp ? reshape(x!, [1, 2]) : undefined),
    TypeError,
    'Cannot replace "exp": received f32[1, 2], expected f32[2]',
  );
});
