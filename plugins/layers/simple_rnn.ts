/**
 * The plain recurrent layer.
 *
 * @module
 */
import { z } from "zod";
import { lazySchema, ops, type Schema } from "../../core/mod.ts";
import { activate, type Activation, activationField } from "./activations.ts";
import { type Cell, defineRecurrent } from "./recurrent.ts";
import {
  type RecurrentConfig,
  recurrentFields,
  type RecurrentLayer,
  type RecurrentOptions,
} from "./recurrent_options.ts";

/** Options of {@linkcode simpleRnn}. */
export interface SimpleRnnOptions<
  S extends boolean = boolean,
  D extends boolean = boolean,
  R extends boolean = boolean,
> extends RecurrentOptions<S, D, R> {
  /** What the sums pass through. Default `"tanh"`. */
  readonly activation?: Activation | undefined;
}

interface SimpleRnnConfig extends RecurrentConfig {
  readonly activation: Activation;
}

const config: Schema<SimpleRnnOptions & { readonly units: number }, SimpleRnnConfig> = lazySchema(
  () =>
    z
      .strictObject({ ...recurrentFields(), activation: activationField("tanh") }),
);

const cell: Cell<SimpleRnnConfig> = {
  gates: 1,
  states: 1,
  hasRecurrentBias: false,
  step: ({ config, input, recurrent }) => [
    activate(recurrent === null ? input : ops.add(recurrent, input), config.activation),
  ],
};

const stage = defineRecurrent<SimpleRnnOptions & { readonly units: number }, SimpleRnnConfig>({
  name: "simpleRnn",
  config,
  formula: "h_t = activation(x_t · weight + h_{t-1} · recurrentWeight + bias)",
  cell,
});

/**
 * `h_t = tanh(x_t · weight + h_{t-1} · recurrentWeight + bias)`: a state is carried from step to step.
 *
 * Shapes: `x [batch, steps, features], weight [features, units], recurrentWeight [units, units],`
 * `bias [units] -> [batch, units]`, the last state; with `returnSequences` `[batch, steps, units]`.
 * Both directions side by side give `2·units`.
 *
 * Mask: as in `lstm`: where it is 0 the state stays, and the sequence's output is 0.
 *
 * States: as in `lstm`: it begins at 0, or as `states [batch, units]`, of both directions `[batch, 2·units]` says, and
 * `returnStates` gives that of the last step besides.
 *
 * Gradient: backwards through all steps, with the gradient by each weight one product over all steps.
 *
 * Differs: the defaults are Keras's; PyTorch's `RNN` keeps weights as `[units, …]` and adds two biases.
 *
 * Counterparts: Keras `SimpleRNN`; PyTorch `RNN`; TensorFlow.js `layers.simpleRNN`
 *
 * @param units Length of the state, at least 1.
 * @returns A layer that takes a sequence, or `{ x, mask, states }`.
 * @throws {TypeError} When the mask has not the sequence's shape, or the states not the layer's.
 *
 * @example
 * ```ts
 * import { simpleRnn, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = simpleRnn(16, { activation: "relu" });
 * assertEquals(stageOf(layer)?.definition.name, "simpleRnn");
 * ```
 *
 * Source: Elman, "Finding structure in time", Cognitive Science 14, 1990,
 * https://doi.org/10.1207/s15516709cog1402_1
 */
export function simpleRnn<
  const N extends number,
  const S extends boolean = false,
  const D extends boolean = false,
  const R extends boolean = false,
>(units: N, options: SimpleRnnOptions<S, D, R> = {}): RecurrentLayer<N, S, D, R> {
  return stage({ ...options, units }) as RecurrentLayer<N, S, D, R>;
}
