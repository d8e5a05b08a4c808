/**
 * Transforms: what is done to data before the first layer, in the same graph.
 *
 * @module
 */
export { type BagOfWords, bagOfWords, type BagOfWordsOptions } from "./bag_of_words.ts";
export {
  bucketByLength,
  type BucketByLengthOptions,
  type BucketByLengthStage,
} from "./bucket_by_length.ts";
export { type Clip, clip, type ClipOptions } from "./clip.ts";
export { type Cutmix, cutmix } from "./cutmix.ts";
export { cutout } from "./cutout.ts";
export { type HashText, hashText } from "./hash_text.ts";
export type { ImageTransform } from "./images.ts";
export { type Impute, impute, type ImputeOptions } from "./impute.ts";
export { type LabelEncode, labelEncode, type LabelEncodeOptions } from "./label_encode.ts";
export { type LogTransform, logTransform, type LogTransformOptions } from "./log_transform.ts";
export type { MelOptions, MelScale } from "./mel.ts";
export {
  type MelSpectrogram,
  melSpectrogram,
  type MelSpectrogramOptions,
} from "./mel_spectrogram.ts";
export { type Mfcc, mfcc, type MfccOptions } from "./mfcc.ts";
export { type MinMax, minMax, type MinMaxOptions } from "./min_max.ts";
export type { MixInputs } from "./mixing.ts";
export { type Mixup, mixup } from "./mixup.ts";
export { type OneHot, oneHot, type OneHotNumbers } from "./one_hot.ts";
export { type Ordinal, ordinal } from "./ordinal.ts";
export {
  type ColumnInput,
  type ColumnTransform,
  type PerColumn,
  perColumn,
  type PerColumnOptions,
} from "./per_column.ts";
export {
  type PolynomialFeatures,
  polynomialFeatures,
  type PolynomialFeaturesOptions,
} from "./polynomial_features.ts";
export { type QuantileBins, quantileBins, type QuantileBinsOptions } from "./quantile_bins.ts";
export { randomBrightness } from "./random_brightness.ts";
export { randomFlip, type RandomFlipOptions } from "./random_flip.ts";
export { randomRotation } from "./random_rotation.ts";
export { randomShift, type RandomShiftOptions } from "./random_shift.ts";
export { type Rescale, rescale, type RescaleOptions } from "./rescale.ts";
export { type Resize, resize } from "./resize.ts";
export { type Robust, robust, type RobustOptions } from "./robust.ts";
export type { Scale, ScaleOptions, SpectrumOptions, Window } from "./spectra.ts";
export { type Spectrogram, spectrogram, type SpectrogramOptions } from "./spectrogram.ts";
export { type Standardize, standardize } from "./standardize.ts";
export type { TermOptions } from "./terms.ts";
export { type Tokenizer, tokenizer, type TokenizerOptions } from "./tokenizer.ts";
export { type Tokens, tokens, type TokensOptions } from "./tokens.ts";
