/**
 * Small functions to be minimized, and an optimizer at work on one, in float64.
 *
 * @module
 */
import {
  ops,
  type ParameterGradient,
  type TracedGradients,
  type TracedUpdate,
  type Value,
} from "../../../core/mod.ts";
import { applyUpdate } from "../../../core/check/mod.ts";
import { buildStage, Laboratory } from "../../support/build_stage.ts";

/** What was seen on the way. */
export interface Trajectory {
  /** The function before each step. */
  readonly losses: readonly number[];
  /** The parameter after each step. */
  readonly params: readonly Float64Array[];
}

/** `(1 - x₀)² + 100 (x₁ - x₀²)²`: a long curved valley; the least value is 0, at (1, 1). */
export function rosenbrock(x: Value): Value {
  const part = (i: number) => ops.slice(x, { start: [i], sizes: [1] });
  return ops.reduceSum(ops.add(
    ops.square(ops.sub(1, part(0))),
    ops.mul(ops.square(ops.sub(part(1), ops.square(part(0)))), 100),
  ));
}

/** `Σ (xᵢ - 3)²`: the least value is 0, where all are 3. */
export function parabola(x: Value): Value {
  return ops.reduceSum(ops.square(ops.sub(x, 3)));
}

/** Gradients as a backward pass gives them. */
export function gradientsOf(
  { builder }: Laboratory,
  parameters: readonly ParameterGradient[],
): TracedGradients {
  const step = ops.cast(builder.input("step", { shape: [], dtype: "u32" }), "f32");
  return { parameters, step };
}

/** Runs an optimizer. */
export function minimize(
  optimizer: unknown,
  { start, loss, steps }: {
    readonly start: readonly number[];
    readonly loss: (x: Value) => Value;
    readonly steps: number;
  },
): Trajectory {
  const laboratory = new Laboratory();
  const parameter = laboratory.variable("x", { shape: [start.length], data: start });
  const value = loss(parameter.value);
  const gradients = gradientsOf(laboratory, [
    { parameter, gradient: ops.gradient(value, parameter.value) },
  ]);
  applyUpdate(buildStage<TracedUpdate>(laboratory, optimizer, { gradients }).output);
  laboratory.builder.output("loss", value);
  const step = laboratory.prepare();
  const seen = Array.from({ length: steps }, step);
  return {
    losses: seen.map(({ outputs }) => outputs.loss![0]!),
    params: seen.map(({ variables }) => variables.x!),
  };
}
