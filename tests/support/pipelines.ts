/**
 * Small pipelines that tests train, break, and look at.
 *
 * @module
 */
import {
  accuracy,
  adam,
  arrays,
  backward,
  dense,
  dropout,
  meanSquaredError,
  type Pipeline,
  pipeline,
  type PipelineOptions,
  sequential,
  sgd,
  softmax,
  sparseCategoricalCrossEntropy,
  syntheticClassification,
} from "@millrace/millrace";

/** A classifier of Gaussian blobs: 60 rows of 4 features, 3 classes, dropout inside. */
export function blobs(options: Partial<PipelineOptions> = {}): Pipeline {
  const data = syntheticClassification({
    rows: 60,
    testRows: 30,
    features: 4,
    classes: 3,
    noise: 0.3,
    seed: 1,
  });
  const logits = sequential(dense(8, { activation: "relu" }), dropout(0.2), dense(3))(
    data.features,
  );
  const loss = sparseCategoricalCrossEntropy()({ logits, labels: data.label });
  const optimizer = adam({ learningRate: 0.01 })(backward()(loss));
  return pipeline({
    name: "blobs",
    epochs: 3,
    batchSize: 16,
    seed: 7,
    stages: {
      data,
      logits,
      loss,
      optimizer,
      accuracy: accuracy()({ logits, labels: data.label }),
      probabilities: softmax()(logits),
    },
    ...options,
  });
}

/** Five weighted rows of three weighted classes; the learning rate is too small to change a score of 0. */
export function weightedClassifier(options: Partial<PipelineOptions> = {}): Pipeline {
  const data = arrays({
    x: [[1], [2], [3], [4], [5]],
    kind: { values: [0, 1, 2, 1, 0], classes: 3 },
    weight: [[1], [0], [3], [0.5], [1]],
  });
  const logits = dense(3, { kernelInitializer: "zeros" })(data.x);
  const loss = sparseCategoricalCrossEntropy({ classWeights: [2, 1, 0.5] })({
    logits,
    labels: data.kind,
    sampleWeight: data.weight,
  });
  const fit = sgd({ learningRate: 1e-12 })(backward()(loss));
  return pipeline({ name: "weighted", stages: { data, logits, loss, fit }, ...options });
}

/** A line whose loss overflows after some steps: the learning rate is far too high. */
export function exploding(): Pipeline {
  const data = arrays({ x: [[1], [2], [3], [4]], y: [[2], [4], [6], [8]] });
  const line = dense(1)(data.x);
  const loss = meanSquaredError()({ predictions: line, targets: data.y });
  return pipeline({
    name: "exploding",
    epochs: 200,
    batchSize: 2,
    stages: { data, line, loss, optimizer: sgd({ learningRate: 10 })(backward()(loss)) },
  });
}

/** Two classifiers on one hidden layer, both of 3 classes; `mixed` is computed from the first's scores. */
export function twoHeads(): Pipeline {
  const data = arrays({
    x: [[0, 1], [1, 0], [1, 1], [0, 0]],
    size: { values: [0, 1, 2, 1], classes: ["small", "middle", "large"] },
    color: { values: [2, 0, 1, 0], classes: ["red", "green", "blue"] },
  });
  const hidden = dense(3, { activation: "tanh" })(data.x);
  const size = dense(3)(hidden);
  const color = dense(3)(hidden);
  const sizeLoss = sparseCategoricalCrossEntropy()({ logits: size, labels: data.size });
  const colorLoss = sparseCategoricalCrossEntropy()({ logits: color, labels: data.color });
  return pipeline({
    name: "twoHeads",
    batchSize: 2,
    stages: {
      data,
      hidden,
      size,
      color,
      sizeLoss,
      colorLoss,
      sizes: softmax()(size),
      colors: softmax()(color),
      mixed: dense(3)(size),
    },
  });
}
