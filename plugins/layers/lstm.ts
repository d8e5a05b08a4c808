/**
 * Long short-term memory.
 *
 * @module
 */
import { z } from "zod";
import { type Initializer, lazySchema, ops, type Schema } from "../../core/mod.ts";
import { resolveInitializer } from "../initializers/mod.ts";
import { activate, type Activation, activationField } from "./activations.ts";
import { type Cell, defineRecurrent, splitGates } from "./recurrent.ts";
import {
  type RecurrentConfig,
  recurrentFields,
  type RecurrentLayer,
  type RecurrentOptions,
} from "./recurrent_options.ts";

/** Options of {@linkcode lstm}. */
export interface LstmOptions<
  S extends boolean = boolean,
  D extends boolean = boolean,
  R extends boolean = boolean,
> extends RecurrentOptions<S, D, R> {
  /** What candidate and output pass through. Default `"tanh"`. */
  readonly activation?: Activation | undefined;
  /** What the gates pass through. Default `"sigmoid"`. */
  readonly recurrentActivation?: Activation | undefined;
  /** Whether 1 is added to the first bias of the forget gate, so that states last at first. Default `true`. */
  readonly unitForgetBias?: boolean | undefined;
}

interface LstmConfig extends RecurrentConfig {
  readonly activation: Activation;
  readonly recurrentActivation: Activation;
  readonly unitForgetBias: boolean;
}

const config: Schema<LstmOptions & { readonly units: number }, LstmConfig> = lazySchema(() =>
  z.strictObject({
    ...recurrentFields(),
    activation: activationField("tanh"),
    recurrentActivation: activationField("sigmoid"),
    unitForgetBias: z.boolean().default(true).describe(
      "Whether the forget gate's bias begins at 1",
    ),
  })
);

const cell: Cell<LstmConfig> = {
  gates: 4,
  states: 2,
  hasRecurrentBias: false,
  step({ config: { activation, recurrentActivation }, input, states, recurrent }) {
    const sums = recurrent === null ? input : ops.add(recurrent, input);
    const [i, f, g, o] = splitGates(sums, 4);
    const gate = (sum: typeof sums) => activate(sum, recurrentActivation);
    const written = ops.mul(gate(i!), activate(g!, activation));
    const memory = states === null ? written : ops.add(ops.mul(gate(f!), states[1]!), written);
    return [ops.mul(gate(o!), activate(memory, activation)), memory];
  },
};

/** An initializer of biases with 1 more for the second of the four gates. */
function withForgetBias({ name, sample }: Initializer): Initializer {
  return {
    name: `${name} with forget bias 1`,
    sample(shape, random) {
      const bias = sample(shape, random);
      const units = bias.length / cell.gates;
      for (let i = units; i < 2 * units; i++) bias[i]! += 1;
      return bias;
    },
  };
}

const stage = defineRecurrent<LstmOptions & { readonly units: number }, LstmConfig>({
  name: "lstm",
  config,
  formula: "c_t = f_t ⊙ c_{t-1} + i_t ⊙ tanh(g_t), h_t = o_t ⊙ tanh(c_t)",
  cell,
  biasInitializer({ biasInitializer, unitForgetBias }) {
    const initializer = resolveInitializer(biasInitializer);
    return unitForgetBias ? withForgetBias(initializer) : initializer;
  },
});

/**
 * Long short-term memory: a state `h` and a memory `c` are carried from step to step, and gates between
 * 0 and 1 say what is written, kept and shown. With `[s_i, s_f, s_g, s_o] = x_t · weight + h_{t-1} ·
 * recurrentWeight + bias`:
 *
 *     i = σ(s_i), f = σ(s_f), o = σ(s_o)
 *     c_t = f ⊙ c_{t-1} + i ⊙ tanh(s_g)
 *     h_t = o ⊙ tanh(c_t)
 *
 * Shapes: `x [batch, steps, features], weight [features, 4·units], recurrentWeight [units, 4·units],`
 * `bias [4·units] -> [batch, units]`, the last state; with `returnSequences` `[batch, steps, units]`.
 * Both directions side by side give `2·units`; the second one's parameters are `backwardWeight`, ….
 *
 * Mask: with `{ x, mask }`, `mask [batch, steps]`, the states stay as they are where the mask is 0, and
 * the sequence's output is 0 there. So the last state is that of the last step that counts.
 *
 * States: they begin at 0, or as `states [batch, 2·units]` says, `h` and `c` side by side; both directions
 * take `4·units`, the forward direction's first. With `returnStates` calling it gives `{ output, states }`,
 * the states of the last step besides: a decoder goes on where an encoder ended, and a long sequence is
 * read piece by piece.
 *
 * Gradient: backwards through all steps, with the gradient by each weight one product over all steps.
 *
 * Differs: gates lie in the order input, forget, candidate, output, as in Keras and PyTorch, and the
 * defaults are Keras's.
 * PyTorch keeps weights as `[4·units, …]` and adds two biases; both keep states in a tensor each. At padding, Keras repeats the last
 * output; this gives 0, as PyTorch's packed sequences do. Masks are wired, and never handed on unseen.
 *
 * Counterparts: Keras `LSTM`; PyTorch `LSTM`; TensorFlow.js `layers.lstm`
 *
 * @param units Length of the state, at least 1.
 * @returns A layer that takes a sequence, or `{ x, mask, states }`.
 * @throws {TypeError} When the mask has not the sequence's shape, or the states not the layer's.
 *
 * @example
 * ```ts
 * import { dense, lstm, sequential, stageOf } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const model = sequential(lstm(32, { returnSequences: true }), lstm(16), dense(10));
 * assertEquals(stageOf(model)?.definition.name, "sequential");
 * ```
 *
 * @example An encoder and a decoder
 * ```ts
 * import { characters, embedding, lstm, multiHeadAttention } from "@millrace/millrace";
 *
 * const text = characters({ path: "pipelines/samples/moby_dick.txt", length: 24 });
 * const encoder = lstm(32, { returnSequences: true, returnStates: true });
 * const { output: memory, states } = encoder(embedding(27, 8)(text.window)); // f32[batch, 24, 32], [batch, 64]
 * const decoder = lstm(32, { returnSequences: true });
 * const x = decoder({ x: embedding(27, 8)(text.following), states });
 * multiHeadAttention(4)({ x, memory }); // f32[batch, 24, 32]: each step looks back at the text
 * ```
 *
 * Source: Hochreiter, Schmidhuber, "Long short-term memory", Neural Computation 9, 1997,
 * https://doi.org/10.1162/neco.1997.9.8.1735; forget gate: Gers, Schmidhuber, Cummins, 2000
 */
export function lstm<
  const N extends number,
  const S extends boolean = false,
  const D extends boolean = false,
  const R extends boolean = false,
>(units: N, options: LstmOptions<S, D, R> = {}): RecurrentLayer<N, S, D, R> {
  return stage({ ...options, units }) as RecurrentLayer<N, S, D, R>;
}
