import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ops, type Value } from "../../../core/mod.ts";
import {
  averagePool2d,
  conv2d,
  dense,
  dropout,
  flatten,
  maxPool2d,
  relu,
  reshape,
  sequential,
  softmax,
} from "../../../plugins/layers/mod.ts";
import { buildStage, Laboratory } from "../../support/build_stage.ts";
import { assertClose } from "../../golden/golden.ts";

/** A variable of normal-looking numbers: `sin(0), sin(1), …`. */
function waves(laboratory: Laboratory, shape: readonly number[]): Value {
  const length = shape.reduce((product, size) => product * size, 1);
  const data = Array.from({ length }, (_, i) => Math.sin(i));
  return laboratory.variable("x", { shape, data }).value;
}

Deno.test("dropout() zeroes a share of the elements and widens the others, anew at each step", () => {
  const laboratory = new Laboratory();
  const x = laboratory.variable("x", { shape: [100, 50], data: new Array(5000).fill(1) }).value;
  const { output } = buildStage<Value>(laboratory, dropout(0.2), { x });
  laboratory.builder.output("output", output);
  laboratory.builder.output("gradient", ops.gradient(ops.reduceSum(output), x));
  const step = laboratory.prepare();
  const first = step().outputs;
  const second = step().outputs;
  for (const { output, gradient } of [first, second]) {
    assertEquals(new Set(output), new Set([0, 1.25]));
    assertAlmostEquals(output!.filter((y) => y === 0).length / 5000, 0.2, 0.02);
    assertEquals(gradient, output);
  }
  assert(first.output!.some((y, i) => y !== second.output![i]));
});

Deno.test("dropout() is absent from inference", () => {
  const laboratory = new Laboratory();
  const x = waves(laboratory, [2, 3]);
  const { output } = buildStage<Value>(laboratory, dropout(0.5), { x }, { inference: true });
  assertEquals(output, x);
});

Deno.test("dropout() of rate 0 is absent", () => {
  const laboratory = new Laboratory();
  const x = waves(laboratory, [2, 3]);
  assertEquals(buildStage<Value>(laboratory, dropout(0), { x }).output, x);
});

Deno.test("dense() takes an activation function written in ops", () => {
  const laboratory = new Laboratory();
  const x = waves(laboratory, [2, 3]);
  const weight = { shape: [3, 1], data: [1, 2, 3] };
  const layer = dense(1, { activation: (sums) => ops.square(sums), useBias: false });
  const { output } = buildStage<Value>(laboratory, layer, { x }, { parameters: { weight } });
  laboratory.builder.output("output", output);
  const sum = (row: number) => [1, 2, 3].reduce((s, w, i) => s + w * Math.sin(3 * row + i), 0);
  assertClose(laboratory.run().output!, [sum(0) ** 2, sum(1) ** 2]);
});

Deno.test("dense() draws its weight by Glorot and begins with a bias of 0", () => {
  const laboratory = new Laboratory();
  const x = waves(laboratory, [2, 20]);
  const { parameters } = buildStage(laboratory, dense(30), { x });
  laboratory.builder.output("weight", parameters.weight!.value);
  laboratory.builder.output("bias", parameters.bias!.value);
  const { weight, bias } = laboratory.run();
  const bound = Math.sqrt(6 / 50);
  assert(weight!.every((w) => Math.abs(w) <= bound));
  assert(weight!.some((w) => Math.abs(w) > bound / 2));
  assertEquals(new Set(bias), new Set([0]));
});

