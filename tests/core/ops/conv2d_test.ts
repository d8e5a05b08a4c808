import { assert, assertEquals, assertThrows } from "@std/assert";
import { RandomStream, sizeOf } from "../../../core/tensor/mod.ts";
import { GraphBuilder, type Value } from "../../../core/graph/mod.ts";
import { differentiate } from "../../../core/differentiate/mod.ts";
import {
  conv2d,
  conv2dInputGradient,
  conv2dInputGradientOp,
  conv2dOp,
  type Conv2dParams,
  conv2dSizes,
  conv2dWeightGradient,
  conv2dWeightGradientOp,
  gradient,
  mul,
  reduceSum,
  resolvePadding,
} from "../../../core/ops/mod.ts";
import { apply, tensor, valuesOf } from "../../support/apply.ts";
import { evaluateGraph } from "../../support/evaluate.ts";

const plain: Conv2dParams = {
  strides: [1, 1],
  padding: [[0, 0], [0, 0]],
  dilation: [1, 1],
  groups: 1,
};

Deno.test("conv2d() slides a kernel over an image, and does not mirror it", () => {
  const x = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], { shape: [1, 3, 3, 1] });
  const weight = tensor([1, 10, 100, 1000], { shape: [2, 2, 1, 1] });
  const y = apply([x, weight], (x, weight) => conv2d(x!, weight!));
  assertEquals(y.shape, [1, 2, 2, 1]);
  assertEquals([...y.data], [5421, 6532, 8754, 9865]);
});

Deno.test('conv2d() with padding "same" has an output for every stride, the odd pixel at the end', () => {
  const x = tensor([1, 2, 3, 4], { shape: [1, 1, 4, 1] });
  const weight = tensor([1, 10], { shape: [1, 2, 1, 1] });
  const y = apply([x, weight], (x, weight) => conv2d(x!, weight!, { padding: "same" }));
  assertEquals([...y.data], [21, 32, 43, 4]);
});

Deno.test("resolvePadding() is Keras's rule, height and width by themselves", () => {
  const same = (size: number, window: number, stride: number, dilation = 1) =>
    resolvePadding("same", {
      size: [size, 5],
      window: [window, 1],
      strides: [stride, 1],
      dilation: [dilation, 1],
    })[0];
  assertEquals(same(28, 5, 1), [2, 2]);
  assertEquals(same(28, 2, 1), [0, 1]);
  assertEquals(same(28, 2, 2), [0, 0]);
  assertEquals(same(5, 3, 2), [1, 1]);
  assertEquals(same(6, 3, 2), [0, 1]);
  assertEquals(same(7, 1, 3), [0, 0]);
  assertEquals(same(9, 3, 1, 2), [2, 2]);
  const given = { size: [5, 6], window: [3, 3], strides: [1, 1] } as const;
  assertEquals(resolvePadding("valid", given), [[0, 0], [0, 0]]);
  assertEquals(resolvePadding([[1, 2], [3, 4]], given), [[1, 2], [3, 4]]);
});

Deno.test("conv2dSizes() gives all sizes of a convolution", () => {
  const params: Conv2dParams = {
    strides: [2, 1],
    padding: [[1, 1], [0, 0]],
    dilation: [1, 2],
    groups: 2,
  };
  assertEquals(conv2dSizes([8, 9, 10, 4], [3, 2, 2, 6], params), {
    batch: 8,
    height: 9,
    width: 10,
    channels: 4,
    kernelHeight: 3,
    kernelWidth: 2,
    filters: 6,
    outHeight: 5,
    outWidth: 8,
    groupChannels: 2,
    groupFilters: 3,
  });
});

