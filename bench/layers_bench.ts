/**
 * How fast are activations, poolings, thin convolutions, resizing and spectra, forward and with their gradients?
 *
 * @module
 */
import {
  averagePool1d,
  averagePool2d,
  conv1d,
  conv1dTranspose,
  conv2dTranspose,
  cropping1d,
  cropping2d,
  depthwiseConv2d,
  elu,
  gaussianNoise,
  gelu,
  globalAveragePool1d,
  globalAveragePool2d,
  globalMaxPool1d,
  globalMaxPool2d,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  logSoftmax,
  maxPool1d,
  mish,
  permute,
  prelu,
  relu6,
  selu,
  type Shape,
  silu,
  sizeOf,
  softplus,
  softsign,
  spatialDropout1d,
  spatialDropout2d,
  spectrogram,
  upSampling1d,
  upSampling2d,
  zeroPadding1d,
  zeroPadding2d,
} from "@millrace/millrace";
import {
  type DepthwiseLoop,
  depthwiseLoops,
  elementwiseLoops,
  gaussianNoiseLoops,
  logSoftmaxLoops,
  preluLoops,
  spatialDropoutLoops,
} from "./loops/layers.ts";
import { type SpectrogramLoop, spectrogramLoops } from "./loops/sounds.ts";
import {
  averagePool2dLoops,
  bilinearLoops,
  conv1dLoops,
  conv2dTransposeLoops,
  globalPoolLoops,
  poolLoops,
  takingLoops,
} from "./loops/windows.ts";
import { type BenchCase, register } from "./support/case.ts";
import { layerCases } from "./support/layer.ts";

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const smooth = (x: number) => Math.log1p(Math.exp(x));

/** Abramowitz and Stegun 7.1.26, of which errors are below 1.5e-7: JavaScript has no such function. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const sum = t * (0.254829592 +
    t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - sum * Math.exp(-x * x));
}

const normal = (x: number) => 0.5 * (1 + erf(x * Math.SQRT1_2));
const density = (x: number) => Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
const [alpha, scale] = [1.6732632423543772, 1.0507009873554805];
const clipped = (x: number) => Math.min(Math.max(x + 3, 0), 6) / 6;
const isBetween = (x: number) => Math.abs(x) < 3 ? 1 : 0;

/** Layers of one number, each with its function and the slope of that. */
const activations: readonly [
  string,
  unknown,
  (x: number) => number,
  (x: number, y: number) => number,
][] = [
  ["elu", elu(), (x) => x > 0 ? x : Math.expm1(x), (x, y) => x > 0 ? 1 : y + 1],
  ["gelu", gelu(), (x) => x * normal(x), (x) => normal(x) + x * density(x)],
  ["hardSigmoid", hardSigmoid(), clipped, (x) => isBetween(x) / 6],
  ["hardSwish", hardSwish(), (x) => x * clipped(x), (x) => clipped(x) + x * isBetween(x) / 6],
  ["leakyRelu", leakyRelu(), (x) => x > 0 ? x : 0.3 * x, (x) => x > 0 ? 1 : 0.3],
  ["mish", mish(), (x) => x * Math.tanh(smooth(x)), (x) => {
    const t = Math.tanh(smooth(x));
    return t + x * (1 - t * t) * sigmoid(x);
  }],
  ["relu6", relu6(), (x) => Math.min(Math.max(x, 0), 6), (x) => x > 0 && x < 6 ? 1 : 0],
  [
    "selu",
    selu(),
    (x) => x > 0 ? scale * x : scale * alpha * Math.expm1(x),
    (x, y) => x > 0 ? scale : y + scale * alpha,
  ],
  ["silu", silu(), (x) => x * sigmoid(x), (x, y) => {
    const s = sigmoid(x);
    return s + y * (1 - s);
  }],
  ["softplus", softplus(), smooth, sigmoid],
  ["softsign", softsign(), (x) => x / (1 + Math.abs(x)), (x) => 1 / (1 + Math.abs(x)) ** 2],
];

/** The place in x of each element of y, from its coordinates; -1 for none. */
function placesOf(y: Shape, place: (...at: number[]) => number): Int32Array {
  return Int32Array.from({ length: sizeOf(y) }, (_, i) => {
    const at: number[] = [];
    let rest = i;
    for (const size of y.toReversed()) {
      at.unshift(rest % size);
      rest = Math.floor(rest / size);
    }
    return place(...at);
  });
}

