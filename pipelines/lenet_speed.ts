/**
 * The network of `lenet.ts` with plain gradient descent at a learning rate of 0.1: what `bench` and
 * others' measurements train, so that samples per second can be compared.
 *
 * `deno task train pipelines/lenet_speed.ts`
 *
 * @module
 */
import {
  accuracy,
  backward,
  conv2d,
  dense,
  flatten,
  maxPool2d,
  mnist,
  pipeline,
  rescale,
  reshape,
  sequential,
  sgd,
  softmax,
  sparseCategoricalCrossEntropy,
} from "@millrace/millrace";

const digits = mnist(); // image u8[batch, 28, 28], label: 10 classes
const pixels = rescale({ scale: 1 / 255 })(digits.image);
const logits = sequential(
  reshape([28, 28, 1]),
  conv2d(8, 5, { activation: "relu" }), // [24, 24, 8]
  maxPool2d(2), // [12, 12, 8]
  conv2d(16, 5, { activation: "relu" }), // [8, 8, 16]
  maxPool2d(2), // [4, 4, 16]
  flatten(),
  dense(10),
)(pixels);
const loss = sparseCategoricalCrossEntropy()({ logits, labels: digits.label });
const gradients = backward()(loss);
const optimizer = sgd({ learningRate: 0.1 })(gradients);

export default pipeline({
  name: "lenet_speed",
  epochs: 3,
  batchSize: 64,
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
