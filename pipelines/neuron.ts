/**
 * One neuron learns the logical OR, by formulas that can be followed by hand.
 *
 * Forward: `s = x · w + b`, `y = 1 / (1 + exp(-s))`, `loss = mean((y - t)²)` over the four rows.
 *
 * Backward, by the chain rule, from the loss to the weights:
 * `∂loss/∂y = 2 (y - t) / 4`, `∂loss/∂s = ∂loss/∂y · y (1 - y)`,
 * `∂loss/∂w = xᵀ · ∂loss/∂s`, `∂loss/∂b = Σ ∂loss/∂s`.
 *
 * Step: `w = w - learningRate · ∂loss/∂w`, `b = b - learningRate · ∂loss/∂b`.
 *
 * Every batch is the whole table, so an epoch is one step of plain gradient descent. All weights
 * begin with 0: the first outputs are 0.5, the first loss is 0.25, the first gradients are -0.125,
 * of both weights and of the bias.
 *
 * `deno task train pipelines/neuron.ts`, and `deno task explain pipelines/neuron.ts --numbers` for these
 * formulas with their numbers
 *
 * @module
 */
import {
  arrays,
  backward,
  dense,
  meanAbsoluteError,
  meanSquaredError,
  pipeline,
  sgd,
} from "@millrace/millrace";

const table = arrays({
  inputs: [[0, 0], [0, 1], [1, 0], [1, 1]],
  targets: [[0], [1], [1], [1]],
});
const output = dense(1, { activation: "sigmoid", kernelInitializer: "zeros" })(table.inputs);
const loss = meanSquaredError()({ predictions: output, targets: table.targets });
const gradients = backward()(loss);
const optimizer = sgd({ learningRate: 2 })(gradients);

export default pipeline({
  name: "neuron",
  epochs: 500,
  batchSize: 4,
  shuffle: false,
  stages: {
    table,
    output,
    loss,
    gradients,
    optimizer,
    error: meanAbsoluteError()({ predictions: output, targets: table.targets }),
  },
});