const pixels = [16, 16, 16, 32];
const pixel = (b: number, i: number, j: number, c: number) => ((b * 16 + i) * 16 + j) * 32 + c;
const isInside = (i: number, j: number) => i >= 0 && i < 16 && j >= 0 && j < 16;
const sequences = { batch: 32, length: 128, channels: 32 };
const windows = { ...sequences, window: 3, stride: 2 };
const sequenceShape = [32, 128, 32];

function depthwise(sizes: DepthwiseLoop): BenchCase[] {
  const { batch, size, channels, window } = sizes;
  const shape = [batch, size, size, channels];
  return layerCases(`depthwiseConv2d ${shape.join("x")}, ${window}x${window}`, {
    layer: depthwiseConv2d(window, { padding: "same" }),
    x: shape,
    flops: 2 * batch * size * size * channels * window * window,
    ...depthwiseLoops(sizes),
  });
}

/** Sounds as spectra; products with a table, beside a fast transform, which takes fewer operations. */
function spectra(sizes: SpectrogramLoop): BenchCase[] {
  const { batch, samples, frameLength, hopLength } = sizes;
  const frames = Math.floor((samples - frameLength) / hopLength) + 1;
  return layerCases(`spectrogram ${batch}x${samples}, ${frameLength} each ${hopLength}`, {
    layer: spectrogram({ frameLength, hopLength }),
    x: [batch, samples],
    flops: 2 * batch * frames * frameLength * (frameLength / 2 + 1),
    ...spectrogramLoops(sizes),
  });
}

