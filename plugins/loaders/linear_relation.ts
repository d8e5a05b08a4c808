/**
 * A made-up linear relation.
 *
 * @module
 */
import { z } from "zod";
import { lazySchema, RandomStream, type Tensor } from "../../core/mod.ts";
import { defineSynthetic, syntheticFields, type SyntheticOptions } from "./synthetic_rows.ts";

/** Options of {@linkcode linearRelation}. */
export interface LinearRelationOptions<F extends number = number, T extends number = number>
  extends SyntheticOptions {
  /** Numbers in a row. */
  readonly features: F;
  /** How many of them the targets depend on, the first ones. Default: all. */
  readonly informative?: number | undefined;
  /** Numbers to be predicted. */
  readonly targets: T;
}

/** What {@linkcode linearRelation} gives. */
export type LinearRelation<F extends number, T extends number> = {
  /** Standard normal numbers. */
  readonly features: Tensor<readonly ["batch", F]>;
  /** What depends on them. */
  readonly targets: Tensor<readonly ["batch", T]>;
};

const makeLinearRelation = defineSynthetic({
  name: "linearRelation",
  config: lazySchema(() =>
    z.strictObject({
      ...syntheticFields(0.1),
      features: z.int().min(1).describe("Numbers in a row"),
      informative: z.int().min(0).optional().describe("How many of them the targets depend on"),
      targets: z.int().min(1).describe("Numbers to be predicted"),
    }).superRefine(({ features, informative }, context) => {
      if (informative === undefined || informative <= features) return;
      context.addIssue({
        code: "custom",
        path: ["informative"],
        message: `expected at most the ${features} features`,
      });
    })
  ),
  ports: ({ features, targets }) => ({
    features: { kind: "tensor", dtype: "f32", shape: [features] },
    targets: { kind: "tensor", dtype: "f32", shape: [targets] },
  }),
  maker({ features, informative = features, targets, noise, seed }) {
    const random = new RandomStream(seed, "linearRelation/weights");
    const weights = Float64Array.from({ length: informative * targets }, () => random.normal());
    const bias = Float64Array.from({ length: targets }, () => random.normal());
    return (_, into, random) => {
      const x = into.features!;
      for (let i = 0; i < features; i++) x[i] = random.normal();
      for (let t = 0; t < targets; t++) {
        let sum = bias[t]!;
        for (let i = 0; i < informative; i++) sum += weights[i * targets + t]! * x[i]!;
        into.targets![t] = sum + noise * random.normal();
      }
    };
  },
});

/**
 * Makes a linear relation: `targets = features · weight + bias + noise · n`, all of them standard
 * normal but the noise (0.1 unless said otherwise).
 *
 * Shapes: features `f32[batch, features]`, targets `f32[batch, targets]`
 *
 * Differs: scikit-learn's `make_regression` draws weights from 0 to 100 and has no bias.
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns The handles `features` and `targets`.
 *
 * @example
 * ```ts
 * import { linearRelation } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const relation = linearRelation({ rows: 500, features: 8, informative: 3, targets: 1 });
 * assertEquals(relation.targets.port, "targets"); // f32[batch, 1]
 * ```
 */
export function linearRelation<const F extends number, const T extends number>(
  options: LinearRelationOptions<F, T>,
): LinearRelation<F, T> {
  return makeLinearRelation(options) as unknown as LinearRelation<F, T>;
}
