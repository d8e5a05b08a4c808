/**
 * Gated recurrent units.
 *
 * @module
 */
import { z } from "zod";
import { lazySchema, ops, type Schema } from "../../core/mod.ts";
import { activate, type Activation, activationField } from "./activations.ts";
import { type Cell, defineRecurrent, splitGates } from "./recurrent.ts";
import {
  type RecurrentConfig,
  recurrentFields,
  type RecurrentLayer,
  type RecurrentOptions,
} from "./recurrent_options.ts";

/** Options of {@linkcode gru}. */
export interface GruOptions<
  S extends boolean = boolean,
  D extends boolean = boolean,
  R extends boolean = boolean,
> extends RecurrentOptions<S, D, R> {
  /** What the candidate passes through. Default `"tanh"`. */
  readonly activation?: Activation | undefined;
  /** What the gates pass through. Default `"sigmoid"`. */
  readonly recurrentActivation?: Activation | undefined;
}

interface GruConfig extends RecurrentConfig {
  readonly activation: Activation;
  readonly recurrentActivation: Activation;
}

const config: Schema<GruOptions & { readonly units: number }, GruConfig> = lazySchema(() =>
  z.strictObject({
    ...recurrentFields(),
    activation: activationField("tanh"),
    recurrentActivation: activationField("sigmoid"),
  })
);

const cell: Cell<GruConfig> = {
  gates: 3,
  states: 1,
  hasRecurrentBias: true,
  step({ config: { activation, recurrentActivation }, input, states, recurrent }) {
    const [inputZ, inputR, inputN] = splitGates(input, 3);
    const [stateZ, stateR, stateN] = recurrent === null ? [] : splitGates(recurrent, 3);
    const sum = (a: typeof input, b: typeof input | undefined) =>
      b === undefined ? a : ops.add(a, b);
    const update = activate(sum(inputZ!, stateZ), recurrentActivation);
    const reset = activate(sum(inputR!, stateR), recurrentActivation);
    const past = stateN && ops.mul(reset, stateN);
    const candidate = activate(sum(inputN!, past), activation);
    const fresh = ops.mul(ops.sub(1, update), candidate);
    return [states === null ? fresh : ops.add(ops.mul(update, states[0]!), fresh)];
  },
};

const stage = defineRecurrent<GruOptions & { readonly units: number }, GruConfig>({
  name: "gru",
  config,
  formula: "h_t = z_t ⊙ h_{t-1} + (1 - z_t) ⊙ tanh(n_t)",
  cell,
});

/**
 * Gated recurrent units: a state `h` is carried from step to step, and two gates say how much of it
 * stays and how much of it a new candidate sees. With `[a_z, a_r, a_n] = x_t · weight + bias` and
 * `[u_z, u_r, u_n] = h_{t-1} · recurrentWeight + recurrentBias`:
 *
 *     z = σ(a_z + u_z), r = σ(a_r + u_r)
 *     h_t = z ⊙ h_{t-1} + (1 - z) ⊙ tanh(a_n + r ⊙ u_n)
 *
 * Shapes: `x [batch, steps, features], weight [features, 3·units], recurrentWeight [units, 3·units],`
 * `bias [3·units], recurrentBias [3·units] -> [batch, units]`, the last state; with `returnSequences`
 * `[batch, steps, units]`. Both directions side by side give `2·units`.
 *
 * Mask: as in `lstm`: where it is 0 the state stays, and the sequence's output is 0.
 *
 * States: as in `lstm`: it begins at 0, or as `states [batch, units]`, of both directions `[batch, 2·units]` says, and
 * `returnStates` gives that of the last step besides.
 *
 * Gradient: backwards through all steps, with the gradient by each weight one product over all steps.
 *
 * Differs: gates lie in Keras's order update, reset, candidate (PyTorch: reset, update, candidate).
 * The reset gate acts after the product, as in PyTorch and in Keras's default `reset_after`; Keras
 * keeps both biases as one `[2, 3·units]`.
 *
 * Counterparts: Keras `GRU`; PyTorch `GRU`; TensorFlow.js `layers.gru`
 *
 * @param units Length of the state, at least 1.
 * @returns A layer that takes a sequence, or `{ x, mask, states }`.
 * @throws {TypeError} When the mask has not the sequence's shape, or the states not the layer's.
 *
 * @example
 * ```ts
 * import { dense, gru, sequential, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const model = sequential(gru(32, { bidirectional: true }), dense(10));
 * assertEquals(stageOf(model)?.definition.name, "sequential");
 * ```
 *
 * Source: Cho et al., "Learning phrase representations using RNN encoder-decoder", EMNLP 2014,
 * https://arxiv.org/abs/1406.1078
 */
export function gru<
  const N extends number,
  const S extends boolean = false,
  const D extends boolean = false,
  const R extends boolean = false,
>(units: N, options: GruOptions<S, D, R> = {}): RecurrentLayer<N, S, D, R> {
  return stage({ ...options, units }) as RecurrentLayer<N, S, D, R>;
}
