/**
 * A learning rate that stays as it is between some steps.
 *
 * @module
 */
import { ops, type Schedule } from "../../core/mod.ts";
import { requireSettings, stepsBefore } from "./settings.ts";

/** Options of {@linkcode piecewiseConstantDecay}. */
export interface PiecewiseConstantDecayOptions {
  /** How many steps have been taken when the next value begins: whole numbers, ascending. */
  readonly boundaries: readonly number[];
  /** The rates, one more than there are boundaries. */
  readonly values: readonly number[];
}

/**
 * `rate(t) = values[i]`, with `i` the number of `boundaries` that are at most `t - 1`: after
 * `boundaries[0]` steps the rate is `values[1]`.
 *
 * Differs: as PyTorch's `MultiStepLR`, whose rates are `initial · gammaⁱ`. Keras's
 * `PiecewiseConstantDecay` begins each value one step later.
 *
 * Counterparts: Keras `PiecewiseConstantDecay`; PyTorch `MultiStepLR`; TensorFlow.js none
 *
 * @returns A schedule, for an optimizer's `learningRate`.
 * @throws {RangeError} When boundaries do not ascend, or there is not one value more.
 *
 * @example
 * ```ts
 * import { piecewiseConstantDecay } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const rate = piecewiseConstantDecay({ boundaries: [1000, 2000], values: [0.1, 0.01, 0.001] });
 * assertEquals(rate.name, "piecewiseConstantDecay(0.1, 1000: 0.01, 2000: 0.001)");
 * ```
 */
export function piecewiseConstantDecay(options: PiecewiseConstantDecayOptions): Schedule {
  const { boundaries, values } = options;
  if (values.length !== boundaries.length + 1) {
    throw new RangeError(
      `Cannot make a schedule with values: received ${values.length} for ${boundaries.length} ` +
        `boundaries, expected ${boundaries.length + 1}`,
    );
  }
  boundaries.forEach((boundary, i) => {
    const before = boundaries[i - 1] ?? 0;
    const isNext = Number.isInteger(boundary) && boundary > before;
    requireSettings({
      [`boundaries[${i}]`]: [boundary, isNext, `a whole number above ${before}`],
    });
  });
  values.forEach((value, i) =>
    requireSettings({ [`values[${i}]`]: [value, value >= 0, "0 or more"] })
  );
  const pieces = boundaries.map((boundary, i) => ({ boundary, value: values[i + 1]! }));
  const later = pieces.map(({ boundary, value }) => `, ${boundary}: ${value}`);
  return {
    name: `piecewiseConstantDecay(${values[0]}${later.join("")})`,
    value: (step) =>
      pieces.reduce(
        (rate, { boundary, value }) =>
          ops.where(ops.greaterEqual(stepsBefore(step), boundary), value, rate),
        ops.constantLike(step, values[0]!),
      ),
  };
}
