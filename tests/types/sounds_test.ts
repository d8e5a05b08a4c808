/**
 * Wiring of sounds and of mixtures: what must not compile, beside what must (as in `wiring_test.ts`).
 *
 * @module
 */
import {
  categoricalCrossEntropy,
  type ClassLabels,
  conv1d,
  cutmix,
  dense,
  type Dim,
  type DType,
  flatten,
  globalMaxPool1d,
  melSpectrogram,
  mfcc,
  mixup,
  oneHot,
  sequential,
  soundFolder,
  sparseCategoricalCrossEntropy,
  spectrogram,
  type Tensor,
} from "@millrace/millrace";

declare function tensor<const S extends readonly Dim[], D extends DType = "f32">(): Tensor<S, D>;

/** Holds when two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;

/** Compiles when the type argument is `true`. */
function holds<_ extends true>(): void {}

/** Never called: what is inside need only compile. */
function typesOnly(_: () => void): void {}

typesOnly(() => {
  const words = soundFolder({
    folder: "words",
    classes: ["no", "yes"],
    samples: 8000,
    sampleRate: 8000,
  });
  const frames = { frameLength: 256, hopLength: 128 };
  const spectra = spectrogram(frames)(words.sound);
  holds<Same<typeof spectra, Tensor<readonly ["batch", number, number]>>>();
  const pitches = melSpectrogram(32, { ...frames, sampleRate: 8000 })(words.sound);
  holds<Same<typeof pitches, Tensor<readonly ["batch", number, 32]>>>();
  const shapes = mfcc(13, { ...frames, sampleRate: 8000, mels: 32 })(words.sound);
  holds<Same<typeof shapes, Tensor<readonly ["batch", number, 13]>>>();
  // a transform may begin a sequence
  const logits = sequential(
    mfcc(13, { ...frames, sampleRate: 8000, mels: 32 }),
    conv1d(8, 3),
    globalMaxPool1d(),
    dense(2),
  )(words.sound);
  sparseCategoricalCrossEntropy()({ logits, labels: words.label });
  // @ts-expect-error: images are no sounds
  spectrogram(frames)(tensor<readonly ["batch", 28, 28]>());
  // @ts-expect-error: bytes are no samples
  spectrogram(frames)(tensor<readonly ["batch", 8000], "u8">());
  // @ts-expect-error: coefficients are of logarithms
  mfcc(13, { ...frames, sampleRate: 8000, mels: 32, scale: "linear" });
  // @ts-expect-error: pitches are of a sample rate
  melSpectrogram(32, frames);
});

typesOnly(() => {
  const images = tensor<readonly ["batch", 32, 32, 3]>();
  const label = null as unknown as ClassLabels<"batch", 10>;
  const targets = oneHot()(label);
  const mixed = mixup(0.2)({ x: images, targets });
  holds<Same<typeof mixed.x, Tensor<readonly ["batch", 32, 32, 3]>>>();
  holds<Same<typeof mixed.targets, Tensor<readonly ["batch", 10]>>>();
  const cut = cutmix(1)(mixed);
  holds<Same<typeof cut, typeof mixed>>();
  const logits = sequential(flatten(), dense(10))(cut.x);
  categoricalCrossEntropy()({ logits, targets: cut.targets });
  // @ts-expect-error: ten classes against twelve
  categoricalCrossEntropy()({ logits: dense(12)(logits), targets: cut.targets });
  // @ts-expect-error: classes have no mixture: oneHot() makes probabilities of them
  mixup(0.2)({ x: images, targets: label });
  // @ts-expect-error: a rectangle is cut of images
  cutmix(1)({ x: tensor<readonly ["batch", 10]>(), targets });
});
