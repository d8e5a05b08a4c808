/**
 * Gradients kept within a norm, all parameters together.
 *
 * @module
 */
import { z } from "zod";
import {
  defineStage,
  type GradientTransformCall,
  lazySchema,
  ops,
  type Schema,
} from "../../core/mod.ts";
import { scaleToNorm, sumOfSquares } from "./norms.ts";

interface ClipByGlobalNormConfig {
  readonly maxNorm: number;
}

const config: Schema<ClipByGlobalNormConfig, ClipByGlobalNormConfig> = lazySchema(() =>
  z.strictObject({
    maxNorm: z.number().positive().describe("Greatest norm of all gradients together"),
  })
);

const stage = defineStage<GradientTransformCall>()({
  name: "clipByGlobalNorm",
  family: "optimizer",
  kind: "traced",
  config,
  formula: "gradient = gradient · min(1, maxNorm / (norm + 1e-6)), norm = √Σ ‖gradient‖²",
  inputs: { gradients: { kind: "gradients" } },
  output: "gradients",
  build({ gradients }, { config: { maxNorm } }) {
    const squares = gradients.parameters.map(({ gradient }) => sumOfSquares(gradient));
    const total = squares.reduce((sum, square) => ops.add(sum, square));
    const scale = scaleToNorm(ops.sqrt(total), maxNorm);
    const parameters = gradients.parameters.map(({ parameter, gradient }) => ({
      parameter,
      gradient: ops.mul(gradient, scale),
    }));
    return { ...gradients, parameters };
  },
});

/**
 * `gradient = gradient · min(1, maxNorm / (norm + 1e-6))` with `norm = √Σ ‖gradient‖²` over all
 * parameters: the step becomes shorter and keeps its direction.
 *
 * Differs: the same as PyTorch's `clip_grad_norm_`; Keras's `global_clipnorm` is without the 1e-6.
 *
 * Source: Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks", ICML
 * 2013, https://arxiv.org/abs/1211.5063
 *
 * Counterparts: Keras `Optimizer(global_clipnorm=…)`; PyTorch `nn.utils.clip_grad_norm_`;
 * TensorFlow.js none
 *
 * @param maxNorm Greatest Euclidean norm, above 0.
 * @returns A stage from gradients to gradients.
 *
 * @example
 * ```ts
 * import {
 *   arrays,
 *   backward,
 *   clipByGlobalNorm,
 *   dense,
 *   meanSquaredError,
 *   pipeline,
 *   sgd,
 *   train,
 * } from "@millrace/millrace";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const points = arrays({ x: [[3], [4]], y: [[100], [100]] });
 * const line = dense(1, { kernelInitializer: "zeros" })(points.x);
 * const loss = meanSquaredError()({ predictions: line, targets: points.y });
 * const gradients = clipByGlobalNorm(0.5)(backward()(loss));
 * const fit = sgd({ learningRate: 1 })(gradients);
 * const { model } = await train(
 *   pipeline({ name: "example", stages: { points, line, loss, gradients, fit } }),
 *   { device: "reference" },
 * );
 * const [weight, bias] = ["line.weight", "line.bias"].map((path) => model.tensors[path]!.data[0]!);
 * assertAlmostEquals(Math.hypot(weight!, bias!), 0.5, 1e-6);
 * ```
 */
export function clipByGlobalNorm(maxNorm: number): GradientTransformCall {
  return stage({ maxNorm });
}
