/**
 * The Keras guide to the sequential model: 100 features, 64 units, 10 classes, on made-up data,
 * with one-hot targets and stochastic gradient descent with Nesterov's momentum. Evaluated in
 * batches of 128.
 *
 * `deno task train pipelines/sgd_nesterov.ts`
 *
 * @module
 */
import {
  accuracy,
  backward,
  categoricalCrossEntropy,
  dense,
  oneHot,
  pipeline,
  sequential,
  sgd,
  softmax,
  syntheticClassification,
} from "@millrace/millrace";

const blobs = syntheticClassification({
  rows: 1000,
  features: 100,
  classes: 10,
  testRows: 200,
  noise: 3,
});
const targets = oneHot()(blobs.label);
const logits = sequential(
  dense(64, { activation: "relu" }),
  dense(10),
)(blobs.features);
const loss = categoricalCrossEntropy()({ logits, targets });
const gradients = backward()(loss);
const optimizer = sgd({ learningRate: 0.01, momentum: 0.9, nesterov: true })(gradients);

export default pipeline({
  name: "sgd_nesterov",
  epochs: 20,
  batchSize: 32,
  evaluateBatchSize: 128,
  seed: 0,
  stages: {
    blobs,
    targets,
    logits,
    loss,
    gradients,
    optimizer,
    accuracy: accuracy()({ logits, labels: blobs.label }),
    probabilities: softmax()(logits),
  },
});
