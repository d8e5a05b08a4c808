/**
 * Learning from few labels: ten images of each of the digits 5 to 9. Features that were learned from
 * the digits 0 to 4 are taken over and frozen, and a small network is trained on them; beside it, the
 * same network learns from the same fifty images from scratch. Of the 4,861 test digits from 5 to 9,
 * the first is right about 83 %, the second about 74 %.
 *
 * `deno task train pipelines/transfer_base.ts --run runs/transfer-base`, once, then
 * `deno task train pipelines/transfer.ts`
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
  freeze,
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
const high = ofClasses({ labels: "label", classes: [5, 6, 7, 8, 9], perClass: 10 })(digits);
const pixels = rescale({ scale: 1 / 255 })(high.image);

/** The convolutions of `transfer_base.ts`. */
const convolutions = () =>
  sequential(
    reshape([28, 28, 1]),
    conv2d(8, 5, { activation: "relu" }),
    maxPool2d(2),
    conv2d(16, 5, { activation: "relu" }),
    maxPool2d(2),
    flatten(),
  );
const head = () => sequential(dense(64, { activation: "relu" }), dense(5));

const features = freeze(convolutions())(pixels); // from runs/transfer-base
const tuned = head()(features);
const tunedLoss = sparseCategoricalCrossEntropy()({ logits: tuned, labels: high.label });
const tunedOptimizer = adam({ learningRate: 1e-3 })(backward()(tunedLoss));

const scratchFeatures = convolutions()(pixels);
const scratch = head()(scratchFeatures);
const scratchLoss = sparseCategoricalCrossEntropy()({ logits: scratch, labels: high.label });
const scratchOptimizer = adam({ learningRate: 1e-3 })(backward()(scratchLoss));

export default pipeline({
  name: "transfer",
  epochs: 40,
  batchSize: 10,
  seed: 0,
  initialWeights: [{
    file: "runs/transfer-base",
    from: "features",
    trainedBy: "pipelines/transfer_base.ts",
  }],
  stages: {
    digits,
    high,
    pixels,
    features,
    tuned,
    tunedLoss,
    tunedOptimizer,
    scratchFeatures,
    scratch,
    scratchLoss,
    scratchOptimizer,
    tunedAccuracy: accuracy()({ logits: tuned, labels: high.label }),
    scratchAccuracy: accuracy()({ logits: scratch, labels: high.label }),
  },
});
