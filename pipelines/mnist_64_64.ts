/**
 * Handwritten digits with two hidden layers of 64 units: 784-64-64-10, trained with Adam.
 * `mnist_64_64_sgd.ts` is the same model with plain gradient descent.
 *
 * `deno task train pipelines/mnist_64_64.ts`
 *
 * @module
 */
import {
  accuracy,
  adam,
  backward,
  dense,
  flatten,
  mnist,
  pipeline,
  rescale,
  sequential,
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
const optimizer = adam({ learningRate: 1e-3 })(gradients);

export default pipeline({
  name: "mnist_64_64",
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
