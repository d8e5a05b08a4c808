/**
 * The options and signatures that every recurrent layer has.
 *
 * @module
 */
import { z } from "zod";
import type { Dim, DType, Tensor } from "../../core/mod.ts";
import { type Fields, initializerField } from "../fields.ts";
import type { InitializerLike } from "../initializers/mod.ts";

/** How the outputs of two directions become one. */
export type Merge = "concatenate" | "sum" | "average" | "multiply";

/** Options that every recurrent layer has. */
export interface RecurrentOptions<
  S extends boolean = boolean,
  D extends boolean = boolean,
  R extends boolean = boolean,
> {
  /** Whether the output has every step's state, or only the last one. Default `false`. */
  readonly returnSequences?: S | undefined;
  /**
   * Whether calling the layer gives `{ output, states }`, where `states` are all states behind the last
   * step, as the port `states` of another call takes them: to go on from there. Default `false`.
   */
  readonly returnStates?: R | undefined;
  /** Whether a second recurrence, with parameters of its own, runs from the last step to the first. Default `false`. */
  readonly bidirectional?: D | undefined;
  /** How the outputs of two directions become one. Default `"concatenate"`. */
  readonly merge?: Merge | undefined;
  /** Whether steps are taken from the last to the first; a sequence is given in that order. Default `false`. */
  readonly goBackwards?: boolean | undefined;
  /** Whether a bias is added. Default `true`. */
  readonly useBias?: boolean | undefined;
  /** Share of the input's features set to 0 while training, the same at every step. Default 0. */
  readonly dropout?: number | undefined;
  /** Share of the state's units that the next step does not see while training, the same at every step. Default 0. */
  readonly recurrentDropout?: number | undefined;
  /** First values of the weight of the input. Default `"glorotUniform"`. */
  readonly kernelInitializer?: InitializerLike | undefined;
  /** First values of the weight of the state. Default `"orthogonal"`. */
  readonly recurrentInitializer?: InitializerLike | undefined;
  /** First values of the bias. Default `"zeros"`. */
  readonly biasInitializer?: InitializerLike | undefined;
}

/** Number of outputs: the units, or of two directions side by side a size that the plan knows. */
export type RecurrentWidth<N extends number, D extends boolean> = D extends false ? N : number;

/** Shape of the output: with an axis for steps, or without. */
export type RecurrentShape<B extends Dim, T extends Dim, W extends Dim, S extends boolean> =
  S extends true ? Tensor<readonly [B, T, W]> : Tensor<readonly [B, W]>;

/** States side by side: their number is the plan's to check. */
// deno-lint-ignore no-explicit-any
export type RecurrentStates<B extends Dim> = Tensor<readonly [B, any]>;

/** What a recurrent layer gives: the output `O`, or a record of it and the states. */
export type RecurrentResult<B extends Dim, O, R extends boolean> = R extends true
  ? { readonly output: O; readonly states: Tensor<readonly [B, number]> }
  : O;

/**
 * Signature of a recurrent layer: a sequence, alone or with a mask that is 0 at padding, and with the
 * states to begin with.
 */
export type RecurrentLayer<
  N extends number,
  S extends boolean,
  D extends boolean,
  R extends boolean = false,
> = <
  B extends Dim,
  T extends Dim,
  F extends Dim,
  M extends DType,
>(
  x: Tensor<readonly [B, T, F]> | {
    readonly x: Tensor<readonly [B, T, F]>;
    readonly mask?: Tensor<readonly [NoInfer<B>, NoInfer<T>], M>;
    readonly states?: RecurrentStates<NoInfer<B>>;
  },
) => RecurrentResult<B, RecurrentShape<B, T, RecurrentWidth<N, D>, S>, R>;

/** The configuration that every recurrent layer has. */
export interface RecurrentConfig {
  readonly units: number;
  readonly returnSequences: boolean;
  readonly bidirectional: boolean;
  readonly merge: Merge;
  readonly goBackwards: boolean;
  readonly useBias: boolean;
  readonly dropout: number;
  readonly recurrentDropout: number;
  readonly kernelInitializer: InitializerLike;
  readonly recurrentInitializer: InitializerLike;
  readonly biasInitializer: InitializerLike;
}

/** The fields of that configuration. */
export function recurrentFields(): Fields<
  RecurrentOptions & { readonly units: number },
  RecurrentConfig
> {
  return {
    units: z.int().min(1).describe("Number of units: the length of the state"),
    returnSequences: z.boolean().default(false).describe("Whether every step's state is given"),
    bidirectional: z.boolean().default(false).describe(
      "Whether a second recurrence runs backwards",
    ),
    merge: z.enum(["concatenate", "sum", "average", "multiply"]).default("concatenate").describe(
      "How the outputs of two directions become one",
    ),
    goBackwards: z.boolean().default(false).describe("Whether steps are taken last to first"),
    useBias: z.boolean().default(true).describe("Whether a bias is added"),
    dropout: rateField("Share of the input's features set to 0 while training"),
    recurrentDropout: rateField("Share of the state's units hidden from the next step in training"),
    kernelInitializer: initializerField("glorotUniform", "First values of the weight of the input"),
    recurrentInitializer: initializerField("orthogonal", "First values of the weight of the state"),
    biasInitializer: initializerField("zeros", "First values of the bias"),
  };
}

function rateField(description: string): z.ZodType<number, number | undefined> {
  return z.number().min(0).lt(1).default(0).describe(description);
}
