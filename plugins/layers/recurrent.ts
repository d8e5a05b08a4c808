/**
 * What the recurrent layers share: masks, states, directions, and the unrolling. A layer adds its cell,
 * which says how one step makes new states of the old ones.
 *
 * A recurrence enters the graph unrolled, with time as the first axis: the inputs of all steps are
 * projected by one large product, each step is a product of the states and a chain of fused kernels, and
 * the reverse walk makes of the steps' gradients by a weight one large product over all steps.
 *
 * @module
 */
import {
  type AnyHandle,
  type AnyTensor,
  type BuildContext,
  defineLayer,
  formatShape,
  formatSpec,
  type Initializer,
  ops,
  type ParameterSpec,
  sameShape,
  type Schema,
  type TensorSpec,
  type Value,
} from "../../core/mod.ts";
import { resolveInitializer } from "../initializers/mod.ts";
import { requireMask } from "./masks.ts";
import type { Merge, RecurrentConfig } from "./recurrent_options.ts";

/** The ports of a mask, which may be of any element type, and of the states to begin with. */
const recurrentPorts: {
  readonly mask: { readonly kind: "tensor"; readonly rank: 2; readonly optional: true };
  readonly states: {
    readonly kind: "tensor";
    readonly dtypes: readonly ["f32"];
    readonly rank: 2;
    readonly optional: true;
  };
} = {
  mask: { kind: "tensor", rank: 2, optional: true },
  states: { kind: "tensor", dtypes: ["f32"], rank: 2, optional: true },
};

/** What a step is made of. */
export interface Step<Config> {
  readonly config: Config;
  /** The input's part of the sums, bias included: `[batch, gates · units]`. */
  readonly input: Value;
  /** The states before the step, the output first, each `[batch, units]`; `null` where all are 0. */
  readonly states: readonly Value[] | null;
  /** The state's part of the sums, `[batch, gates · units]`; `null` where it is 0. */
  readonly recurrent: Value | null;
}

/** What tells one recurrent layer from another. */
export interface Cell<Config> {
  /** Sums of a unit: blocks of `units` columns in the weights. */
  readonly gates: number;
  /** States that are carried from step to step: the output, and what else there is. */
  readonly states: number;
  /** Whether the state's part of the sums has a bias of its own. */
  readonly hasRecurrentBias: boolean;
  /** The states after a step, the output first. */
  step(step: Step<Config>): readonly Value[];
}

/** Parameters of one direction. */
interface Direction {
  readonly weight: Value;
  readonly recurrentWeight: Value;
  readonly bias: Value | undefined;
  readonly recurrentBias: Value | undefined;
}

const parameterNames = ["weight", "recurrentWeight", "bias", "recurrentBias"] as const;

/** Names of a direction's parameters: `weight` forward, `backwardWeight` backward. */
function nameOf(name: typeof parameterNames[number], isBackward: boolean): string {
  return isBackward ? `backward${name[0]!.toUpperCase()}${name.slice(1)}` : name;
}

/** What one recurrent layer answers. */
export interface RecurrentDefinition<Options, Config extends RecurrentConfig> {
  /** Name of the kind of layer. */
  readonly name: string;
  /** The one source of defaults, limits and messages. */
  readonly config: Schema<Options, Config>;
  /** The mathematics in one line. */
  readonly formula: string;
  /** What a step does. */
  readonly cell: Cell<Config>;
  /** What draws the first bias, where the configuration's own initializer does not do alone. */
  biasInitializer?(config: Config): Initializer;
}

/** Which of its forms a recurrent layer is built in. */
interface RecurrentMode<Config> {
  readonly cell: Cell<Config>;
  readonly trains: boolean;
  readonly givesStates: boolean;
}

/**
 * Defines a recurrent layer.
 *
 * @returns A function from options to the layer; one with `returnStates` is wired by two handles.
 */
