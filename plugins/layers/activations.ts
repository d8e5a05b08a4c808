/**
 * Activation functions by name, for the configurations of layers. Each has a layer of its own too,
 * with its options; by name they have their defaults.
 *
 * @module
 */
import { z } from "zod";
import { type Dim, ops, type Tensor, type Value } from "../../core/mod.ts";
import { quoted } from "../fields.ts";

/** Signature of a layer whose output has the shape of its input. */
export type ShapeKeepingLayer = <S extends readonly Dim[]>(x: Tensor<S>) => Tensor<S>;

/** Slope below 0 of a leaky rectifier that is given none. */
export const leakySlope = 0.3;

/** Name of an activation function. */
export type ActivationName =
  | "linear"
  | "relu"
  | "elu"
  | "gelu"
  | "geluTanh"
  | "hardSigmoid"
  | "hardSwish"
  | "leakyRelu"
  | "logSoftmax"
  | "mish"
  | "relu6"
  | "selu"
  | "sigmoid"
  | "silu"
  | "softmax"
  | "softplus"
  | "softsign"
  | "tanh";

/** The name of an activation function, or one written in ops. */
export type Activation = ActivationName | ((x: Value) => Value);

/** The activation functions that have a name. */
export const namedActivations: Readonly<Record<ActivationName, (x: Value) => Value>> = {
  linear: (x) => x,
  relu: ops.relu,
  elu: (x) => ops.elu(x),
  gelu: (x) => ops.gelu(x),
  geluTanh: (x) => ops.gelu(x, { approximate: true }),
  hardSigmoid: ops.hardSigmoid,
  hardSwish: ops.hardSwish,
  leakyRelu: (x) => ops.leakyRelu(x, leakySlope),
  logSoftmax: (x) => ops.logSoftmax(x),
  mish: ops.mish,
  relu6: ops.relu6,
  selu: ops.selu,
  sigmoid: ops.sigmoid,
  silu: ops.silu,
  softmax: (x) => ops.softmax(x),
  softplus: ops.softplus,
  softsign: ops.softsign,
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
    error: `expected a function of ops, or one of ${quoted(names)}`,
  }).default(standard).describe("What the sums pass through, by name or as a function of ops");
}
