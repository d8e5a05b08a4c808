/**
 * Typed handles: what calling a stage returns and what stages are wired with. A handle carries no
 * data; it names an output of a stage, and its type says what flows there, so that wrong wiring
 * does not compile.
 *
 * @module
 */
import type { DType } from "../tensor/mod.ts";
import type { StageCall } from "./stage.ts";

/** The size of an axis: a number where it is known to the type, a name such as `"batch"` where it is not. */
export type Dim = number | string;

/** An output of a stage. Invariant in what flows there. */
export interface Handle<T> {
  /** Only a type; never present. */
  readonly "~flow": (flow: T) => T;
  /** The stage, as called. */
  readonly stage: StageCall;
  /** Which of its outputs. */
  readonly port: string;
}

/** A tensor with shape `S`, the batch axis first, and element type `D`. */
export interface Tensor<S extends readonly Dim[], D extends DType = "f32">
  extends Handle<readonly ["tensor", S, D]> {}

/** One class number per row, from 0 to `C - 1`. */
export interface ClassLabels<B extends Dim = "batch", C extends number = number>
  extends Handle<readonly ["labels", B, C]> {}

/**
 * Text: `L` bytes of UTF-8 for each row, zeros after its end. It is a tensor of bytes too, so that a
 * model may read the bytes themselves.
 */
export interface Text<L extends number = number, B extends Dim = "batch">
  extends Tensor<readonly [B, L], "u8"> {
  /** Only a type; never present. */
  readonly "~encoding": "utf-8";
}

/**
 * What may be compared with a `Tensor<S>` element by element: the same shape, where an axis whose size
 * is only known as `number` agrees with every size. The check compares the real sizes later. `S` is
 * inferred from elsewhere.
 */
export type Matching<S extends readonly Dim[], D extends DType = "f32"> = NoInfer<
  Tensor<OpenShape<S>, D> | Tensor<WidenedShape<S>, D>
>;

/** Labels for rows `B` of scores of `C` classes; a number of classes known only as `number` agrees. */
export type MatchingLabels<B extends Dim, C extends number> = NoInfer<
  ClassLabels<B, OpenDim<C>> | ClassLabels<B, number>
>;

/** A size that agrees with every size where it is known only as `number`. */
// deno-lint-ignore no-explicit-any
export type OpenDim<D> = number extends D ? any : D;

/** A shape whose axes known only as `number` agree with every size. */
export type OpenShape<S extends readonly Dim[]> = { readonly [axis in keyof S]: OpenDim<S[axis]> };

/** A shape whose sizes are all known only as `number`; names, as `"batch"`, stay. */
export type WidenedShape<S extends readonly Dim[]> = {
  readonly [axis in keyof S]: S[axis] extends number ? number : S[axis];
};

/** A scalar to be made small. */
export interface Loss extends Handle<readonly ["loss"]> {}

/** The gradient of a loss by each parameter. */
export interface Gradients extends Handle<readonly ["gradients"]> {}

/** The update of parameters, once a step: what an optimizer gives. */
export interface ParameterUpdate extends Handle<readonly ["update"]> {}

/** A number that is gathered over the batches of an epoch. */
export interface Metric extends Handle<readonly ["metric"]> {}

/** The outputs of a stage that opens rows, by port. */
export type RowHandles = Readonly<Record<string, AnyHandle>>;

/** What can flow through a port. */
export type PortKind = "tensor" | "labels" | "loss" | "gradients" | "update" | "metric";

/** A tensor of any shape and element type, for signatures that a more exact type covers. */
// deno-lint-ignore no-explicit-any
export type AnyTensor = Tensor<any, any>;

/** Text of any length, for signatures that a more exact type covers. */
// deno-lint-ignore no-explicit-any
export type AnyText = Text<any, any>;

/** Labels of any number of classes, for signatures that a more exact type covers. */
// deno-lint-ignore no-explicit-any
export type AnyLabels = ClassLabels<any, any>;

/** Any handle, whatever flows there. */
// deno-lint-ignore no-explicit-any
export type AnyHandle = Handle<any>;