export function defineRecurrent<Options, Config extends RecurrentConfig>(
  definition: RecurrentDefinition<Options, Config>,
): (options: Options & { readonly returnStates?: boolean | undefined }) => unknown {
  const { cell, name, config, formula } = definition;
  const layer = (givesStates: boolean) =>
    defineLayer<(x: AnyTensor) => AnyHandle | Readonly<Record<string, AnyHandle>>>()({
      name,
      config,
      formula,
      rank: 3,
      inputs: recurrentPorts,
      ...(givesStates ? { moreOutputs: ["states"] } : {}),
      parameters: (config, x) => recurrentParameters(config, x, definition),
      build: (values, context) =>
        buildRecurrent(values, context, { cell, trains: true, givesStates }),
      buildInference: (values, context) =>
        buildRecurrent(values, context, { cell, trains: false, givesStates }),
    });
  const alone = layer(false);
  const withStates = layer(true);
  return ({ returnStates = false, ...options }) =>
    (returnStates ? withStates : alone)(options as unknown as Options);
}

/** The parameters of a recurrent layer, by name. */
function recurrentParameters<Config extends RecurrentConfig>(
  config: Config,
  x: TensorSpec,
  { cell: { gates, hasRecurrentBias }, biasInitializer }: Pick<
    RecurrentDefinition<unknown, Config>,
    "cell" | "biasInitializer"
  >,
): Record<string, ParameterSpec | undefined> {
  const { units, useBias } = config;
  const width = gates * units;
  const bias = {
    shape: [width],
    initializer: biasInitializer?.(config) ?? resolveInitializer(config.biasInitializer),
  };
  const specs = {
    weight: {
      shape: [x.shape[2]!, width],
      initializer: resolveInitializer(config.kernelInitializer),
    },
    recurrentWeight: {
      shape: [units, width],
      initializer: resolveInitializer(config.recurrentInitializer),
    },
    bias: useBias ? bias : undefined,
    recurrentBias: useBias && hasRecurrentBias ? bias : undefined,
  };
  return Object.fromEntries(
    (config.bidirectional ? [false, true] : [false]).flatMap((isBackward) =>
      parameterNames.map((name) => [nameOf(name, isBackward), specs[name]])
    ),
  );
}

/**
 * Builds a recurrent layer.
 *
 * @param values `x` `[batch, steps, features]`, `mask` `[batch, steps]`, `states` `[batch, …]`, and the
 * parameters.
 * @throws {TypeError} When mask or states have another shape.
 * @throws {RangeError} When there are no steps.
 */
function buildRecurrent<Config extends RecurrentConfig>(
  values: Readonly<Record<string, Value | undefined>>,
  context: BuildContext<Config>,
  { cell, trains, givesStates }: RecurrentMode<Config>,
): Value {
  const { config } = context;
  const x = values.x!;
  const steps = x.spec.shape[1]!;
  if (steps === 0) {
    throw new RangeError("Cannot build a recurrence: received 0 steps, expected 1 or more");
  }
  const mask = values.mask;
  if (mask !== undefined) requireMask(mask, x.spec);
  const directions = config.bidirectional ? [false, true] : [false];
  const initial = values.states === undefined ? [] : splitStates(values.states, x.spec, {
    units: config.units,
    count: directions.length * cell.states,
  });
  const runs = directions.map((isBackward, i) => {
    const direction = Object.fromEntries(
      parameterNames.map((name) => [name, values[nameOf(name, isBackward)]]),
    ) as unknown as Direction;
    const isReversed = isBackward !== config.goBackwards;
    const own = initial.slice(i * cell.states, (i + 1) * cell.states);
    const { outputs, states } = unroll(
      { x, mask, direction, isReversed, initial: own.length === 0 ? null : own },
      context,
      { cell, trains },
    );
    if (!config.returnSequences) return { output: outputs.at(-1)!, states };
    // the second direction's outputs are put into the order of the first one's
    return { output: stack(isBackward ? outputs.toReversed() : outputs), states };
  });
  if (givesStates) {
    const states = runs.flatMap(({ states }) => states);
    context.give(
      "states",
      states.length === 1 ? states[0]! : ops.concatenate(states, { axis: -1 }),
    );
  }
  const [forward, backward] = runs;
  return backward === undefined
    ? forward!.output
    : merge(forward!.output, backward.output, config.merge);
}

/** The states that a recurrence begins with, which lie side by side. */
function splitStates(
  states: Value,
  x: TensorSpec,
  { units, count }: { readonly units: number; readonly count: number },
): Value[] {
  const batch = x.shape[0]!;
  const wanted = [batch, count * units];
  if (!sameShape(states.spec.shape, wanted)) {
    throw new TypeError(
      `Cannot begin with the states ${formatSpec(states.spec)}: expected f32${
        formatShape(wanted)
      }, ${count} of ${units} units`,
    );
  }
  return Array.from(
    { length: count },
    (_, i) => ops.slice(states, { start: [0, i * units], sizes: [batch, units] }),
  );
}

