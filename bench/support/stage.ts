/**
 * Stages built for a bench: what they give, their parameters being inputs of the graph.
 *
 * @module
 */
import {
  type BuildContext,
  type Elements,
  type GraphBuilder,
  ops,
  sizeOf,
  stageOf,
  type TracedDefinition,
  validate,
  type Value,
} from "@millrace/millrace";

/** By what stages draw at random: draw n of a stage is stream n. */
export const drawn = { seed: 0, step: 1 } as const;

/** The counters that a graph may read, for `deviceVariants`. */
export const counters: Readonly<Record<string, Elements>> = {
  seed: Uint32Array.of(drawn.seed),
  step: Uint32Array.of(drawn.step),
};

/** The number of the step, as a graph reads it. */
export function stepOf(builder: GraphBuilder): Value {
  return builder.input("step", { shape: [], dtype: "u32" });
}

/**
 * Builds a stage.
 *
 * @param inputs By port, what it reads.
 * @returns What it gives, and its parameters by name.
 */
export function builtStage<T>(
  made: unknown,
  { builder, inputs }: {
    readonly builder: GraphBuilder;
    readonly inputs: Readonly<Record<string, unknown>>;
  },
): { readonly output: T; readonly parameters: Readonly<Record<string, Value>> } {
  const { definition, options } = stageOf(made)!;
  const validated = validate(definition.config, options, definition.name);
  if (!validated.ok) throw new TypeError(`Cannot build "${definition.name}" for a bench`);
  const parameters: Record<string, Value> = {};
  let draws = 0;
  const context: Partial<BuildContext<unknown>> = {
    config: validated.config,
    path: definition.name,
    parameter: (name, { shape }) => parameters[name] = builder.input(name, { shape, dtype: "f32" }),
    state: (name, { shape, value = 0, of }) =>
      builder.variable(of === undefined ? name : `${name}.${of.path}`, {
        spec: { shape, dtype: "f32" },
        role: "state",
        initialize: () => new Float32Array(sizeOf(shape)).fill(value),
      }),
    constant: (name, { shape, values }) =>
      builder.variable(name, {
        spec: { shape, dtype: "f32" },
        role: "constant",
        initialize: values,
      }).value,
    update: (variable, value) => builder.update(variable, value),
    random: (shape) =>
      ops.randomUniform({
        seed: builder.input("seed", { shape: [], dtype: "u32" }),
        step: stepOf(builder),
        shape,
        stream: draws++,
      }),
  };
  const { build } = definition as TracedDefinition;
  return { output: build(inputs as never, context as BuildContext<unknown>) as T, parameters };
}
