/**
 * Builds a stage, or any graph of ops, outside of a pipeline and evaluates it on the reference device,
 * in float64 from end to end: what goes in and what comes out is not rounded to float32.
 *
 * @module
 */
import {
  allocateElements,
  type BuildContext,
  connectionsOf,
  GraphBuilder,
  ops,
  PipelineError,
  type PortKind,
  RandomStream,
  type Shape,
  sizeOf,
  type Stage,
  stageOf,
  streamOf,
  type Traced,
  type TracedDefinition,
  validate,
  type Value,
  type Variable,
} from "../../core/mod.ts";
import { differentiate } from "../../core/differentiate/mod.ts";
import { plan } from "../../core/plan/mod.ts";
import type { Device } from "../../core/devices/mod.ts";
import { reference, ReferenceSession } from "../../core/devices/reference/mod.ts";

/** Numbers in a shape, as golden files have them; strings stand for what JSON has no word for. */
export interface Numbers {
  readonly shape: Shape;
  readonly data: ArrayLike<number | string>;
}

/** Float64 elements by name. */
export type Results = Readonly<Record<string, Float64Array>>;

/** What is there after a step. */
export interface StepResults {
  /** Outputs by name. */
  readonly outputs: Results;
  /** Variables by path, updated. */
  readonly variables: Results;
}

/** A graph under construction whose variables hold float64, to be run as often as wanted. */
export class Laboratory {
  readonly builder = new GraphBuilder();
  readonly #contents = new Map<string, Float64Array>();

  /** A value that is given, and that can be differentiated by and updated. */
  variable(path: string, { shape, data }: Numbers): Variable {
    this.#contents.set(path, Float64Array.from(data, Number));
    return this.builder.variable(path, {
      spec: { shape, dtype: "f32" },
      role: "parameter",
      initialize: null,
    });
  }

  /** Whole numbers that are given. */
  whole(name: string, data: readonly number[], dtype: "u8" | "i32" | "u32" = "i32"): Value {
    this.#contents.set(name, Float64Array.from(data));
    return this.builder.input(name, { shape: [data.length], dtype });
  }

  /** What a variable begins with. */
  contentsOf(path: string): Float64Array {
    return this.#contents.get(path)!;
  }

  /** State that begins with one number. */
  state(path: string, { shape, value }: { shape: Shape; value: number }): Variable {
    return this.variable(path, { shape, data: new Array<number>(sizeOf(shape)).fill(value) });
  }

