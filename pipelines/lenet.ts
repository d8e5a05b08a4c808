/**
 * Handwritten digits with a convolutional network after LeNet: two convolutions of 5×5, each followed
 * by a pooling, then ten classes. Adam, with a learning rate that shrinks to 0.7 of it in every epoch
 * (938 steps); reaches about 99 % of the test digits with 5,994 parameters.
 *
 * `deno task train pipelines/lenet.ts`
 *
 * @module
 */
import {
  accuracy,
  adam,
  backward,
  conv2d,
  dense,
  dropout,
  exponentialDecay,
  flatten,
  maxPool2d,
  mnist,
  pipeline,
  rescale,
  reshape,
  sequential,
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
  dropout(0.2),
  dense(10),
)(pixels);
const loss = sparseCategoricalCrossEntropy()({ logits, labels: digits.label });
const gradients = backward()(loss);
const learningRate = exponentialDecay({
  initialLearningRate: 3e-3,
  decaySteps: 938,
  decayRate: 0.7,
});
const optimizer = adam({ learningRate })(gradients);

export default pipeline({
  name: "lenet",
  epochs: 8,
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
