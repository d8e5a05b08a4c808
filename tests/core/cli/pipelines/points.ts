/**
 * A pipeline that trains in no time, for tests of the command line.
 *
 * @module
 */
import {
  accuracy,
  arrays,
  backward,
  dense,
  pipeline,
  sequential,
  sgd,
  softmax,
  sparseCategoricalCrossEntropy,
} from "@millrace/millrace";

const x = Array.from({ length: 24 }, (_, i) => [Math.cos(i), Math.sin(i)] as [number, number]);
const values = x.map(([a]) => a > 0 ? 1 : 0);
const points = arrays(
  { x, side: { values, classes: ["left", "right"] } },
  { test: { x: x.slice(0, 8), side: values.slice(0, 8) } },
);
const logits = sequential(dense(4, { activation: "tanh" }), dense(2))(points.x);
const loss = sparseCategoricalCrossEntropy()({ logits, labels: points.side });

export default pipeline({
  name: "points",
  epochs: 3,
  batchSize: 8,
  stages: {
    points,
    logits,
    loss,
    optimizer: sgd({ learningRate: 0.5 })(backward()(loss)),
    accuracy: accuracy()({ logits, labels: points.side }),
    probabilities: softmax()(logits),
  },
});
