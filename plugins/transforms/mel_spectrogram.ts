/**
 * Sounds as the power of their pitches, frame by frame.
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
import { type MelConfig, melFields, type MelOptions, melSpectrumOf, wrongMel } from "./mel.ts";
import {
  report,
  type ScaleConfig,
  scaled,
  scaleFields,
  type ScaleOptions,
  type SpectrumConfig,
  spectrumFields,
  type SpectrumOptions,
  wrongSpectrum,
} from "./spectra.ts";

/** Options of {@linkcode melSpectrogram}. */
export interface MelSpectrogramOptions extends SpectrumOptions, MelOptions, ScaleOptions {}

/** Signature of {@linkcode melSpectrogram}. */
export type MelSpectrogram<M extends number> = <B extends Dim, S extends Dim>(
  x: Tensor<readonly [B, S]>,
) => Tensor<readonly [B, number, M]>;

type MelSpectrogramConfig = SpectrumConfig & MelConfig & ScaleConfig;

const config: Schema<MelSpectrogramOptions & { readonly mels: number }, MelSpectrogramConfig> =
  lazySchema(() =>
    z
      .strictObject({
        ...melFields(),
        ...spectrumFields(),
        scale: z.enum(["linear", "log", "decibel"]).default("linear").describe(
          "In which scale the numbers are given",
        ),
        ...scaleFields(),
      }).superRefine(report((config) => [...wrongSpectrum(config), ...wrongMel(config)]))
  );

const stage = defineStage<(x: AnyTensor) => AnyTensor>()({
  name: "melSpectrogram",
  family: "transform",
  kind: "traced",
  config,
  formula: "y[t, m] = Σ_k filters[k, m] · spectrogram(x)[t, k]",
  inputs: { x: { kind: "tensor", dtypes: ["f32"], rank: 2 } },
  output: "tensor",
  build: ({ x }, context) =>
    scaled(melSpectrumOf(x, { context, config: context.config }), context.config),
});

/**
 * `y[t, m] = Σ_k filters[k, m] · spectrogram(x)[t, k]`: how much of every pitch is in each frame of a
 * sound, in `mels` filters that are as far apart as they are heard to be. Each is a triangle over
 * frequencies, 1 at its middle and 0 at those of its neighbours. With `scale: "log"` it is what most
 * networks that hear are given.
 *
 * Shapes: `x [batch, samples] -> [batch, ⌊(samples - frameLength) / hopLength⌋ + 1, mels]`;
 * with `padding` of zeros or reflection, `samples` counts the padding, `2 · ⌊frameLength / 2⌋` more
 *
 * Gradient: that of the formula
 *
 * Numerics: as `spectrogram`; frequencies that no filter reads are not computed.
 *
 * Differs: defaults are torchaudio's, with the scale of HTK and filters 1 high, but for `padding`, which
 * is by reflection there and none here unless it is set; librosa's are
 * `melScale: "slaney"`, `normalization: "area"`, `padding: "zeros"`. Frames come before pitches, in
 * Keras's layer behind them; that begins at 20 Hz and gives decibels down to 80 below the loudest unless
 * told otherwise. Filters of TensorFlow and Keras are triangles over mels instead of Hz. `topDecibels` looks at each sound alone,
 * as librosa does; torchaudio takes the loudest of a batch. Filters so narrow that they read no
 * frequency are an error, where torchaudio and librosa warn.
 *
 * Counterparts: Keras `MelSpectrogram`; PyTorch `torchaudio.transforms.MelSpectrogram`; TensorFlow.js
 * none
 *
 * @param mels Number of filters.
 * @param options.sampleRate Samples a second: that of the sounds.
 * @param options.frameLength Samples of a frame, at most 8192: 25 ms of speech are usual.
 * @returns A transform without parameters.
 * @throws {RangeError} When sounds are shorter than a frame, or a filter reads no frequency, as the
 * pipeline is checked.
 *
 * @example
 * ```ts
 * import { melSpectrogram, soundFolder } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const words = soundFolder({ folder: "data/words", samples: 16000, sampleRate: 16000 });
 * const pitches = melSpectrogram(40, {
 *   sampleRate: 16000,
 *   frameLength: 400,
 *   hopLength: 160,
 *   scale: "log",
 * })(words.sound);
 * assertEquals(pitches.stage.definition.name, "melSpectrogram"); // f32[batch, 98, 40]
 * ```
 *
 * Source: Stevens, Volkmann, Newman, "A scale for the measurement of the psychological magnitude pitch",
 * 1937; Young et al., "The HTK book", 2006; Slaney, "Auditory toolbox", 1998
 */
export function melSpectrogram<const M extends number>(
  mels: M,
  options: MelSpectrogramOptions,
): MelSpectrogram<M> {
  return stage({ mels, ...options }) as MelSpectrogram<M>;
}