Deno.test("conv2d and its gradients count the same operations", () => {
  const [x, weight, y] = valuesOf([[2, 5, 6, 4]], [[3, 2, 2, 6]], [[2, 3, 5, 6]])
    .map(({ spec }) => spec);
  const params = { ...plain, groups: 2 };
  const flops = 2 * (2 * 3 * 5 * 6) * (3 * 2 * 2);
  assertEquals(conv2dOp.flops([x!, weight!], params), flops);
  const inputShape = [5, 6] as const;
  assertEquals(conv2dInputGradientOp.flops([y!, weight!], { ...params, inputShape }), flops);
  const kernelShape = [3, 2] as const;
  assertEquals(conv2dWeightGradientOp.flops([x!, y!], { ...params, kernelShape }), flops);
});

Deno.test("conv2d is printed with what is not plain", () => {
  assertEquals(conv2dOp.format?.(["x", "w"], plain), "conv2d(x, w)");
  const params: Conv2dParams = {
    strides: [2, 1],
    padding: [[1, 2], [0, 0]],
    dilation: [1, 3],
    groups: 4,
  };
  assertEquals(
    conv2dOp.format?.(["x", "w"], params),
    "conv2d(x, w, strides 2×1, padding [1+2, 0+0], dilation 1×3, groups 4)",
  );
});

Deno.test("conv2d() has second derivatives, and they are those of central differences", () => {
  const specs = { x: [1, 5, 4, 2], weight: [3, 2, 1, 4], a: [1, 5, 4, 2], b: [3, 2, 1, 4] };
  const build = () => {
    const builder = new GraphBuilder();
    const inputs = Object.fromEntries(
      Object.entries(specs).map((
        [name, shape],
      ) => [name, builder.input(name, { shape, dtype: "f32" })]),
    );
    const { x, weight, a, b } = inputs as Record<keyof typeof specs, Value>;
    const y = conv2d(x, weight, { strides: [2, 1], padding: "same", groups: 2 });
    const loss = reduceSum(mul(y, mul(y, y)));
    const slope = (of: Value, by: Value) => reduceSum(mul(of, by));
    // a directional derivative, to be differentiated once more
    const along = slope(gradient(loss, x), a);
    const across = slope(gradient(loss, weight), b);
    builder.output("along", along);
    builder.output("across", across);
    for (const [name, value] of Object.entries({ x, weight })) {
      builder.output(`along by ${name}`, gradient(along, value));
      builder.output(`across by ${name}`, gradient(across, value));
    }
    return differentiate(builder.build("second"));
  };
  const graph = build();
  const given = Object.fromEntries(
    Object.entries(specs).map(([name, shape]) => {
      const stream = new RandomStream(3, name);
      return [name, Float64Array.from({ length: sizeOf(shape) }, () => 2 * stream.uniform() - 1)];
    }),
  );
  const results = evaluateGraph(graph, given);
  for (const name of ["x", "weight"]) {
    for (const [place, element] of given[name]!.entries()) {
      const h = 1e-5;
      const at = (moved: number) =>
        evaluateGraph(graph, { ...given, [name]: given[name]!.with(place, moved) });
      const [above, below] = [at(element + h), at(element - h)];
      for (const output of ["along", "across"]) {
        const difference = (above[output]!.data[0]! - below[output]!.data[0]!) / (2 * h);
        const exact = results[`${output} by ${name}`]!.data[place]!;
        assert(
          Math.abs(exact - difference) < 1e-6 * Math.max(1, Math.abs(exact)),
          `${output} by ${name}[${place}]: ${exact}, not ${difference}`,
        );
      }
    }
  }
});

