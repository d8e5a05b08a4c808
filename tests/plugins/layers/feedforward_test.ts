import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ops, type Shape, sizeOf, type Value } from "../../../core/mod.ts";
import {
  batchNormalization,
  conv1d,
  conv2dTranspose,
  cropping1d,
  cropping2d,
  depthwiseConv2d,
  gaussianNoise,
  groupNormalization,
  layerNormalization,
  namedActivations,
  permute,
  prelu,
  rmsNormalization,
  spatialDropout1d,
  spatialDropout2d,
} from "../../../plugins/layers/mod.ts";
import { buildStage, Laboratory } from "../../support/build_stage.ts";
import { testedDevices } from "../../support/devices.ts";

/** A laboratory with a layer in it, whose input is ones; outputs `output` and `gradient` by the input. */
function ofOnes(layer: unknown, shape: Shape): Laboratory {
  const laboratory = new Laboratory();
  const x = laboratory.variable("x", { shape, data: new Array(sizeOf(shape)).fill(1) }).value;
  const { output } = buildStage<Value>(laboratory, layer, { x });
  laboratory.builder.output("output", output);
  laboratory.builder.output("gradient", ops.gradient(ops.reduceSum(output), x));
  return laboratory;
}

/** Builds a layer for an input of a shape. */
function build(layer: unknown, shape: Shape, { inference = false } = {}): () => Value {
  return () => {
    const laboratory = new Laboratory();
    const x = laboratory.variable("x", { shape, data: new Array(sizeOf(shape)).fill(1) }).value;
    return buildStage<Value>(laboratory, layer, { x }, { inference }).output;
  };
}

for (
  const [name, layer, places] of [
    ["spatialDropout1d", spatialDropout1d(0.2), [7]],
    ["spatialDropout2d", spatialDropout2d(0.2), [3, 2]],
  ] as const
) {
  Deno.test(`${name}() drops whole channels, others at each step and in each row`, () => {
    const [rows, channels] = [40, 50];
    const count = sizeOf(places);
    const step = ofOnes(layer, [rows, ...places, channels]).prepare();
    const kept = [step(), step()].map(({ outputs: { output, gradient } }) => {
      assertEquals(gradient, output);
      assertEquals(new Set(output), new Set([0, 1.25]));
      for (let row = 0; row < rows; row++) {
        const first = row * count * channels;
        for (let i = channels; i < count * channels; i++) {
          assertEquals(output![first + i], output![first + i % channels]);
        }
      }
      return output!.filter((_, i) => Math.floor(i / channels) % count === 0);
    });
    assertAlmostEquals(kept[0]!.filter((y) => y === 0).length / kept[0]!.length, 0.2, 0.03);
    assert(kept[0]!.some((y, i) => y !== kept[1]![i]));
    assert(kept[0]!.some((y, i) => y !== kept[0]![(i + channels) % kept[0]!.length]));
  });

  Deno.test(`${name}() is absent from inference`, () => {
    const laboratory = new Laboratory();
    const shape = [2, ...places, 3];
    const x = laboratory.variable("x", { shape, data: new Array(sizeOf(shape)).fill(1) }).value;
    assertEquals(buildStage<Value>(laboratory, layer, { x }, { inference: true }).output, x);
  });
}

Deno.test("gaussianNoise() adds normal numbers of its deviation, new ones at each step", () => {
  const step = ofOnes(gaussianNoise(0.5), [100, 200]).prepare();
  const drawn = [step(), step()].map(({ outputs: { output, gradient } }) => {
    assertEquals(new Set(gradient), new Set([1]));
    return output!.map((y) => (y - 1) / 0.5);
  });
  assert(drawn[0]!.some((z, i) => z !== drawn[1]![i]));
  const mean = (power: number) =>
    drawn[0]!.reduce((sum, z) => sum + z ** power, 0) / drawn[0]!.length;
  assertAlmostEquals(mean(1), 0, 0.02);
  assertAlmostEquals(mean(2), 1, 0.03);
  assertAlmostEquals(mean(3), 0, 0.06);
  assertAlmostEquals(mean(4), 3, 0.2);
});

Deno.test("gaussianNoise() is absent from inference, and with a deviation of 0", () => {
  const laboratory = new Laboratory();
  const x = laboratory.variable("x", { shape: [2], data: [1, 2] }).value;
  const built = (std: number, inference: boolean) =>
    buildStage<Value>(laboratory, gaussianNoise(std), { x }, { inference }).output;
  assertEquals(built(0.5, true), x);
  assertEquals(built(0, false), x);
});

for (const { name, device, tolerances } of testedDevices) {
  const availability = await device.probe();
  Deno.test({
    name: `spatialDropout2d() and gaussianNoise() draw on ${name} what the reference draws`,
    ignore: !availability.available,
    async fn() {
      for (const layer of [spatialDropout2d(0.4), gaussianNoise(0.1)]) {
        const laboratory = ofOnes(layer, [4, 3, 2, 5]);
        const expected = laboratory.run().output!;
        const [actual] = await laboratory.runOn(device);
        actual!.output!.forEach((y, i) =>
          assertAlmostEquals(y, expected[i]!, 10 * Math.max(tolerances.f32, 1e-7))
        );
      }
    },
  });
}

