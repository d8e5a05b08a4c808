/**
 * Functions of ops applied to plain numbers, with gradients, in float64.
 *
 * @module
 */
import type { DType, Shape } from "../../core/tensor/mod.ts";
import { GraphBuilder, type Value } from "../../core/graph/mod.ts";
import { differentiate } from "../../core/differentiate/mod.ts";
import { gradient, mul, reduceSum } from "../../core/ops/mod.ts";
import { type Block, evaluateGraph } from "./evaluate.ts";

/** A tensor of numbers. */
export interface Given {
  readonly data: readonly number[];
  /** One axis by default. */
  readonly shape?: Shape;
  /** f32 by default. */
  readonly dtype?: DType;
}

/** Numbers along one axis, f32; or with another shape or dtype. */
export function tensor(data: readonly number[], options: Omit<Given, "data"> = {}): Given {
  return { data, ...options };
}

/** Applies `build` to tensors, and gives its result. */
export function apply(inputs: readonly Given[], build: (...values: Value[]) => Value): Block {
  const builder = new GraphBuilder();
  builder.output("y", build(...inputs.map((given, i) => inputOf(builder, given, i))));
  return evaluateGraph(builder.build("test"), dataOf(inputs)).y!;
}

/** The numbers that `build` gives. */
export function numbers(inputs: readonly Given[], build: (...values: Value[]) => Value): number[] {
  return [...apply(inputs, build).data];
}

/** Gradients of `Σ y·cotangent` by the inputs that are floats; the cotangent is 1 unless given. */
export function gradients(
  inputs: readonly Given[],
  build: (...values: Value[]) => Value,
  cotangent?: Given,
): number[][] {
  const builder = new GraphBuilder();
  const values = inputs.map((given, i) => inputOf(builder, given, i));
  const y = build(...values);
  const all = cotangent === undefined ? inputs : [...inputs, cotangent];
  const weighted = cotangent === undefined ? y : mul(y, inputOf(builder, cotangent, inputs.length));
  const loss = reduceSum(weighted);
  const floats = values.filter((value) => value.spec.dtype === "f32");
  floats.forEach((value, i) => builder.output(`d${i}`, gradient(loss, value)));
  const results = evaluateGraph(differentiate(builder.build("test")), dataOf(all));
  return floats.map((_, i) => [...results[`d${i}`]!.data]);
}

/** A value of some spec, to which ops can be applied to see what they refuse. */
export function valueOf(shape: Shape, dtype: DType = "f32"): Value {
  return valuesOf([shape, dtype])[0]!;
}

/** Values of one graph. */
export function valuesOf(...specs: readonly (readonly [Shape, DType?])[]): Value[] {
  const builder = new GraphBuilder();
  return specs.map(([shape, dtype = "f32"], i) => builder.input(`x${i}`, { shape, dtype }));
}

function inputOf(builder: GraphBuilder, { data, shape, dtype }: Given, number: number): Value {
  return builder.input(`x${number}`, { shape: shape ?? [data.length], dtype: dtype ?? "f32" });
}

function dataOf(inputs: readonly Given[]): Record<string, readonly number[]> {
  return Object.fromEntries(inputs.map(({ data }, i) => [`x${i}`, data]));
}
