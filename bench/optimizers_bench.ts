/**
 * How fast do optimizers, and the parts that chain with them, update the parameters of a layer?
 *
 * @module
 */
import {
  accumulateGradients,
  adadelta,
  adagrad,
  adam,
  adamax,
  adamw,
  addDecayedWeights,
  clipByGlobalNorm,
  clipByNorm,
  clipByValue,
  exponentialMovingAverage,
  lamb,
  lion,
  maxNorm,
  nadam,
  ops,
  rmsprop,
  scaleByTrustRatio,
  sgd,
  sizeOf,
  type TracedGradients,
  type TracedUpdate,
} from "@millrace/millrace";
import { applyUpdate } from "../core/check/mod.ts";
import { updateLoops } from "./loops/optimizers.ts";
import { type BenchCase, loopVariant, register } from "./support/case.ts";
import { deviceVariants, normals } from "./support/graph.ts";
import { builtStage, counters, stepOf } from "./support/stage.ts";

/** Some more parameters than `pipelines/mnist.ts` has. */
const shape = [800, 128] as const;
const length = sizeOf(shape);

/** Parts in their order, and arrays of numbers that an update reads and writes. */
const updates: Readonly<Record<string, readonly [parts: readonly unknown[], arrays: number]>> = {
  "sgd": [[sgd()], 3],
  "sgd with momentum": [[sgd({ momentum: 0.9 })], 5],
  "adam": [[adam()], 7],
  "adamw": [[adamw({ weightDecay: 0.01 })], 7],
  "nadam": [[nadam()], 7],
  "adamax": [[adamax()], 7],
  "rmsprop": [[rmsprop()], 5],
  "adagrad": [[adagrad()], 5],
  "adadelta": [[adadelta()], 7],
  "lion": [[lion()], 5],
  "lamb": [[lamb()], 7],
  "clipByValue": [[clipByValue(0.5), sgd()], 3],
  "clipByNorm": [[clipByNorm(1), sgd()], 3],
  "clipByGlobalNorm": [[clipByGlobalNorm(1), sgd()], 3],
  "scaleByTrustRatio": [[scaleByTrustRatio(), sgd()], 3],
  "addDecayedWeights": [[addDecayedWeights(0.01), sgd()], 3],
  "accumulateGradients": [[accumulateGradients(2), sgd()], 5],
  "maxNorm": [[sgd(), maxNorm(3)], 3],
  "exponentialMovingAverage": [[sgd(), exponentialMovingAverage()], 5],
};

const first = () => normals("param", length).map(Math.abs);

/** The cases. */
export const cases: readonly BenchCase[] = Object.entries(updates).map((
  [name, [parts, arrays]],
) => ({
  name: `${name}, ${length} parameters`,
  bytes: 4 * arrays * length,
  variants: [
    loopVariant(() => {
      const zeros = () => new Float32Array(length);
      const param = first();
      const grad = normals("grad", length);
      const state = [zeros(), zeros(), zeros()] as const;
      let run = 0;
      return {
        run: () => updateLoops[name]!({ param, grad, state, units: shape[1], run: ++run }),
        result: () => param,
      };
    }),
    ...deviceVariants((builder) => {
      const spec = { shape, dtype: "f32" } as const;
      const param = builder.variable("param", { spec, role: "parameter", initialize: first });
      const gradients: TracedGradients = {
        parameters: [{ parameter: param, gradient: builder.input("grad", spec) }],
        step: ops.cast(stepOf(builder), "f32"),
      };
      const update = parts.reduce<TracedGradients | TracedUpdate>(
        (input, made) =>
          builtStage<TracedGradients | TracedUpdate>(made, {
            builder,
            inputs: { gradients: input, update: input },
          }).output,
        gradients,
      );
      applyUpdate(update as TracedUpdate);
    }, counters),
  ],
}));

await register(cases, import.meta);
