/**
 * Made-up points in a plane: moons and spirals.
 *
 * @module
 */
import { z } from "zod";
import { type ClassLabels, type DataPort, lazySchema, type Tensor } from "../../core/mod.ts";
import { labelDType } from "./memory_rows.ts";
import { defineSynthetic, syntheticFields, type SyntheticOptions } from "./synthetic_rows.ts";

function pointPorts(classes: number, features = 2): Readonly<Record<string, DataPort>> {
  return {
    features: { kind: "tensor", dtype: "f32", shape: [features] },
    label: { kind: "labels", dtype: labelDType(classes), classes },
  };
}

/** Points with their class. */
export type LabeledPoints<F extends number, C extends number> = {
  /** The points. */
  readonly features: Tensor<readonly ["batch", F]>;
  /** Which set each is of. */
  readonly label: ClassLabels<"batch", C>;
};

const makeMoons = defineSynthetic({
  name: "moons",
  config: lazySchema(() => z.strictObject(syntheticFields(0.1))),
  ports: () => pointPorts(2),
  maker: ({ noise }) => (row, { features, label }, random) => {
    const kind = row % 2;
    const angle = Math.PI * random.uniform();
    const [x, y] = [Math.cos(angle), Math.sin(angle)];
    label![0] = kind;
    features![0] = (kind === 0 ? x : 1 - x) + noise * random.normal();
    features![1] = (kind === 0 ? y : 0.5 - y) + noise * random.normal();
  },
});

/**
 * Makes two half moons that reach into each other: `(cos a, sin a)` and `(1 - cos a, 0.5 - sin a)` with
 * `a` uniform from 0 to π, and noise (0.1 unless said otherwise). No line parts them.
 *
 * Shapes: features `f32[batch, 2]`, label `[batch]` of 2 classes
 *
 * Differs: scikit-learn's `make_moons` spaces the angles evenly and has no noise by default.
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns The handles `features` and `label`.
 *
 * @example
 * ```ts
 * import { moons } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(moons({ rows: 200, testRows: 50 }).features.port, "features"); // f32[batch, 2]
 * ```
 */
export function moons(options: SyntheticOptions): LabeledPoints<2, 2> {
  return makeMoons(options) as unknown as LabeledPoints<2, 2>;
}

/** Options of {@linkcode spirals}. */
export interface SpiralsOptions<C extends number = number> extends SyntheticOptions {
  /** Number of arms. */
  readonly classes: C;
  /** How often an arm goes around. Default 1. */
  readonly turns?: number | undefined;
}

const makeSpirals = defineSynthetic({
  name: "spirals",
  config: lazySchema(() =>
    z.strictObject({
      ...syntheticFields(0.02),
      classes: z.int().min(1).describe("Number of arms"),
      turns: z.number().positive().default(1).describe("How often an arm goes around"),
    })
  ),
  ports: ({ classes }) => pointPorts(classes),
  maker: ({ classes, turns, noise }) => (row, { features, label }, random) => {
    const kind = row % classes;
    const radius = random.uniform();
    const angle = 2 * Math.PI * (radius * turns + kind / classes);
    label![0] = kind;
    features![0] = radius * Math.cos(angle) + noise * random.normal();
    features![1] = radius * Math.sin(angle) + noise * random.normal();
  },
});

/**
 * Makes arms of a spiral around the origin: `r (cos a, sin a)` with `r` uniform from 0 to 1 and
 * `a = 2π (r · turns + c / classes)`, and noise (0.02 unless said otherwise).
 *
 * Shapes: features `f32[batch, 2]`, label `[batch]`
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns The handles `features` and `label`.
 *
 * @example
 * ```ts
 * import { spirals } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(spirals({ rows: 300, classes: 3 }).label.port, "label"); // 3 classes
 * ```
 */
export function spirals<const C extends number>(options: SpiralsOptions<C>): LabeledPoints<2, C> {
  return makeSpirals(options) as unknown as LabeledPoints<2, C>;
}