Deno.test("conv2d() rejects images and weights that do not fit", () => {
  const [x, weight, flat, bytes] = valuesOf([[2, 5, 5, 4]], [[3, 3, 3, 8]], [[2, 25, 4]], [[
    2,
    5,
    5,
    3,
  ], "u8"]);
  assertThrows(
    () => conv2d(flat!, weight!),
    TypeError,
    "Cannot convolve f32[2, 25, 4] with f32[3, 3, 3, 8]: " +
      "received f32[2, 25, 4], expected f32[batch, height, width, channels]",
  );
  assertThrows(() => conv2d(bytes!, weight!), TypeError, "received u8[2, 5, 5, 3]");
  assertThrows(
    () => conv2d(x!, flat!),
    TypeError,
    "received a weight of f32[2, 25, 4], " +
      "expected f32[kernelHeight, kernelWidth, channels / groups, filters]",
  );
  assertThrows(
    () => conv2d(x!, weight!),
    TypeError,
    "Cannot convolve f32[2, 5, 5, 4] with f32[3, 3, 3, 8]: " +
      "the weight is for 3 channels, and there are 4",
  );
  assertThrows(
    () => conv2d(x!, weight!, { groups: 2 }),
    TypeError,
    "the weight is for 6 channels in 2 groups, and there are 4",
  );
  assertThrows(
    () => conv2d(x!, weight!, { groups: 3 }),
    TypeError,
    "8 filters do not divide into 3 groups",
  );
});

Deno.test("conv2d() rejects windows that do not fit, and numbers that are too small", () => {
  const [x, weight] = valuesOf([[1, 4, 9, 1]], [[5, 3, 1, 1]]);
  assertThrows(
    () => conv2d(x!, weight!),
    RangeError,
    "Cannot convolve f32[1, 4, 9, 1] with f32[5, 3, 1, 1]: " +
      "the window takes 5 rows, and there are 4, the padding included",
  );
  const padding = [[1, 0], [0, 0]] as const;
  assertThrows(
    () => conv2d(x!, weight!, { padding, dilation: [1, 5] }),
    RangeError,
    "the window takes 11 columns, and there are 9, the padding included",
  );
  assertThrows(
    () => conv2d(x!, weight!, { padding, strides: [0, 1] }),
    RangeError,
    "received strides of 0, expected integers of 1 or more",
  );
  assertThrows(
    () => conv2d(x!, weight!, { padding: [[1, -1], [0, 0]] }),
    RangeError,
    "received padding of -1, expected integers of 0 or more",
  );
  assertThrows(
    () => conv2d(x!, weight!, { padding, dilation: [1.5, 1] }),
    RangeError,
    "received dilation of 1.5, expected integers of 1 or more",
  );
  assertThrows(
    () => conv2d(x!, weight!, { padding, groups: 0 }),
    RangeError,
    "received groups of 0, expected an integer of 1 or more",
  );
});

Deno.test("conv2dInputGradient() rejects a cotangent that is of other images", () => {
  const [cotangent, weight] = valuesOf([[2, 3, 3, 8]], [[3, 3, 4, 8]]);
  assertThrows(
    () => conv2dInputGradient(cotangent!, weight!, { ...plain, inputShape: [6, 5] }),
    TypeError,
    "Cannot take the gradient of a convolution by its images from f32[2, 3, 3, 8] and " +
      "f32[3, 3, 4, 8]: images of 6×5 give f32[2, 4, 3, 8]",
  );
  assertThrows(
    () => conv2dInputGradient(cotangent!, weight!, { ...plain, inputShape: [-1, 5] }),
    RangeError,
    "received inputShape of -1, expected integers of 0 or more",
  );
});

Deno.test("conv2dWeightGradient() rejects a cotangent that is of another kernel", () => {
  const [x, cotangent] = valuesOf([[2, 5, 5, 4]], [[2, 3, 3, 8]]);
  assertThrows(
    () => conv2dWeightGradient(x!, cotangent!, { ...plain, kernelShape: [2, 3] }),
    TypeError,
    "Cannot take the gradient of a convolution by its weight from f32[2, 5, 5, 4] and " +
      "f32[2, 3, 3, 8]: a kernel of 2×3 gives f32[2, 4, 3, 8]",
  );
  assertThrows(
    () => conv2dWeightGradient(x!, cotangent!, { ...plain, kernelShape: [3, 3], groups: 3 }),
    TypeError,
    "4 channels do not divide into 3 groups",
  );
});
