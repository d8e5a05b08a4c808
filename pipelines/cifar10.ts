/**
 * CIFAR-10: 60,000 small photographs of ten kinds of things. A convolutional network with batch
 * normalization; while training, images are mirrored, moved by up to four pixels, and a square is
 * hidden, all within the compiled step; weight decay (AdamW) and a learning rate that falls as a cosine.
 *
 * The files are downloaded (163 MB, from https://www.cs.toronto.edu/~kriz/cifar.html) when they are not
 * there, which needs `--allow-net=www.cs.toronto.edu`, once: on a terminal Deno asks for it. Where they
 * are already:
 *
 * `deno task train pipelines/cifar10.ts --set photographs.folder=/where/they/are`
 *
 * or, of the archive, `photographs.folder=cifar-10-binary.tar.gz!/cifar-10-batches-bin`.
 *
 * @module
 */
import {
  accuracy,
  adamw,
  backward,
  batchNormalization,
  cifar10,
  conv2d,
  cosineDecay,
  cutout,
  dense,
  dropout,
  globalAveragePool2d,
  maxPool2d,
  pipeline,
  randomFlip,
  randomShift,
  relu,
  rescale,
  sequential,
  softmax,
  sparseCategoricalCrossEntropy,
} from "@millrace/millrace";

const photographs = cifar10(); // image u8[batch, 32, 32, 3]
const pixels = rescale({ scale: 1 / 128, offset: -1 })(photographs.image);
const mirrored = randomFlip()(pixels);
const moved = randomShift({ height: 4, width: 4 })(mirrored);
const images = cutout(8)(moved);
const features = sequential(
  conv2d(32, 3, { padding: "same", useBias: false }),
  batchNormalization(),
  relu(),
  maxPool2d(2),
  conv2d(64, 3, { padding: "same", useBias: false }),
  batchNormalization(),
  relu(),
  maxPool2d(2),
  conv2d(128, 3, { padding: "same", useBias: false }),
  batchNormalization(),
  relu(),
)(images);
const logits = sequential(globalAveragePool2d(), dropout(0.2), dense(10))(features);
const loss = sparseCategoricalCrossEntropy()({ logits, labels: photographs.label });
const gradients = backward()(loss);
const optimizer = adamw({
  learningRate: cosineDecay({ initialLearningRate: 2e-3, decaySteps: 30 * 391 }),
  weightDecay: 0.05,
})(gradients);

export default pipeline({
  name: "cifar10",
  epochs: 30,
  batchSize: 128,
  seed: 0,
  stages: {
    photographs,
    pixels,
    mirrored,
    moved,
    images,
    features,
    logits,
    loss,
    gradients,
    optimizer,
    accuracy: accuracy()({ logits, labels: photographs.label }),
    probabilities: softmax()(logits),
  },
});
