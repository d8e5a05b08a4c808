/**
 * What `transfer.ts` starts from: a convolutional network that tells the digits 0 to 4 apart.
 *
 * `deno task train pipelines/transfer_base.ts --run runs/transfer-base`
 *
 * @module
 */
import {
  accuracy,
  adam,
  backward,
  conv2d,
  dense,
  flatten,
  maxPool2d,
  mnist,
  ofClasses,
  pipeline,
  rescale,
  reshape,
  sequential,
  sparseCategoricalCrossEntropy,
} from "@millrace/millrace";

const digits = mnist();
const low = ofClasses({ labels: "label", classes: [0, 1, 2, 3, 4] })(digits);
const pixels = rescale({ scale: 1 / 255 })(low.image);
const features = sequential(
  reshape([28, 28, 1]),
  conv2d(8, 5, { activation: "relu" }), // [24, 24, 8]
  maxPool2d(2), // [12, 12, 8]
  conv2d(16, 5, { activation: "relu" }), // [8, 8, 16]
  maxPool2d(2), // [4, 4, 16]
  flatten(),
)(pixels);
const logits = sequential(dense(64, { activation: "relu" }), dense(5))(features);
const loss = sparseCategoricalCrossEntropy()({ logits, labels: low.label });
const gradients = backward()(loss);
const optimizer = adam({ learningRate: 2e-3 })(gradients);

export default pipeline({
  name: "transfer-base",
  epochs: 2,
  batchSize: 64,
  seed: 0,
  stages: {
    digits,
    low,
    pixels,
    features,
    logits,
    loss,
    gradients,
    optimizer,
    accuracy: accuracy()({ logits, labels: low.label }),
  },
});
