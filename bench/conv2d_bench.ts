/**
 * How fast are convolution, its two gradients and pooling, at the sizes of `pipelines/lenet.ts`?
 *
 * @module
 */
import { ops } from "@millrace/millrace";
import {
  convolutionFlops,
  type ConvolutionLoop,
  convolutionLoop,
  convolvedSize,
  inputGradientLoop,
  maxPoolLoop,
  type PoolingLoop,
  weightGradientLoop,
} from "./loops/kernels.ts";
import { type BenchCase, register } from "./support/case.ts";
import { kernelCase } from "./support/graph.ts";

/** What the gradients must be told of the convolution. */
const plain = {
  strides: [1, 1],
  padding: [[0, 0], [0, 0]],
  dilation: [1, 1],
  groups: 1,
} as const;

/** A convolution and its gradients. */
function convolutions(sizes: ConvolutionLoop): BenchCase[] {
  const { batch, size, channels, window, filters } = sizes;
  const out = convolvedSize(sizes);
  const x = [batch, size, size, channels];
  const weight = [window, window, channels, filters];
  const y = [batch, out, out, filters];
  const name = `conv2d ${batch}x${size}x${size}x${channels}, ${window}x${window}x${filters}`;
  const shared = { flops: convolutionFlops(sizes), isWatched: true };
  return [
    kernelCase(`${name}, forward`, {
      inputs: { x, weight },
      output: y,
      ...shared,
      op: (x, weight) => ops.conv2d(x!, weight!),
      loop: (x, weight, y) => convolutionLoop([x!, weight!, y!], sizes),
    }),
    kernelCase(`${name}, gradient of the weight`, {
      inputs: { x, cotangent: y },
      output: weight,
      ...shared,
      op: (x, cotangent) =>
        ops.conv2dWeightGradient(x!, cotangent!, { ...plain, kernelShape: [window, window] }),
      loop: (x, cotangent, gradient) => weightGradientLoop([x!, cotangent!, gradient!], sizes),
    }),
    kernelCase(`${name}, gradient of the input`, {
      inputs: { cotangent: y, weight },
      output: x,
      ...shared,
      op: (cotangent, weight) =>
        ops.conv2dInputGradient(cotangent!, weight!, { ...plain, inputShape: [size, size] }),
      loop: (cotangent, weight, gradient) =>
        inputGradientLoop([cotangent!, weight!, gradient!], sizes),
    }),
  ];
}

function pooling(sizes: PoolingLoop): BenchCase {
  const { batch, size, channels } = sizes;
  const output = [batch, size / 2, size / 2, channels];
  const chosen = new Int32Array(batch * channels * (size / 2) ** 2);
  return kernelCase(`maxPool2d ${batch}x${size}x${size}x${channels}, 2x2`, {
    inputs: { x: [batch, size, size, channels] },
    output,
    isWatched: true,
    op: (x) => ops.maxPool2d(x!, { window: [2, 2] }),
    loop: (x, output) => maxPoolLoop([x!, output!], { ...sizes, chosen }),
  });
}

/** The cases. */
export const cases: readonly BenchCase[] = [
  ...convolutions({ batch: 64, size: 28, channels: 1, window: 5, filters: 8 }),
  pooling({ batch: 64, size: 24, channels: 8 }),
  ...convolutions({ batch: 64, size: 12, channels: 8, window: 5, filters: 16 }),
  pooling({ batch: 64, size: 8, channels: 16 }),
];

await register(cases, import.meta);