Deno.test("activations with a name keep NaN, and infinities where the function has a limit", () => {
  const laboratory = new Laboratory();
  const data = [NaN, Infinity, -Infinity];
  const x = laboratory.variable("x", { shape: [3, 1], data }).value;
  // over a row, or of a product with 0
  const { softmax: _, logSoftmax: __, ...others } = namedActivations;
  for (const [name, activation] of Object.entries(others)) {
    laboratory.builder.output(name, activation(x));
  }
  const results = laboratory.run();
  const limits: Record<string, readonly [number, number]> = {
    elu: [Infinity, -1],
    hardSigmoid: [1, 0],
    leakyRelu: [Infinity, -Infinity],
    linear: [Infinity, -Infinity],
    relu: [Infinity, 0],
    relu6: [6, 0],
    selu: [Infinity, -1.0507009873554805 * 1.6732632423543772],
    sigmoid: [1, 0],
    softplus: [Infinity, 0],
    tanh: [1, -1],
  };
  for (const [name, [nan, above, below]] of Object.entries(results)) {
    assert(Number.isNaN(nan), `${name} of NaN is ${nan}`);
    const limit = limits[name];
    if (limit !== undefined) assertEquals([above, below], [...limit], name);
  }
});

Deno.test("depthwiseConv2d() and conv2dTranspose() make parameters of window and channels", () => {
  const shapesOf = (layer: unknown, shape: Shape) => {
    const laboratory = new Laboratory();
    const x = laboratory.variable("x", { shape, data: new Array(sizeOf(shape)).fill(1) }).value;
    const { output, parameters } = buildStage<Value>(laboratory, layer, { x });
    return [output, ...Object.values(parameters).map(({ value }) => value)]
      .map(({ spec }) => spec.shape);
  };
  assertEquals(shapesOf(depthwiseConv2d([3, 2], { depthMultiplier: 2 }), [2, 5, 5, 4]), [
    [2, 3, 4, 8],
    [3, 2, 4, 2],
    [8],
  ]);
  assertEquals(shapesOf(conv2dTranspose(6, 3, { strides: [2, 1] }), [2, 5, 4, 3]), [
    [2, 11, 6, 6],
    [3, 3, 6, 3],
    [6],
  ]);
  assertEquals(shapesOf(conv1d(4, 3, { strides: 2, padding: "causal" }), [2, 7, 3]), [
    [2, 4, 4],
    [3, 3, 4],
    [4],
  ]);
});

const refused: readonly [string, () => Value, typeof TypeError | typeof RangeError, string][] = [
  [
    "conv1d() rejects channels that groups do not divide",
    build(conv1d(4, 3, { groups: 2 }), [1, 5, 3]),
    TypeError,
    "Cannot convolve f32[1, 5, 3]: 3 channels do not divide into 2 groups",
  ],
  [
    "conv1d() rejects a kernel that is longer than the sequence",
    build(conv1d(4, 6), [1, 5, 3]),
    RangeError,
    "the window takes 6 columns, and there are 5, the padding included",
  ],
  [
    "prelu() rejects an axis that x has not",
    build(prelu({ sharedAxes: [1, 3] }), [2, 3, 4]),
    RangeError,
    "Cannot share slopes of f32[2, 3, 4] along axis 3: its last axis is 2",
  ],
  [
    "permute() rejects another number of axes",
    build(permute([2, 1]), [2, 3, 4, 5]),
    TypeError,
    "Cannot permute the axes of f32[2, 3, 4, 5] by [2, 1]: expected the 3 axes beside the batch",
  ],
  [
    "cropping1d() rejects to leave nothing",
    build(cropping1d([2, 3]), [1, 5, 2]),
    RangeError,
    "Cannot crop f32[1, 5, 2]: 0 would be left, expected at least 1",
  ],
  [
    "cropping2d() rejects to leave nothing",
    build(cropping2d([1, 0]), [1, 2, 5, 2]),
    RangeError,
    "Cannot crop f32[1, 2, 5, 2]: 0×5 would be left, expected at least 1",
  ],
  [
    "batchNormalization() rejects an axis that x has not",
    build(batchNormalization({ axis: 2 }), [4, 3]),
    RangeError,
    "Cannot normalize f32[4, 3] along axis 2: expected an axis behind the batch, 1 to 1",
  ],
  [
    "layerNormalization() rejects the batch",
    build(layerNormalization({ axis: [1, -3] }), [4, 3, 2]),
    RangeError,
    "Cannot normalize f32[4, 3, 2] along axis -3: expected an axis behind the batch, 1 to 2",
  ],
  [
    "rmsNormalization() rejects rows of one number without an axis",
    build(rmsNormalization(), [4]),
    RangeError,
    "Cannot normalize f32[4] along axis -1: expected an axis behind the batch, and there is none",
  ],
  [
    "groupNormalization() rejects groups that do not divide the channels",
    build(groupNormalization({ groups: 4 }), [2, 5, 6]),
    TypeError,
    "Cannot normalize f32[2, 5, 6] in 4 groups: they do not divide its 6 channels",
  ],
];

for (const [name, making, ErrorClass, message] of refused) {
  Deno.test(name, () => {
    assertThrows(making, ErrorClass, message);
  });
}
