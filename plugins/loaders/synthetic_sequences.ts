/**
 * Made-up sequences: waves to be continued, sums of marked numbers.
 *
 * @module
 */
import { z } from "zod";
import { lazySchema, type Tensor } from "../../core/mod.ts";
import { defineSynthetic, syntheticFields, type SyntheticOptions } from "./synthetic_rows.ts";

/** Options of {@linkcode waves}. */
export interface WavesOptions<L extends number = number> extends SyntheticOptions {
  /** Steps of a sequence. */
  readonly steps: L;
}

/** What {@linkcode waves} gives. */
export type Waves<L extends number> = {
  /** The sequences. */
  readonly sequence: Tensor<readonly ["batch", L, 1]>;
  /** The step that follows. */
  readonly next: Tensor<readonly ["batch", 1]>;
};

const makeWaves = defineSynthetic({
  name: "waves",
  config: lazySchema(() =>
    z.strictObject({
      ...syntheticFields(0.05),
      steps: z.int().min(1).describe("Steps of a sequence"),
    })
  ),
  ports: ({ steps }) => ({
    sequence: { kind: "tensor", dtype: "f32", shape: [steps, 1] },
    next: { kind: "tensor", dtype: "f32", shape: [1] },
  }),
  maker: ({ steps, noise }) => (_, { sequence, next }, random) => {
    const period = 8 + 24 * random.uniform();
    const phase = 2 * Math.PI * random.uniform();
    const at = (step: number) => Math.sin(2 * Math.PI * step / period + phase);
    for (let step = 0; step < steps; step++) sequence![step] = at(step) + noise * random.normal();
    next![0] = at(steps);
  },
});

/**
 * Makes sequences to be continued: `sin(2π t / period + phase)`, the period uniform from 8 to 32 steps
 * and the phase of a whole turn, with noise (0.05 unless said otherwise) on all steps but the one that
 * follows.
 *
 * Shapes: sequence `f32[batch, steps, 1]`, next `f32[batch, 1]`
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns The handles `sequence` and `next`.
 *
 * @example
 * ```ts
 * import { waves } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(waves({ rows: 1000, steps: 24 }).sequence.port, "sequence"); // f32[batch, 24, 1]
 * ```
 */
export function waves<const L extends number>(options: WavesOptions<L>): Waves<L> {
  return makeWaves(options) as unknown as Waves<L>;
}

/** Options of {@linkcode markedSums}. */
export interface MarkedSumsOptions<L extends number = number>
  extends Omit<SyntheticOptions, "noise"> {
  /** Steps of a sequence, two at least. */
  readonly steps: L;
}

/** What {@linkcode markedSums} gives. */
export type MarkedSums<L extends number> = {
  /** A number and a mark, of 0 or 1, for each step. */
  readonly sequence: Tensor<readonly ["batch", L, 2]>;
  /** The sum of the two numbers that are marked. */
  readonly sum: Tensor<readonly ["batch", 1]>;
};

const makeMarkedSums = defineSynthetic({
  name: "markedSums",
  config: lazySchema(() =>
    z.strictObject({
      ...syntheticFields(0),
      steps: z.int().min(2).describe("Steps of a sequence"),
    })
  ),
  ports: ({ steps }) => ({
    sequence: { kind: "tensor", dtype: "f32", shape: [steps, 2] },
    sum: { kind: "tensor", dtype: "f32", shape: [1] },
  }),
  maker: ({ steps }) => (_, { sequence, sum }, random) => {
    const half = Math.floor(steps / 2);
    const marks = [random.below(half), half + random.below(steps - half)];
    for (let step = 0; step < steps; step++) sequence![2 * step] = random.uniform();
    for (const mark of marks) sequence![2 * mark + 1] = 1;
    sum![0] = sequence![2 * marks[0]!]! + sequence![2 * marks[1]!]!;
  },
});

/**
 * Makes the adding problem, on which memory over many steps is tried: numbers uniform from 0 to 1, two
 * of them marked, one in each half; their sum is to be told.
 *
 * Shapes: sequence `f32[batch, steps, 2]`, sum `f32[batch, 1]`
 *
 * Source: Hochreiter, Schmidhuber, "Long short-term memory", Neural Computation 9, 1997
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns The handles `sequence` and `sum`.
 *
 * @example
 * ```ts
 * import { markedSums } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(markedSums({ rows: 1000, steps: 50 }).sum.port, "sum"); // f32[batch, 1]
 * ```
 */
export function markedSums<const L extends number>(options: MarkedSumsOptions<L>): MarkedSums<L> {
  return makeMarkedSums(options) as unknown as MarkedSums<L>;
}
