/**
 * Penalties on the size of weights, as a stage between a loss and its backward pass.
 *
 * @module
 */
import { z } from "zod";
import {
  defineStage,
  lazySchema,
  type Loss,
  ops,
  type Schema,
  type Value,
} from "../../core/mod.ts";
import { isNamed, requireKnown } from "../paths.ts";

/** Options of {@linkcode regularize}. */
export interface RegularizeOptions {
  /** What the sum of absolute weights is multiplied by, from 0 on. Default 0. */
  readonly l1?: number | undefined;
  /** What the sum of squared weights is multiplied by, from 0 on. Default 0. */
  readonly l2?: number | undefined;
  /**
   * Which parameters, by path, or by the start or end of one: `"logits"`, `"logits.dense1"`, `"weight"`.
   * Default: all that the loss depends on and that have two axes or more, which leaves out biases and
   * gains.
   */
  readonly parameters?: readonly string[] | undefined;
}

interface RegularizeConfig {
  readonly l1: number;
  readonly l2: number;
  readonly parameters?: readonly string[] | undefined;
}

const config: Schema<RegularizeOptions, RegularizeConfig> = lazySchema(() =>
  z.strictObject({
    l1: z.number().min(0).default(0).describe("What the sum of absolute weights is multiplied by"),
    l2: z.number().min(0).default(0).describe("What the sum of squared weights is multiplied by"),
    parameters: z.array(z.string().min(1)).min(1).optional().describe(
      "Which parameters, by path or by the start or end of one; all of two axes or more when absent",
    ),
  }).superRefine(({ l1, l2 }, context) => {
    if (l1 > 0 || l2 > 0) return;
    context.addIssue({ code: "custom", path: ["l2"], message: "expected l1 or l2 above 0" });
  })
);

const stage = defineStage<(loss: Loss) => Loss>()({
  name: "regularize",
  family: "loss",
  kind: "traced",
  config,
  formula: "penalized = loss + l1 · Σ|w| + l2 · Σw²",
  inputs: { loss: { kind: "loss" } },
  output: "loss",
  build({ loss }, context) {
    const { l1, l2, parameters: names } = context.config;
    const known = context.parametersOf(loss);
    requireKnown(names ?? [], {
      paths: known.map(({ path }) => path),
      matches: isNamed,
      refusal: (name) => `Cannot regularize "${name}": the loss depends on`,
    });
    const chosen = known.filter(({ path, spec }) =>
      names === undefined ? spec.shape.length >= 2 : names.some((name) => isNamed(path, name))
    );
    if (chosen.length === 0) {
      throw new TypeError(
        "Cannot regularize the loss: it depends on no parameter of two axes or more; " +
          "name others in parameters",
      );
    }
    const penaltyOf = (weight: Value): Value[] => [
      ...(l1 === 0 ? [] : [ops.mul(ops.reduceSum(ops.abs(weight)), l1)]),
      ...(l2 === 0 ? [] : [ops.mul(ops.reduceSum(ops.square(weight)), l2)]),
    ];
    const [first, ...rest] = chosen.flatMap(({ value }) => penaltyOf(value));
    return ops.add(loss, rest.reduce((sum, penalty) => ops.add(sum, penalty), first!));
  },
});

/**
 * `penalized = loss + l1 · Σ|w| + l2 · Σw²` over weights `w` that the loss depends on: large weights cost,
 * so that a model fits what is common and not each example. L2 makes all weights smaller; L1 makes many
 * of them 0. Regularizers chain, each with parameters of its own.
 *
 * Both losses are scored, each under its stage's name; the total is that of the penalized one, in
 * evaluation too, as in Keras.
 *
 * Gradient: `∂penalized/∂w = ∂loss/∂w + l1 · sign(w) + 2 · l2 · w`; of `sign`, 0 at 0
 *
 * Differs: as Keras's `L1`, `L2` and `L1L2`, which are options of each layer. PyTorch's `weight_decay` of
 * SGD is `2 · l2`; with adaptive optimizers, an optimizer's own weight decay is another thing: it is not
 * scaled by their moments.
 *
 * Counterparts: Keras `regularizers.L1, L2, L1L2`; PyTorch none; TensorFlow.js `regularizers.l1,
 * l2, l1l2`
 *
 * @param options.l1 From 0 on; at least one of both is above 0.
 * @param options.l2 From 0 on.
 * @param options.parameters Paths, or the start or end of some; default all of two axes or more.
 * @returns A stage from a loss to a loss.
 * @throws {RangeError} When a name in `parameters` names none of them, as the pipeline is checked.
 * @throws {TypeError} When there is nothing to regularize, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import {
 *   arrays,
 *   backward,
 *   dense,
 *   meanSquaredError,
 *   pipeline,
 *   regularize,
 *   sgd,
 *   train,
 * } from "@millrace/millrace";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const points = arrays({ x: [[1], [1]], y: [[1], [1]] });
 * const line = dense(1, { kernelInitializer: "ones" })(points.x);
 * const loss = meanSquaredError()({ predictions: line, targets: points.y });
 * const penalized = regularize({ l2: 0.25 })(loss);
 * const fit = sgd({ learningRate: 0.1 })(backward()(penalized));
 * const { metrics, model } = await train(
 *   pipeline({ name: "example", stages: { points, line, loss, penalized, fit } }),
 *   { device: "reference" },
 * );
 * assertAlmostEquals(metrics.train.loss!, 0, 1e-6); // the line fits, but its weight costs
 * assertAlmostEquals(metrics.train.penalized!, 0.25, 1e-6);
 * assertAlmostEquals(model.tensors["line.weight"]!.data[0]!, 1 - 0.1 * 2 * 0.25, 1e-6);
 * ```
 */
export function regularize(options: RegularizeOptions): (loss: Loss) => Loss {
  return stage(options);
}
