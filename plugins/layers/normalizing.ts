/**
 * What the normalizations share: the scale and the shift that follow them, and the moments of values.
 *
 * @module
 */
import { z } from "zod";
import {
  formatSpec,
  ops,
  type ParameterSpec,
  type Shape,
  type TensorSpec,
  type Value,
} from "../../core/mod.ts";
import { initializerField } from "../fields.ts";
import { type InitializerLike, resolveInitializer } from "../initializers/mod.ts";

/** Options of what follows a normalization by mean and variance. */
export interface AffineOptions {
  /** Whether `beta` is added. Default `true`. */
  readonly center?: boolean | undefined;
  /** Whether there is a factor `gamma`. Default `true`. */
  readonly scale?: boolean | undefined;
  /** First values of `beta`. Default `"zeros"`. */
  readonly betaInitializer?: InitializerLike | undefined;
  /** First values of `gamma`. Default `"ones"`. */
  readonly gammaInitializer?: InitializerLike | undefined;
}

/** These options, filled in. */
export interface AffineConfig {
  readonly center: boolean;
  readonly scale: boolean;
  readonly betaInitializer: InitializerLike;
  readonly gammaInitializer: InitializerLike;
}

/** Fields of a schema, each named as its option. */
type AffineFields = {
  readonly [name in keyof AffineConfig]: z.ZodType<
    AffineConfig[name],
    AffineConfig[name] | undefined
  >;
};

/** The fields of these options. */
export function affineFields(): AffineFields {
  return {
    center: z.boolean().default(true).describe("Whether beta is added"),
    scale: z.boolean().default(true).describe("Whether there is a factor gamma"),
    betaInitializer: initializerField("zeros", "First values of beta"),
    gammaInitializer: initializerField("ones", "First values of gamma"),
  };
}

/** The field of what is added to a variance, so that its root is not 0. */
export function epsilonField(standard: number): z.ZodType<number, number | undefined> {
  return z.number().gt(0).default(standard).describe(
    "What is added under the root, so that it is not 0",
  );
}

/** The field of the axes that are normalized together. */
export function axesField(): z.ZodType<
  number | readonly number[],
  number | readonly number[] | undefined
> {
  return z.union([z.int(), z.array(z.int()).min(1).readonly()], {
    error: "expected the number of an axis, or a list of them",
  }).default(-1).describe(
    "Axis or axes that are normalized together, the batch being axis 0; negative count from the end",
  );
}

/**
 * Axes, counted from the first, ascending.
 *
 * @throws {RangeError} When one is the batch, or x has none of that number.
 */
export function axesOf(x: TensorSpec, axes: number | readonly number[]): readonly number[] {
  const rank = x.shape.length;
  const wanted = typeof axes === "number" ? [axes] : axes;
  return [
    ...new Set(wanted.map((axis) => {
      const found = axis < 0 ? axis + rank : axis;
      if (found >= 1 && found < rank) return found;
      throw new RangeError(
        `Cannot normalize ${formatSpec(x)} along axis ${axis}: expected an axis behind the batch` +
          (rank < 2 ? ", and there is none" : `, 1 to ${rank - 1}`),
      );
    })),
  ].toSorted((a, b) => a - b);
}

/** The sizes of x along axes, and 1 between them, from the first of them on: what broadcasts to x. */
export function shapeAlong(x: TensorSpec, axes: readonly number[]): Shape {
  return x.shape.map((size, axis) => axes.includes(axis) ? size : 1).slice(axes[0]!);
}

/** The parameters `gamma` and `beta`, where they are wanted. */
export function affineParameters(
  { center, scale, betaInitializer, gammaInitializer }: AffineConfig,
  shape: Shape,
): { readonly gamma: ParameterSpec | undefined; readonly beta: ParameterSpec | undefined } {
  return {
    gamma: scale ? { shape, initializer: resolveInitializer(gammaInitializer) } : undefined,
    beta: center ? { shape, initializer: resolveInitializer(betaInitializer) } : undefined,
  };
}

/** Mean and variance along axes, which stay with size 1, and how far x is from its mean. */
export interface Moments {
  readonly mean: Value;
  readonly variance: Value;
  readonly deviation: Value;
}

/** The moments of a value: the variance is that of the elements themselves, divided by their number. */
export function momentsOf(x: Value, axes: readonly number[]): Moments {
  const mean = ops.mean(x, { axes, keepDims: true });
  return { mean, variance: ops.variance(x, { axes, keepDims: true }), deviation: ops.sub(x, mean) };
}

/** `deviation · gamma / √(variance + epsilon) + beta`. */
export function normalize(
  { deviation, variance }: Pick<Moments, "deviation" | "variance">,
  { epsilon, gamma, beta }: {
    readonly epsilon: number;
    readonly gamma: Value | undefined;
    readonly beta: Value | undefined;
  },
): Value {
  const inverse = ops.div(1, ops.sqrt(ops.add(variance, epsilon)));
  const factor = gamma === undefined ? inverse : ops.mul(inverse, gamma);
  const scaled = ops.mul(deviation, factor);
  return beta === undefined ? scaled : ops.add(scaled, beta);
}
