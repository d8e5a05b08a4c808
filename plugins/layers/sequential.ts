/**
 * Layers one after the other.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyTensor,
  defineStage,
  lazySchema,
  nameChildren,
  type Schema,
  type Stage,
  stageOf,
} from "../../core/mod.ts";

/** A layer or transform, as its options made it. */
type Link = (x: AnyTensor) => AnyTensor;

interface SequentialConfig {
  readonly layers: readonly Link[];
}

const config: Schema<SequentialConfig, SequentialConfig> = lazySchema(() =>
  z.strictObject({
    layers: z.array(
      z.custom<Link>((layer) => stageOf(layer)?.definition.kind === "traced", {
        error: "expected a layer or transform, as dense(10) makes one",
      }),
    ).min(1).describe("The layers, first to last"),
  })
);

const stage = defineStage<Link>()({
  name: "sequential",
  family: "layer",
  kind: "traced",
  config,
  formula: "y = layerₙ(… layer₁(x))",
  inputs: { x: { kind: "tensor" } },
  output: "tensor",
  children: ({ layers }) => childrenOf(layers),
  build: ({ x }, context) =>
    Object.keys(childrenOf(context.config.layers)).reduce(
      (value, name) => context.child(name, value),
      x,
    ),
});

function childrenOf(layers: readonly Link[]): Readonly<Record<string, Stage>> {
  const stages = layers.map((layer) => stageOf(layer)!);
  const names = nameChildren(stages.map(({ definition }) => definition.name));
  return Object.fromEntries(stages.map((child, i) => [names[i]!, child]));
}

/**
 * `y = layerₙ(… layer₂(layer₁(x)))`: layers one after the other, as one stage.
 *
 * Each layer is named after its kind, numbered where a kind occurs more than once, so that
 * parameters have paths as `logits.dense1.weight`. Up to twelve layers are typed; a sequence may
 * itself be one of them. The types want a first layer that says how many axes it takes, as
 * `flatten` and `dense` do; others are called before:
 * `sequential(dense(8), dense(2))(dropout(0.1)(x))`.
 *
 * Counterparts: Keras `Sequential`; PyTorch `Sequential`; TensorFlow.js `sequential`
 *
 * @returns A stage that takes what the first layer takes and gives what the last one gives.
 *
 * @example
 * ```ts
 * import { dense, dropout, flatten, sequential, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const model = sequential(flatten(), dense(128, { activation: "relu" }), dropout(0.2), dense(10));
 * assertEquals(stageOf(model)?.definition.name, "sequential");
 * ```
 */
export function sequential<A, B>(
  ab: (a: A) => B,
): (a: A) => B;
/** Two layers, one after the other. */
export function sequential<A, B, C>(
  ab: (a: A) => B,
  bc: (b: B) => C,
): (a: A) => C;
/** Three layers, one after the other. */
export function sequential<A, B, C, D>(
  ab: (a: A) => B,
  bc: (b: B) => C,
  cd: (c: C) => D,
): (a: A) => D;
/** Four layers, one after the other. */
export function sequential<A, B, C, D, E>(
  ab: (a: A) => B,
  bc: (b: B) => C,
  cd: (c: C) => D,
  de: (d: D) => E,
): (a: A) => E;
/** Five layers, one after the other. */
export function sequential<A, B, C, D, E, F>(
  ab: (a: A) => B,
  bc: (b: B) => C,
  cd: (c: C) => D,
  de: (d: D) => E,
  ef: (e: E) => F,
): (a: A) => F;
/** Six layers, one after the other. */
export function sequential<A, B, C, D, E, F, G>(
  ab: (a: A) => B,
  bc: (b: B) => C,
  cd: (c: C) => D,
  de: (d: D) => E,
  ef: (e: E) => F,
  fg: (f: F) => G,
): (a: A) => G;
/** Seven layers, one after the other. */
export function sequential<A, B, C, D, E, F, G, H>(
  ab: (a: A) => B,
  bc: (b: B) => C,
  cd: (c: C) => D,
  de: (d: D) => E,
  ef: (e: E) => F,
  fg: (f: F) => G,
  gh: (g: G) => H,
): (a: A) => H;
/** Eight layers, one after the other. */
export function sequential<A, B, C, D, E, F, G, H, I>(
  ab: (a: A) => B,
  bc: (b: B) => C,
  cd: (c: C) => D,
  de: (d: D) => E,
  ef: (e: E) => F,
  fg: (f: F) => G,
  gh: (g: G) => H,
  hi: (h: H) => I,
): (a: A) => I;
/** Nine layers, one after the other. */
export function sequential<A, B, C, D, E, F, G, H, I, J>(
  ab: (a: A) => B,
  bc: (b: B) => C,
  cd: (c: C) => D,
  de: (d: D) => E,
  ef: (e: E) => F,
  fg: (f: F) => G,
  gh: (g: G) => H,
  hi: (h: H) => I,
  ij: (i: I) => J,
): (a: A) => J;
/** Ten layers, one after the other. */
export function sequential<A, B, C, D, E, F, G, H, I, J, K>(
  ab: (a: A) => B,
  bc: (b: B) => C,
  cd: (c: C) => D,
  de: (d: D) => E,
  ef: (e: E) => F,
  fg: (f: F) => G,
  gh: (g: G) => H,
  hi: (h: H) => I,
  ij: (i: I) => J,
  jk: (j: J) => K,
): (a: A) => K;
/** Eleven layers, one after the other. */
export function sequential<A, B, C, D, E, F, G, H, I, J, K, L>(
  ab: (a: A) => B,
  bc: (b: B) => C,
  cd: (c: C) => D,
  de: (d: D) => E,
  ef: (e: E) => F,
  fg: (f: F) => G,
  gh: (g: G) => H,
  hi: (h: H) => I,
  ij: (i: I) => J,
  jk: (j: J) => K,
  kl: (k: K) => L,
): (a: A) => L;
/** Twelve layers, one after the other. */
export function sequential<A, B, C, D, E, F, G, H, I, J, K, L, M>(
  ab: (a: A) => B,
  bc: (b: B) => C,
  cd: (c: C) => D,
  de: (d: D) => E,
  ef: (e: E) => F,
  fg: (f: F) => G,
  gh: (g: G) => H,
  hi: (h: H) => I,
  ij: (i: I) => J,
  jk: (j: J) => K,
  kl: (k: K) => L,
  lm: (l: L) => M,
): (a: A) => M;
export function sequential(...layers: readonly Link[]): Link {
  return stage({ layers });
}