  /** Plans the graph for the reference device. Each call of the result is a step, from 1. */
  prepare(): () => StepResults {
    const planned = plan(differentiate(this.builder.build("laboratory")), {
      target: reference.target,
    });
    const session = new ReferenceSession();
    const program = session.prepare(planned);
    const bufferOf = (port: { readonly buffer: number }) => planned.buffers[port.buffer]!;
    const slots = planned.variables.slots.map(({ spec, byteOffset, path }) => (
      { path, dtype: spec.dtype, byteOffset, length: sizeOf(spec.shape) }
    ));
    for (const slot of slots) session.write(slot, this.#contents.get(slot.path)!);
    let step = 0;
    return () => {
      step++;
      for (const input of planned.inputs) {
        const counters: Record<string, number> = { step, seed: 0 };
        const counter = counters[input.name];
        const data = counter === undefined
          ? this.#contents.get(input.name)!
          : Float64Array.of(counter);
        session.write(bufferOf(input), data);
      }
      program.run();
      return {
        outputs: Object.fromEntries(
          planned.outputs.map((output) => [output.name, session.readExact(bufferOf(output))]),
        ),
        variables: Object.fromEntries(
          slots.map(({ path, ...range }) => [path, session.readExact(range)]),
        ),
      };
    };
  }

  /** Runs the graph some times on a device, in its own precision, and gives the outputs of each step. */
  async runOn(device: Device, { steps = 1 }: { readonly steps?: number } = {}): Promise<Results[]> {
    const planned = plan(differentiate(this.builder.build("laboratory")), {
      target: device.target,
    });
    const session = await device.open();
    try {
      const executable = await session.prepare(planned);
      for (const { path, spec, byteOffset } of planned.variables.slots) {
        const data = Float32Array.from(this.#contents.get(path)!);
        await session.write({ dtype: spec.dtype, byteOffset, length: sizeOf(spec.shape) }, data);
      }
      const results: Results[] = [];
      for (let step = 1; step <= steps; step++) {
        for (const { name, buffer } of planned.inputs) {
          const counters: Record<string, number> = { step, seed: 0 };
          const range = planned.buffers[buffer]!;
          const data = allocateElements(range.dtype, range.length);
          data.set(counters[name] === undefined ? this.#contents.get(name)! : [counters[name]]);
          await session.write(range, data);
        }
        await executable.run();
        const outputs: Record<string, Float64Array> = {};
        for (const { name, buffer } of planned.outputs) {
          outputs[name] = Float64Array.from(await session.read(planned.buffers[buffer]!));
        }
        results.push(outputs);
      }
      return results;
    } finally {
      await session.close();
    }
  }

  /** Runs the graph once and gives its outputs. */
  run(): Results {
    return this.prepare()().outputs;
  }
}

/** What a stage is built with. */
export interface BuildOptions {
  /** Values of parameters by name below the stage's path, as `"weight"` or `"dense1.weight"`; others are sampled. */
  readonly parameters?: Readonly<Record<string, Numbers>>;
  /** First contents of state by name below the stage's path; others are what the stage says. */
  readonly state?: Readonly<Record<string, Numbers>>;
  /** What `fit` found. */
  readonly fitted?: Readonly<Record<string, Numbers>>;
  /** The parameters that a value depends on; the stage's own when absent. */
  readonly parametersOf?: (value: Value) => readonly Variable[];
  /** Whether the stage is built as it evaluates. */
  readonly inference?: boolean;
  /** Path of the stage; default `"stage"`. */
  readonly path?: string;
  /** Steps of sequences that it is built for; those of its input when absent. */
  readonly steps?: number;
}

/** A stage as it was built. */
export interface BuiltStage<T = unknown> {
  /** What `build` gave. */
  readonly output: T;
  /** Parameters by name below the stage's path. */
  readonly parameters: Readonly<Record<string, Variable>>;
  /** What it has given besides, by name. */
  readonly given: Readonly<Record<string, Value>>;
}

/**
 * Builds a callable stage in a laboratory.
 *
 * @throws {PipelineError} When its options are not valid.
 */
export function buildStage<T = Value>(
  laboratory: Laboratory,
  callable: unknown,
  inputs: Readonly<Record<string, unknown>>,
  options: BuildOptions = {},
): BuiltStage<T> {
  const parameters: Record<string, Variable> = {};
  const { path = "stage" } = options;
  const more: Record<string, Value> = {};
  const build = (stage: Stage, at: string, given: Readonly<Record<string, unknown>>): unknown => {
    const { definition, config } = resolve(stage, at);
    const name = (own: string) => `${at}.${own}`.slice(path.length + 1);
    const step = () => laboratory.builder.input("step", { shape: [], dtype: "u32" });
    const seed = () => laboratory.builder.input("seed", { shape: [], dtype: "u32" });
    let draws = 0;
    const context: BuildContext<unknown> = {
      steps: options.steps,
      config,
      path: at,
      get step() {
        return step();
      },
      parameter(own, { shape, initializer }) {
        const numbers = options.parameters?.[name(own)] ??
          { shape, data: initializer.sample(shape, new RandomStream(0, `${at}.${own}`)) };
        if (numbers.shape.join() !== shape.join()) {
          throw new RangeError(`"${name(own)}" has shape [${shape}], not [${numbers.shape}]`);
        }
        const variable = laboratory.variable(`${at}.${own}`, numbers);
        parameters[name(own)] = variable;
        return variable.value;
      },
      state: (own, { shape, value = 0, of, standsIn }) => {
        const path = [at, own, ...(of === undefined ? [] : [of.path])].join(".");
        const numbers = standsIn === true && of !== undefined
          ? { shape, data: laboratory.contentsOf(of.path) }
          : options.state?.[name(own)];
        return numbers === undefined
          ? laboratory.state(path, { shape, value })
          : laboratory.variable(path, numbers);
      },
      eachEpoch: (own, rule) =>
        Object.fromEntries(
          Object.entries<number>(rule.initial).map(([name, value]) => {
            const path = `${at}.${own}.${name}`;
            return [name, laboratory.state(path, { shape: [], value }).value];
          }),
        ) as ReturnType<BuildContext<unknown>["eachEpoch"]>,
      fitted: (own) => laboratory.variable(`${at}.${own}`, options.fitted![own]!).value,
      constant: (own, { shape, values }) =>
        laboratory.variable(`${at}.${own}`, { shape, data: values() }).value,
      columnsOf: () => undefined,
      nameColumns: () => {},
      update: (variable, value) => laboratory.builder.update(variable, value),
      random: (shape) =>
        ops.randomUniform({
          seed: seed(),
          step: step(),
          shape,
          stream: streamOf(`${at}#${draws++}`),
        }),
      parametersOf: options.parametersOf ?? (() => Object.values(parameters)),
      child<K extends PortKind>(own: string, input: Traced[PortKind]): Traced[K] {
        const child = definition.children!(config)[own]!;
        const [port] = Object.keys((child.definition as TracedDefinition).inputs);
        return build(child, `${at}.${own}`, { [port!]: input }) as Traced[K];
      },
      childWith<K extends PortKind>(
        own: string,
        inputs: Readonly<Record<string, Traced[PortKind]>>,
      ): Traced[K] {
        const child = definition.children!(config)[own]!;
        const { inputs: ports } = child.definition as TracedDefinition;
        const given = Object.entries(ports).map(([port, { variadic }]) => {
          const values = connectionsOf(child.definition, port, inputs).map((name) => inputs[name]);
          return [port, variadic === true ? values : values[0]];
        });
        return build(child, `${at}.${own}`, Object.fromEntries(given)) as Traced[K];
      },
      give(output, value) {
        more[name(output)] = value;
      },
      given: (child, output) => more[name(`${child}.${output}`)]!,
    };
    const builder = options.inference === true
      ? definition.buildInference ?? definition.build
      : definition.build;
    return builder(given as Parameters<typeof builder>[0], context);
  };
  const output = build(stageOf(callable) ?? callable as Stage, path, inputs) as T;
  return { output, parameters, given: more };
}

/** The definition of a traced stage with its full configuration. */
export function resolve(
  stage: Stage,
  path = "stage",
): { readonly definition: TracedDefinition; readonly config: unknown } {
  const { definition, options } = stage;
  if (definition.kind !== "traced") throw new TypeError("Cannot build a stage that is not traced");
  const validated = validate(definition.config, options, path);
  if (!validated.ok) throw new PipelineError(validated.issues);
  return { definition, config: validated.config };
}
