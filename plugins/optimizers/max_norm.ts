/**
 * Weights kept within a norm.
 *
 * @module
 */
import { z } from "zod";
import { defineStage, lazySchema, ops, type ParameterUpdate, type Schema } from "../../core/mod.ts";
import { isNamed, requireKnown } from "../paths.ts";

/** Options of {@linkcode maxNorm}. */
export interface MaxNormOptions {
  /**
   * Parameters that are kept within the norm: a path, the start of one, or the end of one. Default:
   * all with two axes or more.
   */
  readonly parameters?: readonly string[] | undefined;
}

interface MaxNormConfig {
  readonly limit: number;
  readonly parameters?: readonly string[] | undefined;
}

const config: Schema<MaxNormOptions & { readonly limit: number }, MaxNormConfig> = lazySchema(() =>
  z.strictObject({
    limit: z.number().positive().describe("Greatest norm of the weights into a unit"),
    parameters: z.array(z.string().min(1)).min(1).optional().describe(
      "Which parameters, by path or by the start or end of one; all with two axes or more when absent",
    ),
  })
);

/** Keeps a quotient finite, as PyTorch does. */
const normEpsilon = 1e-7;

const stage = defineStage<(update: ParameterUpdate) => ParameterUpdate>()({
  name: "maxNorm",
  family: "optimizer",
  kind: "traced",
  config,
  formula: "param = param · limit / ‖param‖ where ‖param‖ > limit, for each unit",
  inputs: { update: { kind: "update" } },
  output: "update",
  build({ update }, { config: { limit, parameters: names } }) {
    requireKnown(names ?? [], {
      paths: update.parameters.map(({ parameter }) => parameter.path),
      matches: isNamed,
      refusal: (name) => `Cannot keep "${name}" within a norm: the optimizer updates`,
    });
    const parameters = update.parameters.map(({ parameter, value }) => {
      const { shape } = parameter.spec;
      const isWanted = names?.some((name) => isNamed(parameter.path, name)) ?? shape.length >= 2;
      if (!isWanted) return { parameter, value };
      const axes = shape.length < 2 ? shape.keys() : shape.slice(1).keys();
      const norms = ops.sqrt(
        ops.reduceSum(ops.square(value), { axes: [...axes], keepDims: true }),
      );
      const scale = ops.div(limit, ops.add(norms, normEpsilon));
      return {
        parameter,
        value: ops.mul(value, ops.where(ops.greater(norms, limit), scale, 1)),
      };
    });
    return { ...update, parameters };
  },
});

/**
 * `param = param · limit / (‖param‖ + 1e-7)` where `‖param‖ > limit`, after each update: the weights
 * into each unit, over all axes but the last, stay within a norm. It goes well with dropout and large
 * learning rates.
 *
 * Differs: the same as PyTorch's `renorm` along the last axis; Keras's constraint `MaxNorm` scales
 * always, by `limit / (epsilon + limit)` at most.
 *
 * Counterparts: Keras `constraints.MaxNorm`; PyTorch `torch.renorm`; TensorFlow.js
 * `constraints.maxNorm`
 *
 * @param limit Greatest Euclidean norm, above 0; 2 to 4 is usual.
 * @returns A stage from an update to an update.
 * @throws {RangeError} When a name in `parameters` means none, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import { maxNorm, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * // optimizer = maxNorm(3)(sgd({ learningRate: 0.1 })(gradients))
 * assertEquals(stageOf(maxNorm(3))?.options, { limit: 3 });
 * ```
 *
 * Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR
 * 2014, https://jmlr.org/papers/v15/srivastava14a.html
 */
export function maxNorm(
  limit: number,
  options: MaxNormOptions = {},
): (update: ParameterUpdate) => ParameterUpdate {
  return stage({ ...options, limit });
}