/**
 * The output of every step, in the order of steps (without sequences the last is what counts), and the
 * states behind the last.
 */
function unroll<Config extends RecurrentConfig>(
  { x, mask, direction, isReversed, initial }: {
    readonly x: Value;
    readonly mask: Value | undefined;
    readonly direction: Direction;
    readonly isReversed: boolean;
    /** `null` where all are 0. */
    readonly initial: readonly Value[] | null;
  },
  context: BuildContext<Config>,
  { cell, trains }: { readonly cell: Cell<Config>; readonly trains: boolean },
): { readonly outputs: readonly Value[]; readonly states: readonly Value[] } {
  const { config, config: { units, returnSequences } } = context;
  const [batch, steps, features] = x.spec.shape as [number, number, number];
  const width = cell.gates * units;
  const { weight, recurrentWeight, bias, recurrentBias } = direction;
  const dropped = (shape: readonly number[], rate: number): Value | null =>
    trains && rate > 0
      ? ops.mul(ops.greaterEqual(context.random(shape), rate), 1 / (1 - rate))
      : null;
  const inputMask = dropped([batch, features], config.dropout);
  const stateMask = dropped([batch, units], config.recurrentDropout);

  const byTime = ops.transpose(x, [1, 0, 2]);
  const seen = inputMask === null ? byTime : ops.mul(byTime, inputMask);
  const sums = ops.matmul(ops.reshape(seen, [steps * batch, features]), weight);
  const inputs = ops.reshape(bias === undefined ? sums : ops.add(sums, bias), [
    steps,
    batch,
    width,
  ]);
  // one row for each step, so that its gradient is one sum over all of them
  const recurrentBiases = recurrentBias === undefined
    ? null
    : ops.broadcastTo(recurrentBias, [steps, batch, width]);
  const keeps = mask === undefined ? null : ops.reshape(
    ops.transpose(ops.notEqual(mask, 0)),
    [steps, batch, 1],
  );

  let states = initial;
  const outputs: Value[] = [];
  for (let i = 0; i < steps; i++) {
    const step = isReversed ? steps - 1 - i : i;
    const ownBias = recurrentBiases && at(recurrentBiases, step);
    const before: readonly Value[] | null = states;
    const output = before?.[0];
    const product = output === undefined
      ? null
      : ops.matmul(stateMask === null ? output : ops.mul(output, stateMask), recurrentWeight);
    const recurrent = product === null || ownBias === null
      ? product ?? ownBias
      : ops.add(product, ownBias);
    const next = cell.step({ config, input: at(inputs, step), states: before, recurrent });
    const keep = keeps && at(keeps, step);
    states = keep === null
      ? next
      : next.map((state, j) => ops.where(keep, state, before?.[j] ?? 0));
    outputs.push(returnSequences && keep !== null ? ops.where(keep, next[0]!, 0) : states[0]!);
  }
  return { outputs, states: states! };
}

/** One step's part of what has time as its first axis. */
function at(x: Value, step: number): Value {
  const [, ...rest] = x.spec.shape;
  const block = ops.slice(x, { start: [step, ...rest.map(() => 0)], sizes: [1, ...rest] });
  return ops.reshape(block, rest);
}

/** `[batch, units]` of every step -> `[batch, steps, units]`. */
function stack(outputs: readonly Value[]): Value {
  const byTime = ops.concatenate(outputs.map((output) => ops.expandDims(output, [0])));
  return ops.transpose(byTime, [1, 0, 2]);
}

function merge(forward: Value, backward: Value, how: Merge): Value {
  switch (how) {
    case "concatenate":
      return ops.concatenate([forward, backward], { axis: -1 });
    case "sum":
      return ops.add(forward, backward);
    case "average":
      return ops.mul(ops.add(forward, backward), 0.5);
    case "multiply":
      return ops.mul(forward, backward);
  }
}

/** Sums in as many blocks of columns as there are gates. */
export function splitGates(sums: Value, gates: number): Value[] {
  const [batch, width] = sums.spec.shape as [number, number];
  const units = width / gates;
  return Array.from(
    { length: gates },
    (_, gate) => ops.slice(sums, { start: [0, gate * units], sizes: [batch, units] }),
  );
}
