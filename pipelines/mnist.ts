/**
 * Handwritten digits, the first tutorial of Keras: 28×28 pixels, one hidden layer with dropout, ten
 * classes. Adam, 5 epochs; reaches about 97.7 % of the test digits.
 *
 * `deno task train pipelines/mnist.ts`
 *
 * @module
 */
import {
  accuracy,
  adam,
  backward,
  dense,
  dropout,
  flatten,
  mnist,
  pipeline,
  rescale,
  sequential,
  softmax,
  sparseCategoricalCrossEntropy,
} from "@millrace/millrace";

const digits = mnist(); // image u8[batch, 28, 28], label: 10 classes
const pixels = rescale({ scale: 1 / 255 })(digits.image);
const logits = sequential(
  flatten(),
  dense(128, { activation: "relu" }),
  dropout(0.2),
  dense(10),
)(pixels);
const loss = sparseCategoricalCrossEntropy()({ logits, labels: digits.label });
const gradients = backward()(loss);
const optimizer = adam({ learningRate: 1e-3 })(gradients);

export default pipeline({
  name: "mnist",
  epochs: 5,
  batchSize: 32,
  seed: 0,
  stages: {
    digits,
    pixels,
    logits,
    loss,
    gradients,
    optimizer,
    accuracy: accuracy()({ logits, labels: digits.label }),
    probabilities: softmax()(logits),
  },
});
