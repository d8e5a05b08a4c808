/**
 * The teacher of `distill.ts`: a large network, with dropout, that has seen all 60,000 digits.
 *
 * `deno task train pipelines/distill_teacher.ts --run runs/distill-teacher`
 *
 * @module
 */
import {
  accuracy,
  adam,
  backward,
  dense,
  dropout,
  flatten,
  mnist,
  pipeline,
  rescale,
  sequential,
  sparseCategoricalCrossEntropy,
} from "@millrace/millrace";

const digits = mnist();
const pixels = rescale({ scale: 1 / 255 })(digits.image);
const teacher = sequential(
  flatten(),
  dense(256, { activation: "relu" }),
  dropout(0.2),
  dense(128, { activation: "relu" }),
  dropout(0.2),
  dense(10),
)(pixels);
const loss = sparseCategoricalCrossEntropy()({ logits: teacher, labels: digits.label });
const gradients = backward()(loss);
const optimizer = adam({ learningRate: 1e-3 })(gradients);

export default pipeline({
  name: "distill-teacher",
  epochs: 5,
  batchSize: 64,
  seed: 0,
  stages: {
    digits,
    pixels,
    teacher,
    loss,
    gradients,
    optimizer,
    accuracy: accuracy()({ logits: teacher, labels: digits.label }),
  },
});
