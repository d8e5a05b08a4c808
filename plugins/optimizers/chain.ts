/**
 * Parts of an optimizer, one after the other.
 *
 * @module
 */
import { z } from "zod";
import {
  defineStage,
  lazySchema,
  nameChildren,
  type Schema,
  type Stage,
  stageOf,
  type StageSignature as Part,
  type TracedDefinition,
} from "../../core/mod.ts";

/** What parts take and give. */
type PartKind = "gradients" | "update";

interface ChainConfig {
  readonly parts: readonly Part[];
}

const config: Schema<ChainConfig, ChainConfig> = lazySchema(() =>
  z.strictObject({
    parts: z.array(
      z.custom<Part>((part) => kindsOf(part) !== undefined, {
        error: "expected a part of an optimizer, as clipByNorm(1) makes one",
      }),
    ).min(1).describe("The parts, first to last"),
  }).superRefine(({ parts }, context) => {
    parts.slice(1).forEach((part, i) => {
      const [before, after] = [kindsOf(parts[i]), kindsOf(part)];
      if (before === undefined || after === undefined || before.gives === after.takes) return;
      context.addIssue({
        code: "custom",
        path: ["parts", i + 1],
        message:
          `expected a part that takes what the one before it gives, ${wordOf(before.gives)}, ` +
          `received one that takes ${wordOf(after.takes)}`,
      });
    });
  })
);

function wordOf(kind: PartKind): string {
  return kind === "update" ? "an update" : kind;
}

/** What a part takes and gives; `undefined` for what is none. */
function kindsOf(
  part: unknown,
): { readonly takes: PartKind; readonly gives: PartKind } | undefined {
  const definition = stageOf(part)?.definition;
  if (definition?.kind !== "traced") return undefined;
  const [takes, gives] = [Object.values(definition.inputs)[0]?.kind, definition.output];
  const isKind = (kind: unknown): kind is PartKind => kind === "gradients" || kind === "update";
  return isKind(takes) && isKind(gives) ? { takes, gives } : undefined;
}

/** The stage of a chain that takes and gives these. */
function stageFor(takes: PartKind, gives: PartKind): (options: ChainConfig) => Part {
  return defineStage<Part>()({
    name: "chain",
    family: "optimizer",
    kind: "traced",
    config,
    formula: "partₙ(… part₁(gradients))",
    inputs: { [takes]: { kind: takes } },
    output: gives,
    children: ({ parts }: ChainConfig) => childrenOf(parts),
    build(inputs, context) {
      const [first] = Object.values(inputs);
      const last = Object.keys(childrenOf(context.config.parts)).reduce(
        (flow, name) => context.child<PartKind>(name, flow),
        first!,
      );
      return last as ReturnType<TracedDefinition<unknown, unknown, never, PartKind>["build"]>;
    },
  });
}

function childrenOf(parts: readonly Part[]): Readonly<Record<string, Stage>> {
  const stages = parts.map((part) => stageOf(part)!);
  const names = nameChildren(stages.map(({ definition }) => definition.name));
  return Object.fromEntries(stages.map((child, i) => [names[i]!, child]));
}

/**
 * `partₙ(… part₂(part₁(gradients)))`: parts of an optimizer as one stage. Transforms of gradients come
 * first, then an optimizer, then what treats its update.
 *
 * Each part is named after its kind, numbered where a kind occurs more than once, so that
 * `--set optimizer.adamw.learningRate=0.01` finds it. Up to eight parts are typed; a chain may itself be
 * one of them. Calling part after part by hand does the same, with a stage for each.
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns A stage that takes what the first part takes and gives what the last one gives.
 *
 * @example
 * ```ts
 * import {
 *   accumulateGradients,
 *   adamw,
 *   chain,
 *   clipByGlobalNorm,
 *   exponentialMovingAverage,
 *   stageOf,
 * } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const optimizer = chain(
 *   accumulateGradients(4),
 *   clipByGlobalNorm(1),
 *   adamw({ learningRate: 1e-3 }),
 *   exponentialMovingAverage(0.999),
 * );
 * assertEquals(stageOf(optimizer)?.definition.name, "chain");
 * ```
 */
export function chain<A, B>(
  ab: (a: A) => B,
): (a: A) => B;
/** Two parts, one after the other. */
export function chain<A, B, C>(
  ab: (a: A) => B,
  bc: (b: B) => C,
): (a: A) => C;
/** Three parts, one after the other. */
export function chain<A, B, C, D>(
  ab: (a: A) => B,
  bc: (b: B) => C,
  cd: (c: C) => D,
): (a: A) => D;
/** Four parts, one after the other. */
export function chain<A, B, C, D, E>(
  ab: (a: A) => B,
  bc: (b: B) => C,
  cd: (c: C) => D,
  de: (d: D) => E,
): (a: A) => E;
/** Five parts, one after the other. */
export function chain<A, B, C, D, E, F>(
  ab: (a: A) => B,
  bc: (b: B) => C,
  cd: (c: C) => D,
  de: (d: D) => E,
  ef: (e: E) => F,
): (a: A) => F;
/** Six parts, one after the other. */
export function chain<A, B, C, D, E, F, G>(
  ab: (a: A) => B,
  bc: (b: B) => C,
  cd: (c: C) => D,
  de: (d: D) => E,
  ef: (e: E) => F,
  fg: (f: F) => G,
): (a: A) => G;
/** Seven parts, one after the other. */
export function chain<A, B, C, D, E, F, G, H>(
  ab: (a: A) => B,
  bc: (b: B) => C,
  cd: (c: C) => D,
  de: (d: D) => E,
  ef: (e: E) => F,
  fg: (f: F) => G,
  gh: (g: G) => H,
): (a: A) => H;
/** Eight parts, one after the other. */
export function chain<A, B, C, D, E, F, G, H, I>(
  ab: (a: A) => B,
  bc: (b: B) => C,
  cd: (c: C) => D,
  de: (d: D) => E,
  ef: (e: E) => F,
  fg: (f: F) => G,
  gh: (g: G) => H,
  hi: (h: H) => I,
): (a: A) => I;
export function chain(...parts: readonly Part[]): Part {
  const takes = kindsOf(parts[0])?.takes ?? "gradients";
  const gives = kindsOf(parts.at(-1))?.gives ?? "update";
  return stageFor(takes, gives)({ parts });
}
