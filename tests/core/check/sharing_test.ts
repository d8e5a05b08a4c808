import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { z } from "zod";
import {
  adam,
  add,
  type AnyTensor,
  arrays,
  backward,
  concatenate,
  defineLayer,
  dense,
  describePipeline,
  dropout,
  freeze,
  functional,
  meanSquaredError,
  ops,
  type Pipeline,
  pipeline,
  type PipelineOptions,
  predict,
  sequential,
  standardize,
  stopGradient,
  type Tensor,
  train,
} from "@millrace/millrace";
import { check, traceFor } from "../../../core/check/mod.ts";

const table = arrays({ a: [[0, 1], [1, 0]], b: [[1, 1], [2, 2]], wide: [[0, 1, 2], [3, 4, 5]] });

/** What a check says of a pipeline, or `""`. */
function complaint(pipeline: Pipeline, set = {}): string {
  try {
    check(pipeline, set);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

function declare(parts: Pick<PipelineOptions, "stages" | "layers">): Pipeline {
  return pipeline({ name: "shared", ...parts });
}

function paths(pipeline: Pipeline): string[] {
  return check(pipeline).variables.map(({ path }) => path);
}

/** A layer that moves its input by a mean that it gathers while training: `mean′ = mean + Σ x`. */
const gathering = defineLayer<(x: AnyTensor) => AnyTensor>()({
  name: "gathering",
  config: z.object({}),
  build: ({ x }, context) => {
    const mean = context.state("mean", { shape: [] });
    context.update(mean, ops.add(mean.value, ops.reduceSum(x)));
    return ops.add(x, mean.value);
  },
  buildInference: ({ x }, context) => ops.add(x, context.state("mean", { shape: [] }).value),
});

Deno.test("a layer that is called twice has its parameters once, below the first stage that calls it", () => {
  const layer = dense(3);
  assertEquals(paths(declare({ stages: { left: layer(table.a), right: layer(table.b) } })), [
    "left.weight",
    "left.bias",
  ]);
  assertEquals(
    paths(declare({ stages: { left: dense(3)(table.a), right: dense(3)(table.b) } })),
    ["left.weight", "left.bias", "right.weight", "right.bias"],
  );
});

Deno.test("a layer with a name of its own has its parameters below that", () => {
  const encoder = sequential(dense(3), dropout(0.1), dense(2));
  const declared = declare({
    layers: { encoder },
    stages: { left: encoder(table.a), right: freeze(encoder)(table.b) },
  });
  assertEquals(paths(declared), [
    "encoder.dense1.weight",
    "encoder.dense1.bias",
    "encoder.dense2.weight",
    "encoder.dense2.bias",
  ]);
  const { stages } = describePipeline(check(declared).resolved);
  const right = stages.find(({ name }) => name === "right")!;
  assertEquals([right.layer, right.frozen], ["encoder", true]);
  assertEquals(right.children!.map(({ layer, frozen }) => [layer, frozen])[0], [
    "encoder.dense1",
    true,
  ]);
});

Deno.test("a layer that is repeated inside a sequence shares its parameters", () => {
  const block = dense(2, { activation: "tanh" });
  assertEquals(paths(declare({ stages: { deep: sequential(block, block)(table.a) } })), [
    "deep.dense1.weight",
    "deep.dense1.bias",
  ]);
});

Deno.test("predict() finds the parameters of a stage whose layer belongs to another", async () => {
  const layer = dense(1, { kernelInitializer: "ones" });
  const [left, right] = [layer(table.a), layer(table.b)];
  const loss = meanSquaredError()({ predictions: left, targets: right });
  const declared = declare({
    stages: { table, left, right, loss, fit: adam()(backward()(loss)) },
  });
  const { model } = await train(declared);
  const { values } = await predict(declared, {
    model,
    output: "right",
    records: { "table.b": { dtype: "f32", shape: [1, 2], data: Float32Array.of(1, 0) } },
  });
  assertEquals(
    values.data[0],
    Math.fround(model.tensors["left.weight"]!.data[0]! + model.tensors["left.bias"]!.data[0]!),
  );
});

Deno.test("--set sets a shared layer at the one place that it has", () => {
  const layer = dense(3);
  const declared = declare({ stages: { left: layer(table.a), right: layer(table.b) } });
  assertEquals(check(declared, { "left.units": 5 }).variables[0]!.spec.shape, [2, 5]);
  assertStringIncludes(
    complaint(declared, { "right.units": 5 }),
    '"right.units": Cannot set this: "right" has the layer of "left"',
  );
  const named = declare({ layers: { encoder: layer }, stages: { left: layer(table.a) } });
  assertEquals(check(named, { "encoder.units": 5 }).variables[0]!.spec.shape, [2, 5]);
});

Deno.test("check() refuses a shared layer over inputs that need other parameters", () => {
  const layer = dense(3) as (x: AnyTensor) => AnyTensor;
  assertStringIncludes(
    complaint(declare({ stages: { left: layer(table.a), right: layer(table.wide) } })),
    '"left.weight": Cannot share this: the stages with its layer need it in different shapes: ' +
      "received f32[3, 3], expected f32[2, 3]",
  );
  const sum = add()([layer(table.a), layer(table.wide)]);
  assertStringIncludes(
    complaint(declare({ stages: { sum } })),
    '"dense2": Cannot share "dense.weight": received f32[3, 3], expected f32[2, 3], ' +
      "as where the layer is first called",
  );
});

Deno.test("check() refuses names of layers that are taken, and layers that are none or not called", () => {
  const layer = dense(3);
  assertStringIncludes(
    complaint(declare({ layers: { left: layer }, stages: { left: layer(table.a) } })),
    '"layers.left": Cannot use this name for a layer: a stage has it',
  );
  assertStringIncludes(
    complaint(declare({ layers: { "a.b": layer }, stages: { left: layer(table.a) } })),
    '"layers.a.b": Cannot use this name for a layer',
  );
  assertStringIncludes(
    complaint(declare({ layers: { other: layer }, stages: { left: dense(3)(table.a) } })),
    '"layers.other": Cannot use this layer: no stage calls it',
  );
  assertStringIncludes(
    complaint(declare({ layers: { loss: meanSquaredError() }, stages: { left: layer(table.a) } })),
    '"layers.loss": Cannot use this entry of layers: it is no layer',
  );
});

Deno.test("a transform that is called twice is fitted once, to what its first call reads", async () => {
  const scale = standardize();
  const [a, b] = [scale(table.a), scale(table.b)];
  const line = dense(1)(add()([a, b]));
  const loss = meanSquaredError()({ predictions: line, targets: dense(1)(b) });
  const fitted: string[] = [];
  const { model } = await train(
    declare({ stages: { a, b, line, fit: adam()(backward()(loss)) } }),
    { onEvent: (event) => event.kind === "fit" && fitted.push(event.stage) },
  );
  assertEquals(fitted, ["a"]);
  assertEquals([...model.tensors["a.mean"]!.data], [0.5, 0.5]);
  assertEquals(model.tensors["b.mean"], undefined);
});

Deno.test("state of a shared layer goes on from call to call within a step", async () => {
  const layer = gathering({}) as <X>(x: X) => X;
  const [left, right] = [layer(table.a), layer(table.b)];
  const line = dense(1)(add()([left, right]));
  const loss = meanSquaredError()({ predictions: line, targets: dense(1)(table.a) });
  const { model } = await train(
    declare({ stages: { left, right, line, fit: adam()(backward()(loss)) } }),
  );
  assertEquals(model.tensors["left.mean"]!.data[0], 2 + 6);
});

Deno.test("freeze() keeps parameters and state, and builds as for unseen data", async () => {
  const branch = freeze(sequential(dense(2, { kernelInitializer: "ones" }), dropout(0.9)));
  const state = freeze(gathering({}) as <X>(x: X) => X);
  const hidden = branch(state(table.a));
  const line = dense(1, { kernelInitializer: "ones" })(hidden);
  const loss = meanSquaredError()({ predictions: line, targets: dense(1)(table.a) });
  const declared = declare({ stages: { hidden, line, fit: adam()(backward()(loss)) } });
  const { graph } = traceFor(check(declared), { purpose: "train", batchSize: 2 });
  assert(!graph.nodes.some(({ op }) => op.name === "randomUniform"));
  const { model } = await train(declared);
  assertEquals([...model.tensors["hidden.dense.weight"]!.data], [1, 1, 1, 1]);
  assertEquals(model.tensors["gathering.mean"]!.data[0], 0);
  assert(model.tensors["line.weight"]!.data[0] !== 1);
});

Deno.test("gradients pass through a frozen layer, and not through stopGradient()", () => {
  const trained = (layer: (x: Tensor<readonly ["batch", 2]>) => Tensor<readonly ["batch", 1]>) => {
    const first = dense(2)(table.a);
    const loss = meanSquaredError()({ predictions: layer(first), targets: dense(1)(table.b) });
    const declared = declare({ stages: { first, loss, fit: adam()(backward()(loss)) } });
    const { graph } = traceFor(check(declared), { purpose: "train", batchSize: 2 });
    return graph.updates.filter(({ variable }) => variable.role === "parameter")
      .map(({ variable }) => variable.path);
  };
  const other = ["dense2.weight", "dense2.bias"];
  assertEquals(trained(freeze(dense(1))), ["first.weight", "first.bias", ...other]);
  assertEquals(trained(sequential(stopGradient() as <X>(x: X) => X, dense(1))), [
    "sequential.dense.weight",
    "sequential.dense.bias",
    "dense.weight",
    "dense.bias",
  ]);
});

Deno.test("backward() tells when all that a loss depends on is frozen", () => {
  const line = freeze(dense(1))(table.a);
  const loss = meanSquaredError()({ predictions: line, targets: freeze(dense(1))(table.b) });
  assertStringIncludes(
    complaint(declare({ stages: { line, fit: adam()(backward()(loss)) } })),
    "Cannot differentiate the loss: it depends on no parameter",
  );
});

Deno.test("freeze() refuses what is no layer", () => {
  const message = "Cannot freeze this: expected a layer or transform, as dense(10) makes one";
  assertThrows(() => freeze(meanSquaredError()), TypeError, message);
  assertThrows(() => freeze((() => 1) as never), TypeError, message);
});

Deno.test("functional() names layers after their kinds, in the order of its graph", () => {
  const block = functional((x: Tensor<readonly ["batch", 2]>) => {
    const shared = dense(2);
    return concatenate()([shared(x), add()([x, shared(dense(2)(x))])]);
  });
  const declared = declare({ stages: { first: block(table.a), second: freeze(block)(table.b) } });
  assertEquals(paths(declared), [
    "first.dense1.weight",
    "first.dense1.bias",
    "first.dense2.weight",
    "first.dense2.bias",
  ]);
  const [, first] = describePipeline(check(declared).resolved).stages;
  assertEquals((first!.config as { wires: unknown }).wires, {
    dense1: { x: "x" },
    dense2: { x: "x" },
    dense3: { x: "dense2" },
    add: { x1: "x", x2: "dense3" },
    concatenate: { x1: "dense1", x2: "add" },
  });
});

Deno.test("functional() refuses what does not belong inside, and gives the place of a wrong shape", () => {
  assertThrows(
    () => functional((x: Tensor<readonly ["batch", 2]>) => add()([x, table.a])),
    TypeError,
    'Cannot use "arrays" inside a function of layers',
  );
  assertThrows(
    () => functional((_: Tensor<readonly ["batch", 2]>) => 3 as never),
    TypeError,
    "Cannot use this function of layers: it gives no handle of a tensor",
  );
  const block = functional((x: AnyTensor) => add()([dense(3)(x), dense(4)(x) as AnyTensor]));
  assertStringIncludes(
    complaint(declare({ stages: { block: block(table.a) } })),
    '"block.add": Cannot compute "add": x2 is f32[32, 4], expected f32[32, 3] as x1',
  );
});
