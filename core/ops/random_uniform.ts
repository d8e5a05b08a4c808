/**
 * Uniform random numbers: Threefry-2x32 with 13 rounds, as `core/tensor/random.ts` has it for the
 * host. A number depends on seed, stream, step and its place alone.
 *
 * @module
 */
import {
  formatSpec,
  type Shape,
  type TensorSpec,
  threefryParity,
  threefryRotations,
  threefryRounds,
} from "../tensor/mod.ts";
import { type ElementwiseOp, type Scalar, scalar, type Value } from "../graph/mod.ts";
import { defineOp } from "./define_op.ts";

/** What is drawn. */
export interface RandomUniformParams {
  /** Shape of the result. */
  readonly shape: Shape;
  /** Which of the run's streams: `streamOf` of the stage's path. */
  readonly stream: number;
}

/** `u ~ U[0, 1)` of the given shape, from seed and step (u32 scalars) */
export const randomUniformOp: ElementwiseOp<RandomUniformParams> = defineOp<RandomUniformParams>({
  name: "randomUniform",
  kind: "elementwise",
  definition: "uniform(seed, t): numbers in [0, 1), drawn anew at each step t",
  infer([seed, step], { shape }) {
    requireCounter("seed", seed!);
    requireCounter("step", step!);
    return { shape, dtype: "f32" };
  },
  formula([seed, step], { stream }) {
    const word = threefry(seed!, scalar.constant(stream, "u32"), scalar.position, step!);
    // the top 24 bits, all that an f32 in [0, 1) can hold evenly
    return scalar.mul(scalar.cast(scalar.shiftRight(word, 8), "f32"), 2 ** -24);
  },
  vjp: "none",
  format: ([seed, step]) => `uniform(${seed}, ${step})`,
});

/**
 * Numbers uniform in [0, 1), the same on every device: the top 24 bits of
 * `threefry2x32([seed, stream], position, step)[0]`.
 *
 * `Gradient:` none.
 *
 * @param seed The run's seed, u32 scalar.
 * @param step The step counter, u32 scalar: every step draws anew.
 */
export function randomUniform(
  { seed, step, shape, stream }: {
    readonly seed: Value;
    readonly step: Value;
    readonly shape: Shape;
    readonly stream: number;
  },
): Value {
  return seed.builder.apply(randomUniformOp, [seed, step], { shape, stream });
}

function requireCounter(name: string, spec: TensorSpec): void {
  if (spec.dtype !== "u32" || spec.shape.length > 0) {
    throw new TypeError(
      `Cannot draw random numbers: received ${name} ${formatSpec(spec)}, expected u32[]`,
    );
  }
}

/** The first word of Threefry-2x32 of the counter (c0, c1) under the key (k0, k1). */
function threefry(k0: Scalar, k1: Scalar, c0: Scalar, c1: Scalar): Scalar {
  const keys = [k0, k1, scalar.xor(scalar.xor(k0, k1), threefryParity)];
  let x0 = scalar.add(c0, k0);
  let x1 = scalar.add(c1, k1);
  for (let round = 0; round < threefryRounds; round++) {
    const distance = threefryRotations[round % 8]!;
    x0 = scalar.add(x0, x1);
    x1 = scalar.or(scalar.shiftLeft(x1, distance), scalar.shiftRight(x1, 32 - distance));
    x1 = scalar.xor(x1, x0);
    if (round % 4 === 3) {
      const injection = (round + 1) / 4;
      x0 = scalar.add(x0, keys[injection % 3]!);
      x1 = scalar.add(x1, scalar.add(keys[(injection + 1) % 3]!, injection));
    }
  }
  return x0;
}
