/**
 * The fully connected layer.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyTensor,
  defineLayer,
  type Dim,
  lazySchema,
  ops,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { initializerField } from "../fields.ts";
import { type InitializerLike, resolveInitializer } from "../initializers/mod.ts";
import { activate, type Activation, activationField } from "./activations.ts";

/** Options of {@linkcode dense}. */
export interface DenseOptions {
  /** What the sums pass through: a name, or a function of ops. Default `"linear"`. */
  readonly activation?: Activation | undefined;
  /** Whether a bias is added. Default `true`. */
  readonly useBias?: boolean | undefined;
  /** First values of the weight. Default `"glorotUniform"`. */
  readonly kernelInitializer?: InitializerLike | undefined;
  /** First values of the bias. Default `"zeros"`. */
  readonly biasInitializer?: InitializerLike | undefined;
}

interface DenseConfig {
  readonly units: number;
  readonly activation: Activation;
  readonly useBias: boolean;
  readonly kernelInitializer: InitializerLike;
  readonly biasInitializer: InitializerLike;
}

const config: Schema<DenseOptions & { readonly units: number }, DenseConfig> = lazySchema(() =>
  z.strictObject({
    units: z.int().min(1).describe("Number of outputs"),
    activation: activationField("linear"),
    useBias: z.boolean().default(true).describe("Whether a bias is added"),
    kernelInitializer: initializerField("glorotUniform", "First values of the weight"),
    biasInitializer: initializerField("zeros", "First values of the bias"),
  })
);

const stage = defineLayer<(x: AnyTensor) => AnyTensor>()({
  name: "dense",
  config,
  formula: "y = activation(x · weight + bias)",
  rank: 2,
  parameters: ({ units, useBias, kernelInitializer, biasInitializer }, x) => ({
    weight: {
      shape: [x.shape[1]!, units],
      initializer: resolveInitializer(kernelInitializer),
    },
    bias: useBias
      ? { shape: [units], initializer: resolveInitializer(biasInitializer) }
      : undefined,
  }),
  build({ x, weight, bias }, { config }) {
    const product = ops.matmul(x, weight);
    return activate(bias === undefined ? product : ops.add(product, bias), config.activation);
  },
});

/**
 * `y = activation(x · weight + bias)`: every output is a weighted sum of all inputs.
 *
 * Shapes: `x [batch, in], weight [in, units], bias [units] -> [batch, units]`
 *
 * Gradient: with `s = x · weight + bias` and `δ = ∂L/∂y ⊙ activation′(s)`: `∂L/∂weight = xᵀ · δ`,
 * `∂L/∂bias = Σ_batch δ`, `∂L/∂x = δ · weightᵀ`
 *
 * Differs: the defaults are Keras's; PyTorch's `Linear` keeps the weight as `[units, in]` and draws
 * weight and bias uniformly in `±1/√in`. The input has two axes; put `flatten()` before it.
 *
 * Counterparts: Keras `Dense`; PyTorch `Linear`; TensorFlow.js `layers.dense`
 *
 * @param units Number of outputs, at least 1.
 * @returns A layer with the parameters `weight` and `bias`.
 *
 * @example
 * ```ts
 * import { dense, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = dense(10, { activation: "relu", kernelInitializer: "heUniform" });
 * assertEquals(stageOf(layer)?.definition.formula, "y = activation(x · weight + bias)");
 * ```
 */
export function dense<const N extends number>(
  units: N,
  options: DenseOptions = {},
): <B extends Dim, I extends Dim>(x: Tensor<readonly [B, I]>) => Tensor<readonly [B, N]> {
  return stage({ ...options, units });
}