Deno.test("conv2d() makes parameters of window, channels and groups", () => {
  const shapes = (layer: unknown) => {
    const laboratory = new Laboratory();
    const { output, parameters } = buildStage<Value>(laboratory, layer, {
      x: waves(laboratory, [2, 7, 8, 4]),
    });
    return [
      output.spec.shape,
      ...Object.entries(parameters).map(([name, { value }]) => [name, value.spec.shape]),
    ];
  };
  assertEquals(shapes(conv2d(6, [3, 5])), [
    [2, 5, 4, 6],
    ["weight", [3, 5, 4, 6]],
    ["bias", [6]],
  ]);
  assertEquals(shapes(conv2d(6, 3, { groups: 2, padding: "same", strides: 2, useBias: false })), [
    [2, 4, 4, 6],
    ["weight", [3, 3, 2, 6]],
  ]);
  assertEquals(shapes(conv2d(8, 2, { groups: 4, dilation: [3, 1] }))[1], ["weight", [2, 2, 1, 8]]);
});

Deno.test("conv2d() draws its weight by Glorot, the window counted in the fans", () => {
  const laboratory = new Laboratory();
  const x = waves(laboratory, [1, 5, 5, 4]);
  const { parameters } = buildStage(laboratory, conv2d(8, 3), { x });
  laboratory.builder.output("weight", parameters.weight!.value);
  const bound = Math.sqrt(6 / (9 * 4 + 9 * 8));
  const { weight } = laboratory.run();
  assert(weight!.every((w) => Math.abs(w) <= bound));
  assert(weight!.some((w) => Math.abs(w) > 0.9 * bound));
});

Deno.test("conv2d() rejects channels that groups do not divide", () => {
  const laboratory = new Laboratory();
  const x = waves(laboratory, [1, 5, 5, 3]);
  assertThrows(
    () => buildStage(laboratory, conv2d(4, 3, { groups: 2 }), { x }),
    TypeError,
    "Cannot convolve f32[1, 5, 5, 3]: 3 channels do not divide into 2 groups",
  );
});

Deno.test("maxPool2d() and averagePool2d() move by their window unless told otherwise", () => {
  const shapeOf = (layer: unknown) => {
    const laboratory = new Laboratory();
    const x = waves(laboratory, [2, 7, 8, 3]);
    return buildStage<Value>(laboratory, layer, { x }).output.spec.shape;
  };
  for (const pool of [maxPool2d, averagePool2d]) {
    assertEquals(shapeOf(pool()), [2, 3, 4, 3]);
    assertEquals(shapeOf(pool([3, 2])), [2, 2, 4, 3]);
    assertEquals(shapeOf(pool(3, { strides: [1, 2] })), [2, 5, 3, 3]);
    assertEquals(shapeOf(pool(2, { padding: "same" })), [2, 4, 4, 3]);
  }
});

Deno.test("reshape() keeps the batch, and finds the size given as -1", () => {
  const laboratory = new Laboratory();
  const x = waves(laboratory, [2, 4, 6]);
  const shapeOf = (layer: unknown) => buildStage<Value>(laboratory, layer, { x }).output.spec.shape;
  assertEquals(shapeOf(reshape([4, 6, 1])), [2, 4, 6, 1]);
  assertEquals(shapeOf(reshape([-1, 8])), [2, 3, 8]);
  assertEquals(shapeOf(reshape([24])), [2, 24]);
  assertThrows(
    () => buildStage(laboratory, reshape([5, 5]), { x }),
    TypeError,
    "Cannot reshape f32[2, 4, 6] to [2, 5, 5]: it has 48 elements, the shape has 50",
  );
});

Deno.test("sequential() chains its layers and names them after their kinds", () => {
  const laboratory = new Laboratory();
  const x = waves(laboratory, [2, 2, 3]);
  const layers = sequential(flatten(), dense(4), sequential(relu(), dense(3)), dense(2), softmax());
  const { output, parameters } = buildStage<Value>(laboratory, layers, { x });
  assertEquals(output.spec.shape, [2, 2]);
  assertEquals(Object.keys(parameters), [
    "dense1.weight",
    "dense1.bias",
    "sequential.dense.weight",
    "sequential.dense.bias",
    "dense2.weight",
    "dense2.bias",
  ]);
  laboratory.builder.output("sums", ops.reduceSum(output, { axes: [1] }));
  assertClose(laboratory.run().sums!, [1, 1]);
});
