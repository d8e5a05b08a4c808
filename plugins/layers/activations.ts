/**
 * Activation functions by name, for the configurations of layers.
 *
 * @module
 */
import { z } from "zod";
import { type Dim, ops, type Tensor, type Value } from "../../core/mod.ts";

/** Name of an activation function. */
export type ActivationName = "linear" | "relu" | "sigmoid" | "softmax" | "tanh";

/** The name of an activation function, or one written in ops. */
export type Activation = ActivationName | ((x: Value) => Value);

/** Signature of a layer whose output has the shape of its input. */
export type ShapeKeepingLayer = <S extends readonly Dim[]>(x: Tensor<S>) => Tensor<S>;

/** The activation functions that have a name. */
export const namedActivations: Readonly<Record<ActivationName, (x: Value) => Value>> = {
  linear: (x) => x,
  relu: ops.relu,
  sigmoid: ops.sigmoid,
  softmax: (x) => ops.softmax(x),
  tanh: ops.tanh,
};

/** Applies an activation function. */
export function activate(x: Value, activation: Activation): Value {
  return typeof activation === "string" ? namedActivations[activation](x) : activation(x);
}

/** A field for an activation function: its name, or a function of ops. */
export function activationField(
  standard: ActivationName,
): z.ZodType<Activation, Activation | undefined> {
  const names = Object.keys(namedActivations) as ActivationName[];
  return z.union([z.enum(names), z.custom<(x: Value) => Value>((f) => typeof f === "function")], {
    error: `expected a function of ops, or one of ${
      names.map((name) => JSON.stringify(name)).join(", ")
    }`,
  }).default(standard).describe("What the sums pass through, by name or as a function of ops");
}
