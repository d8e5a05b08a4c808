/**
 * Sounds as the power of their frequencies, frame by frame.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyTensor,
  defineStage,
  type Dim,
  lazySchema,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import {
  report,
  type ScaleConfig,
  scaled,
  scaleFields,
  type ScaleOptions,
  type SpectrumConfig,
  spectrumFields,
  spectrumOf,
  type SpectrumOptions,
  wrongSpectrum,
} from "./spectra.ts";

/** Options of {@linkcode spectrogram}. */
export interface SpectrogramOptions extends SpectrumOptions, ScaleOptions {}

/** Signature of {@linkcode spectrogram}. */
export type Spectrogram = <B extends Dim, S extends Dim>(
  x: Tensor<readonly [B, S]>,
) => Tensor<readonly [B, number, number]>;

type SpectrogramConfig = SpectrumConfig & ScaleConfig;

const config: Schema<SpectrogramOptions, SpectrogramConfig> = lazySchema(() =>
  z.strictObject({
    ...spectrumFields(),
    scale: z.enum(["linear", "log", "decibel"]).default("linear").describe(
      "In which scale the numbers are given",
    ),
    ...scaleFields(),
  }).superRefine(report(wrongSpectrum))
);

const stage = defineStage<(x: AnyTensor) => AnyTensor>()({
  name: "spectrogram",
  family: "transform",
  kind: "traced",
  config,
  formula: "y[t, k] = |Σ_n window[n] · x[t · hopLength + n] · exp(-2πi · k · n / fftLength)|^power",
  inputs: { x: { kind: "tensor", dtypes: ["f32"], rank: 2 } },
  output: "tensor",
  build: ({ x }, context) =>
    scaled(spectrumOf(x, { context, config: context.config }), context.config),
});

/**
 * `y[t, k] = |Σ_n window[n] · x[t · hopLength + n] · exp(-2πi · k · n / fftLength)|^power`: how much of
 * every frequency is in each frame of a sound. Frequency `k` is `k · sampleRate / fftLength` Hz.
 *
 * Shapes: `x [batch, samples] -> [batch, ⌊(samples - frameLength) / hopLength⌋ + 1, ⌊fftLength / 2⌋ + 1]`;
 * with `padding` of zeros or reflection, `samples` counts the padding, `2 · ⌊frameLength / 2⌋` more
 *
 * Gradient: that of the formula; at silence, where a magnitude (`power: 1`) has none, 0
 *
 * Numerics: the transform is a product with a table of sines and cosines in float32, made in float64:
 * it takes `frameLength · fftLength / 2` multiplications for a frame, in the matrix kernels of the
 * device. Errors are about 2e-7 of the loudest frequency of a frame of 1024 samples, and grow with the
 * number of samples: about 1e-6 of 4096. A magnitude is at least 1e-15.
 *
 * Differs: the axes are those of TensorFlow, frames before frequencies; PyTorch and librosa have
 * frequencies first, and pad by reflection and by zeros unless told otherwise (`center`). Windows are
 * periodic, as in all three. A frame that is shorter than `fftLength` is as TensorFlow's; PyTorch and
 * librosa begin frames `(fftLength - frameLength) / 2` samples earlier and divide nothing by the window,
 * as here. Keras's layer gives logarithms unless told otherwise, its windows are not periodic, it divides
 * by them (`scaling`), and the sound has an axis for channels.
 *
 * Counterparts: Keras `STFTSpectrogram`; PyTorch `torchaudio.transforms.Spectrogram`; TensorFlow.js
 * `signal.stft`
 *
 * @param options.frameLength Samples of a frame, at most 8192: 25 ms of speech are usual.
 * @returns A transform without parameters.
 * @throws {RangeError} When sounds are shorter than a frame, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import { soundFolder, spectrogram } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const words = soundFolder({ folder: "data/words", samples: 16000, sampleRate: 16000 });
 * const frames = spectrogram({ frameLength: 400, hopLength: 160, scale: "log" })(words.sound);
 * assertEquals(frames.stage.definition.name, "spectrogram"); // f32[batch, 98, 201]
 * ```
 *
 * Source: Allen, Rabiner, "A unified approach to short-time Fourier analysis and synthesis", Proceedings
 * of the IEEE 65, 1977; Harris, "On the use of windows for harmonic analysis with the discrete Fourier
 * transform", Proceedings of the IEEE 66, 1978
 */
export function spectrogram(options: SpectrogramOptions): Spectrogram {
  return stage(options) as Spectrogram;
}
