/**
 * Handwritten digits read row by row, as 28 steps of 28 pixels, by an LSTM of 128 units. Adam, 3 epochs;
 * reaches about 97 % of the test digits.
 *
 * `deno task train pipelines/sequence.ts`
 *
 * @module
 */
import {
  accuracy,
  adam,
  backward,
  dense,
  lstm,
  mnist,
  type Pipeline,
  pipeline,
  rescale,
  sequential,
  softmax,
  sparseCategoricalCrossEntropy,
} from "@millrace/millrace";

const digits = mnist(); // image u8[batch, 28, 28], label: 10 classes
const rows = rescale({ scale: 1 / 255 })(digits.image);
const logits = sequential(lstm(128), dense(10))(rows);
const loss = sparseCategoricalCrossEntropy()({ logits, labels: digits.label });
const gradients = backward()(loss);
const optimizer = adam({ learningRate: 1e-3 })(gradients);

const sequence: Pipeline = pipeline({
  name: "sequence",
  epochs: 3,
  batchSize: 64,
  seed: 0,
  stages: {
    digits,
    rows,
    logits,
    loss,
    gradients,
    optimizer,
    accuracy: accuracy()({ logits, labels: digits.label }),
    probabilities: softmax()(logits),
  },
});

export default sequence;
