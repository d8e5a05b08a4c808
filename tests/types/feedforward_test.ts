/**
 * Wiring of the layers of rows, sequences and images: what must not compile, beside what must (as in
 * `wiring_test.ts`).
 *
 * @module
 */
import {
  batchNormalization,
  conv1d,
  conv1dTranspose,
  conv2dTranspose,
  cropping2d,
  dense,
  depthwiseConv2d,
  type Dim,
  gelu,
  globalAveragePool2d,
  globalMaxPool1d,
  maxPool1d,
  permute,
  sequential,
  spatialDropout2d,
  type Tensor,
  upSampling2d,
  zeroPadding1d,
} from "@millrace/millrace";

declare function tensor<const S extends readonly Dim[]>(): Tensor<S>;

/** Holds when two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;

/** Compiles when the type argument is `true`. */
function holds<_ extends true>(): void {}

/** Never called: what is inside need only compile. */
function typesOnly(_: () => void): void {}

typesOnly(() => {
  const images = tensor<readonly ["batch", 8, 8, 3]>();
  const sequences = tensor<readonly ["batch", 40, 3]>();
  const flat = tensor<readonly ["batch", 5]>();

  const steps = conv1d(16, 5)(sequences);
  holds<Same<typeof steps, Tensor<readonly ["batch", number, 16]>>>();
  const longer = conv1dTranspose(4, 2)(steps);
  holds<Same<typeof longer, Tensor<readonly ["batch", number, 4]>>>();
  const pooled = maxPool1d()(sequences);
  holds<Same<typeof pooled, Tensor<readonly ["batch", number, 3]>>>();
  // @ts-expect-error: a sequence has three axes
  conv1d(16, 5)(images);
  // @ts-expect-error: there is no such padding
  conv1d(16, 5, { padding: "full" });

  const depthwise = depthwiseConv2d(3)(images);
  holds<Same<typeof depthwise, Tensor<readonly ["batch", number, number, number]>>>();
  const larger = conv2dTranspose(2, 3)(images);
  holds<Same<typeof larger, Tensor<readonly ["batch", number, number, 2]>>>();
  // @ts-expect-error: an image has four axes
  conv2dTranspose(2, 3)(sequences);

  const vector = globalAveragePool2d()(images);
  holds<Same<typeof vector, Tensor<readonly ["batch", 3]>>>();
  const kept = globalAveragePool2d({ keepDims: true })(images);
  holds<Same<typeof kept, Tensor<readonly ["batch", 1, 1, 3]>>>();
  const best = globalMaxPool1d({ keepDims: false })(sequences);
  holds<Same<typeof best, Tensor<readonly ["batch", 3]>>>();
  // @ts-expect-error: rows have no pixels
  globalAveragePool2d()(flat);

  const turned = permute([3, 1, 2])(images);
  holds<Same<typeof turned, Tensor<readonly ["batch", 3, 8, 8]>>>();
  const swapped = permute([2, 1])(sequences);
  holds<Same<typeof swapped, Tensor<readonly ["batch", 3, 40]>>>();

  const same = batchNormalization()(images);
  holds<Same<typeof same, typeof images>>();
  const dropped = spatialDropout2d(0.1)(images);
  holds<Same<typeof dropped, typeof images>>();
  const cut = cropping2d(1)(upSampling2d(2)(images));
  holds<Same<typeof cut, Tensor<readonly ["batch", number, number, 3]>>>();
  const padded = zeroPadding1d([1, 0])(sequences);
  holds<Same<typeof padded, Tensor<readonly ["batch", number, 3]>>>();

  const model = sequential(conv1d(8, 3, { activation: "gelu" }), batchNormalization(), gelu());
  const made = sequential(model, globalMaxPool1d(), dense(10))(sequences);
  holds<Same<typeof made, Tensor<readonly ["batch", 10]>>>();
  // @ts-expect-error: dense takes rows of numbers, not steps
  sequential(model, dense(10));
});
