/**
 * The contract of an op, and how one is written.
 *
 * An op is one object that answers everything: its shape rule (`infer`), its gradient (`vjp`), its
 * definition (`formula`, or `reference` in plain float64 loops), and by its `kind` how planners and
 * devices may treat it:
 *
 * | kind | definition | examples |
 * | --- | --- | --- |
 * | elementwise | `formula`: one scalar expression; inputs broadcast | add, relu, randomUniform |
 * | reduction | `operator` and `axes`; reduced axes stay with size 1 | reduceSum, reduceMax |
 * | movement | `view`: other strides over the same elements | reshape, broadcastTo, transpose |
 * | contraction | `reference`, `flops`; devices have kernels | matmul, convolution |
 * | opaque | `reference`, and `decompose` or kernels | gather, sort |
 * | symbolic | none: a phase replaces it | gradient |
 *
 * A file of `core/ops` exports the op object (`addOp`) and the function that applies it (`add`),
 * which is what builders of stages call. Before adding one, ask whether it can be a function of ops
 * that exist; make it an op only if its gradient or its speed needs it.
 *
 * @module
 */
import type { DType, TensorSpec } from "../tensor/mod.ts";
import { broadcastShapes, formatSpec } from "../tensor/mod.ts";
import type {
  ContractionOp,
  ElementwiseOp,
  MovementOp,
  Op,
  OpaqueOp,
  Value,
} from "../graph/mod.ts";
import type { ReductionOp, SymbolicOp } from "../graph/mod.ts";
import { scalar } from "../graph/mod.ts";

/** A value, or a number that becomes a constant of the other side's dtype. */
export type ValueLike = Value | number;

/**
 * Checks an op's type and gives it back: the one way to write an op, here or in a plugin.
 *
 * @example
 * ```ts
 * import { defineOp, scalar } from "@millrace/millrace";
 *
 * const cubeOp = defineOp<null>({
 *   name: "cube",
 *   kind: "elementwise",
 *   infer: ([x]) => x!,
 *   formula: ([x]) => scalar.mul(x!, scalar.mul(x!, x!)),
 *   vjp: "none",
 * });
 * ```
 */
export function defineOp<P>(op: ElementwiseOp<P>): ElementwiseOp<P>;
/** Checks a reduction: one input combined along axes, by `operator` and `axes`, and gives it back. */
export function defineOp<P>(op: ReductionOp<P>): ReductionOp<P>;
/** Checks a movement: another `view` of the same elements, and gives it back. */
export function defineOp<P>(op: MovementOp<P>): MovementOp<P>;
/** Checks a contraction: sums of products, by `reference` and `flops`, and gives it back. */
export function defineOp<P>(op: ContractionOp<P>): ContractionOp<P>;
/** Checks an opaque op: `reference`, and kernels or `decompose`, and gives it back. */
export function defineOp<P>(op: OpaqueOp<P>): OpaqueOp<P>;
/** Checks a symbolic op, which a phase replaces before planning, and gives it back. */
export function defineOp<P>(op: SymbolicOp<P>): SymbolicOp<P>;
export function defineOp<P>(op: Op<P>): Op<P> {
  return op;
}

/**
 * The shape rule of elementwise ops: inputs of one dtype, broadcast together.
 *
 * @throws {TypeError} When dtypes differ or shapes do not broadcast.
 */
export function inferElementwise(
  name: string,
  inputs: readonly TensorSpec[],
  dtype?: DType,
): TensorSpec {
  const first = inputs[0]!;
  const odd = inputs.find((input) => input.dtype !== first.dtype);
  if (odd !== undefined) {
    throw new TypeError(
      `Cannot apply "${name}" to ${formatSpec(first)} and ${formatSpec(odd)}: cast one of them`,
    );
  }
  return {
    shape: broadcastShapes(...inputs.map((input) => input.shape)),
    dtype: dtype ?? first.dtype,
  };
}

/**
 * Demands that an input has one of some dtypes.
 *
 * @throws {TypeError} When it has another.
 */
export function requireDType(name: string, input: TensorSpec, ...dtypes: readonly DType[]): void {
  if (!dtypes.includes(input.dtype)) {
    throw new TypeError(
      `Cannot apply "${name}": received ${formatSpec(input)}, expected dtype ${
        dtypes.join(" or ")
      }`,
    );
  }
}

/** The shape rule of elementwise ops on floats: f32 inputs, broadcast together. */
export function inferFloats(name: string, inputs: readonly TensorSpec[]): TensorSpec {
  for (const input of inputs) requireDType(name, input, "f32");
  return inferElementwise(name, inputs);
}

/**
 * The shape rule of arithmetic: inputs of one dtype, broadcast together. Bytes (u8) are for storage:
 * cast them first, so that no sum wraps at 256.
 */
export function inferNumbers(name: string, inputs: readonly TensorSpec[]): TensorSpec {
  for (const input of inputs) requireDType(name, input, "f32", "i32", "u32");
  return inferElementwise(name, inputs);
}

/** A constant of every element, as a scalar value that broadcasts. */
export const fillOp: ElementwiseOp<{ readonly value: number; readonly dtype: DType }> = defineOp<
  { readonly value: number; readonly dtype: DType }
>({
  name: "fill",
  kind: "elementwise",
  infer: (_, { value, dtype }) => {
    const [least, greatest] = constantRange[dtype];
    if (dtype !== "f32" && !(Number.isInteger(value) && value >= least && value <= greatest)) {
      throw new RangeError(
        `Cannot make a constant: received ${value}, expected ${dtype}, ` +
          `an integer from ${least} to ${greatest}`,
      );
    }
    return { shape: [], dtype };
  },
  formula: (_, { value, dtype }) => scalar.constant(value, scalar.scalarTypeOf(dtype)),
  vjp: "none",
});

/** The constants that a dtype can hold. */
const constantRange: Readonly<Record<DType, readonly [number, number]>> = {
  f32: [-Infinity, Infinity],
  i32: [-2147483648, 2147483647],
  u32: [0, 4294967295],
  u8: [0, 255],
};

/** Turns numbers among values into constants of the dtype of the value beside them. */
export function lift(a: ValueLike, b: ValueLike): [Value, Value] {
  if (typeof a === "number") {
    if (typeof b === "number") {
      throw new TypeError("Cannot apply an op to two numbers: one side must be a value");
    }
    return [constantLike(b, a), b];
  }
  return [a, typeof b === "number" ? constantLike(a, b) : b];
}

/** A scalar constant in the graph and of the dtype of a value. */
export function constantLike(value: Value, constant: number): Value {
  return value.builder.apply(fillOp, [], { value: constant, dtype: value.spec.dtype });
}
