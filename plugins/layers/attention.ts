/**
 * Attention in ops: what `multiHeadAttention` is, and what transformer blocks contain.
 *
 * @module
 */
import {
  type BuildContext,
  formatSpec,
  ops,
  type ParameterSpec,
  type TensorSpec,
  type Value,
} from "../../core/mod.ts";
import { type InitializerLike, resolveInitializer } from "../initializers/mod.ts";
import { requireMask } from "./masks.ts";

/** How attention is computed. */
export interface AttentionConfig {
  readonly heads: number;
  /** Features of a head's queries, keys and values; as many as divide the input's when absent. */
  readonly headWidth?: number | undefined;
  readonly causal: boolean;
  readonly dropout: number;
  readonly useBias: boolean;
  readonly kernelInitializer: InitializerLike;
  readonly biasInitializer: InitializerLike;
}

const projections = ["query", "key", "value", "output"] as const;

/** The weights and biases of the four projections, by name: `queryWeight`, `queryBias`, …. */
export type AttentionParameters = Readonly<
  Record<
    `${typeof projections[number]}${"Weight" | "Bias"}`,
    ParameterSpec | undefined
  >
>;

/**
 * The parameters of attention.
 *
 * @param specs `x`: what asks; `memory`: what is asked.
 * @throws {TypeError} When the features do not divide into heads and no width is given.
 */
export function attentionParameters(
  config: AttentionConfig,
  { x, memory }: { readonly x: TensorSpec; readonly memory: TensorSpec },
): AttentionParameters {
  const features = x.shape[2]!;
  const { heads, headWidth = features / heads } = config;
  if (!Number.isInteger(headWidth)) {
    throw new TypeError(
      `Cannot attend with ${formatSpec(x)}: ${features} features do not divide into ${heads} heads`,
    );
  }
  const inner = heads * headWidth;
  const sizes: Record<typeof projections[number], [number, number]> = {
    query: [features, inner],
    key: [memory.shape[2]!, inner],
    value: [memory.shape[2]!, inner],
    output: [inner, features],
  };
  return Object.fromEntries(
    projections.flatMap((name) => [
      [
        `${name}Weight`,
        { shape: sizes[name], initializer: resolveInitializer(config.kernelInitializer) },
      ],
      [
        `${name}Bias`,
        config.useBias
          ? { shape: [sizes[name][1]], initializer: resolveInitializer(config.biasInitializer) }
          : undefined,
      ],
    ]),
  ) as unknown as AttentionParameters;
}

/** `x · weight + bias` over the last axis. */
export function project(x: Value, weight: Value, bias: Value | undefined): Value {
  const { shape } = x.spec;
  const rows = ops.reshape(x, [-1, shape.at(-1)!]);
  const sums = ops.matmul(rows, weight);
  return ops.reshape(
    bias === undefined ? sums : ops.add(sums, bias),
    [...shape.slice(0, -1), weight.spec.shape[1]!],
  );
}

/** What is done to values of which dropout sets a share to 0. */
export type Drop = (x: Value) => Value;

/** Dropout as it is while training, by random numbers of a stage. */
export function dropout({ random }: Pick<BuildContext<unknown>, "random">, rate: number): Drop {
  if (rate === 0) return keep;
  return (x) => ops.mul(ops.mul(x, ops.greaterEqual(random(x.spec.shape), rate)), 1 / (1 - rate));
}

/** What stands for dropout when it is absent. */
export const keep: Drop = (x) => x;

/**
 * Attention of a sequence to another, or to itself.
 *
 * @param values `x` and `memory` `[batch, steps, features]`, and `mask` `[batch, steps of memory]`.
 * @param parameters The parameters by name.
 * @throws {TypeError} When batches differ, or the mask has another shape.
 */
export function attend(
  { x, memory, mask }: {
    readonly x: Value;
    readonly memory: Value;
    readonly mask?: Value | undefined;
  },
  parameters: Readonly<Record<string, Value | undefined>>,
  { heads, causal, drop }: Pick<AttentionConfig, "heads" | "causal"> & { readonly drop: Drop },
): Value {
  const [batch, steps] = x.spec.shape as [number, number, number];
  const [, length] = memory.spec.shape as [number, number, number];
  if (memory.spec.shape[0] !== batch) {
    throw new TypeError(
      `Cannot attend with ${formatSpec(x.spec)} to ${formatSpec(memory.spec)}: the batches differ`,
    );
  }
  if (mask !== undefined) requireMask(mask, memory.spec);
  const projected = (name: typeof projections[number], of: Value) =>
    project(of, parameters[`${name}Weight`]!, parameters[`${name}Bias`]);
  // [batch, steps, heads · width] -> [batch, heads, steps, width]
  const perHead = (y: Value) => {
    const [, steps, inner] = y.spec.shape as [number, number, number];
    return ops.transpose(ops.reshape(y, [batch, steps, heads, inner / heads]), [0, 2, 1, 3]);
  };
  const queries = perHead(projected("query", x));
  const keys = perHead(projected("key", memory));
  const values = perHead(projected("value", memory));
  const scale = 1 / Math.sqrt(queries.spec.shape[3]!);
  const scores = ops.mul(ops.matmul(queries, keys, { transposeRhs: true }), scale);
  const visible = visibility({ x, mask, causal, steps, length });
  const weights = visible === null ? ops.softmax(scores) : ops.maskedSoftmax(scores, visible);
  const seen = ops.transpose(ops.matmul(drop(weights), values), [0, 2, 1, 3]);
  const inner = values.spec.shape[3]! * heads;
  return projected("output", ops.reshape(seen, [batch, steps, inner]));
}

/** 1 where a step may look, in a shape that broadcasts to `[batch, heads, steps, length]`; `null` where it may everywhere. */
function visibility({ x, mask, causal, steps, length }: {
  readonly x: Value;
  readonly mask: Value | undefined;
  readonly causal: boolean;
  readonly steps: number;
  readonly length: number;
}): Value | null {
  const count = (shape: readonly number[], axis: number) =>
    ops.iota(x.builder, { shape, axis, dtype: "i32" });
  const past = causal
    ? ops.lessEqual(count([1, 1, 1, length], 3), count([1, 1, steps, 1], 2))
    : null;
  const present = mask === undefined
    ? null
    : ops.reshape(ops.notEqual(mask, 0), [x.spec.shape[0]!, 1, 1, length]);
  return past !== null && present !== null ? ops.mul(past, present) : past ?? present;
}
