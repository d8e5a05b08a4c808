import { assertEquals } from "@std/assert";
import { GraphBuilder, printGraph } from "../../../core/graph/mod.ts";
import { add, gradient, matmul, mul, neg, reduceSum, relu } from "../../../core/ops/mod.ts";

Deno.test("printGraph() shows inputs, variables, nodes with stages, outputs and updates", () => {
  const builder = new GraphBuilder();
  const x = builder.input("digits.image", { shape: [2, 3], dtype: "f32" });
  const weight = builder.variable("dense1.weight", {
    spec: { shape: [3, 4], dtype: "f32" },
    role: "parameter",
    initialize: null,
  });
  const hidden = builder.at("dense1", () => relu(matmul(x, weight.value)));
  const loss = builder.at("loss", () => reduceSum(hidden, { axes: [0, 1] }));
  const update = builder.at("optimizer", () => {
    const momentum = builder.variable("optimizer.momentum.dense1.weight", {
      spec: weight.spec,
      role: "state",
      of: "dense1.weight",
      initialize: null,
    });
    return add(weight.value, mul(momentum.value, neg(gradient(loss, weight.value))));
  });
  builder.at("dense1", () => builder.output("mask", mul(hidden, 0.5)), { backward: true });
  builder.output("loss", loss);
  builder.update(weight, update);
  assertEquals(
    printGraph(builder.build("train")),
    `graph "train"
  input digits.image : f32[2, 3]
  parameter dense1.weight : f32[3, 4]
  state optimizer.momentum.dense1.weight : f32[3, 4]           # of dense1.weight
  %0 = matmul(digits.image, dense1.weight) : f32[2, 4]         # dense1
  %1 = relu(%0) : f32[2, 4]                                    # dense1
  %2 = reduceSum(%1, axes=[0, 1]) : f32[1, 1]                  # loss
  %3 = reshape(%2, shape=[]) : f32[]                           # loss
  %4 = gradient(%3, dense1.weight) : f32[3, 4]                 # optimizer
  %5 = neg(%4) : f32[3, 4]                                     # optimizer
  %6 = mul(optimizer.momentum.dense1.weight, %5) : f32[3, 4]   # optimizer
  %7 = add(dense1.weight, %6) : f32[3, 4]                      # optimizer
  %8 = mul(%1, 0.5) : f32[2, 4]                                # dense1 (backward)
  output mask = %8
  output loss = %3
  update dense1.weight = %7`,
  );
});
