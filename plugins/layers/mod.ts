/**
 * Layers.
 *
 * @module
 */
export {
  type Activation,
  type ActivationName,
  namedActivations,
  type ShapeKeepingLayer,
} from "./activations.ts";
export { averagePool1d } from "./average_pool1d.ts";
export { averagePool2d } from "./average_pool2d.ts";
export { batchNormalization, type BatchNormalizationOptions } from "./batch_normalization.ts";
export { conv1d, type Conv1dOptions, type SequencePadding } from "./conv1d.ts";
export { conv1dTranspose, type Conv1dTransposeOptions } from "./conv1d_transpose.ts";
export { add } from "./add.ts";
export { average } from "./average.ts";
export {
  concatenate,
  type ConcatenateLayer,
  type ConcatenateOptions,
  type WithOpenAxis,
} from "./concatenate.ts";
export { conv2d, type Conv2dOptions } from "./conv2d.ts";
export { conv2dTranspose, type Conv2dTransposeOptions } from "./conv2d_transpose.ts";
export type { ConvolutionOptions } from "./convolutions.ts";
export { cropping1d, type Cropping1dLayer } from "./cropping1d.ts";
export { cropping2d, type Cropping2dLayer } from "./cropping2d.ts";
export { dense, type DenseOptions } from "./dense.ts";
export { depthwiseConv2d, type DepthwiseConv2dOptions } from "./depthwise_conv2d.ts";
export { dropout } from "./dropout.ts";
export { elu, type EluOptions } from "./elu.ts";
export { embedding, type EmbeddingLayer, type EmbeddingOptions } from "./embedding.ts";
export type { Ends1d, Ends2d } from "./ends.ts";
export { flatten, type FlattenLayer } from "./flatten.ts";
export { gaussianNoise } from "./gaussian_noise.ts";
export { gelu, type GeluOptions } from "./gelu.ts";
export { globalAveragePool1d } from "./global_average_pool1d.ts";
export { globalAveragePool2d } from "./global_average_pool2d.ts";
export { globalMaxPool1d } from "./global_max_pool1d.ts";
export { globalMaxPool2d } from "./global_max_pool2d.ts";
export type { GlobalPool1dLayer, GlobalPool2dLayer, GlobalPoolOptions } from "./global_pool.ts";
export { groupNormalization, type GroupNormalizationOptions } from "./group_normalization.ts";
export { gru, type GruOptions } from "./gru.ts";
export { hardSigmoid } from "./hard_sigmoid.ts";
export { hardSwish } from "./hard_swish.ts";
export { layerNormalization, type LayerNormalizationOptions } from "./layer_normalization.ts";
export { leakyRelu, type LeakyReluOptions } from "./leaky_relu.ts";
export { learnedPositions, type LearnedPositionsOptions } from "./learned_positions.ts";
export { logSoftmax, type LogSoftmaxOptions } from "./log_softmax.ts";
export { lstm, type LstmOptions } from "./lstm.ts";
export { maxPool1d } from "./max_pool1d.ts";
export { maxPool2d } from "./max_pool2d.ts";
export { mish } from "./mish.ts";
export {
  type AttentionLayer,
  multiHeadAttention,
  type MultiHeadAttentionOptions,
} from "./multi_head_attention.ts";
export type { AffineOptions } from "./normalizing.ts";
export { paddingMask, type PaddingMaskLayer } from "./padding_mask.ts";
export { permute, type PermutedShape, type PermuteLayer } from "./permute.ts";
export type { Pool1dLayer, Pool1dOptions } from "./pool1d.ts";
export { functional } from "./functional.ts";
export { maximum } from "./maximum.ts";
export type { MergingLayer, PairMergingLayer } from "./merge.ts";
export { minimum } from "./minimum.ts";
export { multiply } from "./multiply.ts";
export type { Pool2dLayer, Pool2dOptions } from "./pool2d.ts";
export { prelu, type PreluOptions } from "./prelu.ts";
export type {
  Merge,
  RecurrentLayer,
  RecurrentOptions,
  RecurrentResult,
  RecurrentShape,
  RecurrentStates,
  RecurrentWidth,
} from "./recurrent_options.ts";
export { relu } from "./relu.ts";
export { relu6 } from "./relu6.ts";
export { reshape, type ReshapeLayer, type RowShape } from "./reshape.ts";
export { type Addend, residual, type ResidualOptions } from "./residual.ts";
export { rmsNormalization, type RmsNormalizationOptions } from "./rms_normalization.ts";
export { selu } from "./selu.ts";
export { sequential } from "./sequential.ts";
export { sigmoid } from "./sigmoid.ts";
export { silu } from "./silu.ts";
export { simpleRnn, type SimpleRnnOptions } from "./simple_rnn.ts";
export { type PositionsLayer, sinusoidalPositions } from "./sinusoidal_positions.ts";
export { softmax, type SoftmaxOptions } from "./softmax.ts";
export { softplus } from "./softplus.ts";
export { softsign } from "./softsign.ts";
export { spatialDropout1d, type SpatialDropout1dLayer } from "./spatial_dropout1d.ts";
export { spatialDropout2d, type SpatialDropout2dLayer } from "./spatial_dropout2d.ts";
export { stopGradient } from "./stop_gradient.ts";
export { subtract } from "./subtract.ts";
export { tanh } from "./tanh.ts";
export {
  transformerEncoder,
  type TransformerEncoderLayer,
  type TransformerEncoderOptions,
} from "./transformer_encoder.ts";
export { upSampling1d, type UpSampling1dLayer } from "./up_sampling1d.ts";
export {
  type Interpolation,
  upSampling2d,
  type UpSampling2dLayer,
  type UpSampling2dOptions,
} from "./up_sampling2d.ts";
export type { Padding, Size2d } from "./windows.ts";
export { zeroPadding1d, type ZeroPadding1dLayer } from "./zero_padding1d.ts";
export { zeroPadding2d, type ZeroPadding2dLayer } from "./zero_padding2d.ts";
