/**
 * Handwritten digits with two hidden layers of 64 units, as in the PyTorch tutorial that writes the
 * training loop out: forward, loss, backward, step, with plain stochastic gradient descent at a
 * learning rate of 0.01. Here the same four are stages.
 *
 * `deno task train pipelines/mnist_64_64_sgd.ts`
 *
 * @module
 */
import {
  accuracy,
  backward,
  dense,
  flatten,
  mnist,
  pipeline,
  rescale,
  sequential,
  sgd,
  softmax,
  sparseCategoricalCrossEntropy,
} from "@millrace/millrace";

const digits = mnist();
const pixels = rescale({ scale: 1 / 255 })(digits.image);
const logits = sequential(
  flatten(),
  dense(64, { activation: "relu" }),
  dense(64, { activation: "relu" }),
  dense(10),
)(pixels);
const loss = sparseCategoricalCrossEntropy()({ logits, labels: digits.label });
const gradients = backward()(loss);
const optimizer = sgd({ learningRate: 0.01 })(gradients);

export default pipeline({
  name: "mnist_64_64_sgd",
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
