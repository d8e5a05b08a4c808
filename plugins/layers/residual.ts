/**
 * A branch beside the identity.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyTensor,
  defineStage,
  type Dim,
  formatSpec,
  lazySchema,
  type OpenShape,
  ops,
  sameSpec,
  type Schema,
  type Stage,
  stageOf,
  type Tensor,
} from "../../core/mod.ts";

/** A layer or transform, as its options made it. */
type Link = (x: AnyTensor) => AnyTensor;

/** What may be added to a tensor: one of its shape, where a size known only as `number` fits every size. */
export type Addend<Y> = Y extends Tensor<infer S extends readonly Dim[], "f32">
  ? Tensor<OpenShape<S>>
  : never;

/** Options of {@linkcode residual}. */
export interface ResidualOptions<X, Y> {
  /** What the input passes through beside the branch, as a projection to another shape does. Default: nothing. */
  readonly shortcut?: ((x: X) => Y) | undefined;
}

interface ResidualConfig {
  readonly branch: Link;
  readonly shortcut?: Link | undefined;
}

const link = () =>
  z.custom<Link>((layer) => stageOf(layer)?.definition.kind === "traced", {
    error: "expected a layer, as dense(10) makes one",
  });

const config: Schema<ResidualConfig, ResidualConfig> = lazySchema(() =>
  z.strictObject({
    branch: link().describe("The layer whose result is added"),
    shortcut: link().optional().describe("What the input passes through beside the branch"),
  })
);

const stage = defineStage<Link>()({
  name: "residual",
  family: "layer",
  kind: "traced",
  config,
  formula: "y = shortcut(x) + branch(x)",
  inputs: { x: { kind: "tensor", dtypes: ["f32"] } },
  output: "tensor",
  children: (config) => childrenOf(config),
  build({ x }, context) {
    const branch = context.child("branch", x);
    const beside = context.config.shortcut === undefined ? x : context.child("shortcut", x);
    if (!sameSpec(branch.spec, beside.spec)) {
      throw new TypeError(
        `Cannot add the branch to what is beside it: received ${formatSpec(branch.spec)}, ` +
          `expected ${formatSpec(beside.spec)}; give a shortcut that makes the one of the other`,
      );
    }
    return ops.add(beside, branch);
  },
});

function childrenOf({ branch, shortcut }: ResidualConfig): Readonly<Record<string, Stage>> {
  return {
    branch: stageOf(branch)!,
    ...(shortcut === undefined ? {} : { shortcut: stageOf(shortcut)! }),
  };
}

/**
 * `y = x + branch(x)`, or `y = shortcut(x) + branch(x)`: what a layer, or a `sequential` of them,
 * makes of its input is added to it, so that deep networks learn small changes.
 *
 * Parameters have paths as `hidden.branch.dense1.weight` and `hidden.shortcut.weight`.
 *
 * Shapes: `x [batch, …] -> [batch, …]`; the branch keeps the shape, or has a shortcut to its own
 *
 * Gradient: `∂L/∂x = ∂L/∂y · (∂shortcut/∂x + ∂branch/∂x)`, the first of which is 1 without a shortcut
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns A layer with the parameters of branch and shortcut.
 * @throws {TypeError} When the shapes differ, as the pipeline is checked.
 *
 * @example
 * ```ts
 * import { dense, relu, residual, sequential, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const block = residual(sequential(dense(16, { activation: "relu" }), dense(16)));
 * const model = sequential(dense(16), block, relu(), dense(2));
 * const wider = residual(dense(32, { activation: "relu" }), { shortcut: dense(32) });
 * assertEquals(stageOf(wider)?.definition.formula, "y = shortcut(x) + branch(x)");
 * assertEquals(stageOf(model)?.definition.name, "sequential");
 * ```
 *
 * Source: He, Zhang, Ren, Sun, "Deep residual learning for image recognition", 2015,
 * https://arxiv.org/abs/1512.03385
 */
export function residual<X, Y>(branch: (x: X) => Y): (x: X & Addend<Y>) => Y;
/** With a shortcut, which may change the shape as the branch does. */
export function residual<X, Y>(
  branch: (x: X) => Y,
  options: ResidualOptions<X, Y>,
): (x: X) => Y;
export function residual(branch: Link, options: ResidualOptions<AnyTensor, AnyTensor> = {}): Link {
  return stage({ branch, ...options });
}