/** The cases. */
export const cases: readonly BenchCase[] = [
  ...activations.flatMap(([name, layer, f, slope]) =>
    layerCases(`${name} of 65536`, { layer, x: [256, 256], ...elementwiseLoops(f, slope) })
  ),
  ...layerCases("prelu 256x256", { layer: prelu(), x: [256, 256], ...preluLoops(256) }),
  ...layerCases("logSoftmax 1024x64", {
    layer: logSoftmax(),
    x: [1024, 64],
    ...logSoftmaxLoops(64),
  }),
  ...layerCases("conv1d 32x128x32, 5x32", {
    layer: conv1d(32, 5),
    x: sequenceShape,
    flops: 2 * 32 * 124 * 5 * 32 * 32,
    ...conv1dLoops({ ...sequences, window: 5, filters: 32 }),
  }),
  ...layerCases("conv1dTranspose 32x64x32, 2x16, strides 2", {
    layer: conv1dTranspose(16, 2, { strides: 2 }),
    x: [32, 64, 32],
    flops: 2 * 32 * 64 * 32 * 2 * 16,
    ...conv2dTransposeLoops({
      batch: 32,
      size: [1, 64],
      window: [1, 2],
      channels: 32,
      filters: 16,
    }),
  }),
  ...layerCases("conv2dTranspose 8x16x16x16, 2x2x16, strides 2", {
    layer: conv2dTranspose(16, 2, { strides: 2 }),
    x: [8, 16, 16, 16],
    flops: 2 * 8 * 16 * 16 * 16 * 4 * 16,
    ...conv2dTransposeLoops({
      batch: 8,
      size: [16, 16],
      window: [2, 2],
      channels: 16,
      filters: 16,
    }),
  }),
  ...spectra({ batch: 8, samples: 8000, frameLength: 256, hopLength: 128 }),
  ...spectra({ batch: 8, samples: 16000, frameLength: 512, hopLength: 160 }),
  ...depthwise({ batch: 8, size: 16, channels: 32, window: 3 }),
  ...depthwise({ batch: 1, size: 56, channels: 64, window: 3 }),
  ...layerCases("maxPool1d 32x128x32, 3, strides 2", {
    layer: maxPool1d(3, { strides: 2 }),
    x: sequenceShape,
    ...poolLoops(windows, "max"),
  }),
  ...layerCases("averagePool1d 32x128x32, 3, strides 2", {
    layer: averagePool1d(3, { strides: 2 }),
    x: sequenceShape,
    ...poolLoops(windows, "average"),
  }),
  ...layerCases("averagePool2d 16x16x16x32, 2x2", {
    layer: averagePool2d(2),
    x: pixels,
    ...averagePool2dLoops({ batch: 16, size: 16, channels: 32, window: 2 }),
  }),
  ...layerCases("globalMaxPool1d 32x128x32", {
    layer: globalMaxPool1d(),
    x: sequenceShape,
    ...globalPoolLoops(sequences, "max"),
  }),
  ...layerCases("globalAveragePool1d 32x128x32", {
    layer: globalAveragePool1d(),
    x: sequenceShape,
    ...globalPoolLoops(sequences, "average"),
  }),
  ...layerCases("globalMaxPool2d 16x16x16x32", {
    layer: globalMaxPool2d(),
    x: pixels,
    ...globalPoolLoops({ batch: 16, length: 256, channels: 32 }, "max"),
  }),
  ...layerCases("globalAveragePool2d 16x16x16x32", {
    layer: globalAveragePool2d(),
    x: pixels,
    ...globalPoolLoops({ batch: 16, length: 256, channels: 32 }, "average"),
  }),
  ...layerCases("permute 32x128x32", {
    layer: permute([2, 1]),
    x: sequenceShape,
    ...takingLoops(placesOf([32, 32, 128], (b, i, j) => (b! * 128 + j!) * 32 + i!)),
  }),
  ...layerCases("spatialDropout1d 32x128x32", {
    layer: spatialDropout1d(0.2),
    x: sequenceShape,
    ...spatialDropoutLoops({ places: 128, channels: 32, rate: 0.2 }),
  }),
  ...layerCases("spatialDropout2d 16x16x16x32", {
    layer: spatialDropout2d(0.2),
    x: pixels,
    ...spatialDropoutLoops({ places: 256, channels: 32, rate: 0.2 }),
  }),
  ...layerCases("gaussianNoise of 65536", {
    layer: gaussianNoise(0.1),
    x: [256, 256],
    ...gaussianNoiseLoops(0.1),
  }),
  ...layerCases("zeroPadding1d 32x128x32", {
    layer: zeroPadding1d(1),
    x: sequenceShape,
    ...takingLoops(
      placesOf(
        [32, 130, 32],
        (b, i, c) => i! >= 1 && i! <= 128 ? (b! * 128 + i! - 1) * 32 + c! : -1,
      ),
    ),
  }),
  ...layerCases("cropping1d 32x128x32", {
    layer: cropping1d(1),
    x: sequenceShape,
    ...takingLoops(placesOf([32, 126, 32], (b, i, c) => (b! * 128 + i! + 1) * 32 + c!)),
  }),
  ...layerCases("upSampling1d 32x128x32, 2", {
    layer: upSampling1d(2),
    x: sequenceShape,
    ...takingLoops(placesOf([32, 256, 32], (b, i, c) => (b! * 128 + (i! >> 1)) * 32 + c!)),
  }),
  ...layerCases("zeroPadding2d 16x16x16x32", {
    layer: zeroPadding2d(1),
    x: pixels,
    ...takingLoops(
      placesOf(
        [16, 18, 18, 32],
        (b, i, j, c) => isInside(i! - 1, j! - 1) ? pixel(b!, i! - 1, j! - 1, c!) : -1,
      ),
    ),
  }),
  ...layerCases("cropping2d 16x16x16x32", {
    layer: cropping2d(1),
    x: pixels,
    ...takingLoops(placesOf([16, 14, 14, 32], (b, i, j, c) => pixel(b!, i! + 1, j! + 1, c!))),
  }),
  ...layerCases("upSampling2d 16x16x16x32, 2x2", {
    layer: upSampling2d(2),
    x: pixels,
    ...takingLoops(placesOf([16, 32, 32, 32], (b, i, j, c) => pixel(b!, i! >> 1, j! >> 1, c!))),
  }),
  ...layerCases("upSampling2d 16x16x16x32, 2x2 bilinear", {
    layer: upSampling2d(2, { interpolation: "bilinear" }),
    x: pixels,
    ...bilinearLoops({ batch: 16, size: 16, channels: 32 }),
  }),
];

await register(cases, import.meta);
