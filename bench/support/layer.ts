/**
 * Layers as work for a bench: what they give, and a step of training: output and all gradients from
 * the gradient by the output.
 *
 * @module
 */
import {
  type BuildContext,
  GraphBuilder,
  ops,
  type Shape,
  sizeOf,
  stageOf,
  type TracedDefinition,
  validate,
  type Value,
} from "@millrace/millrace";
import { type BenchCase, loopVariant } from "./case.ts";
import { normals, wasmVariants } from "./graph.ts";

/** By what layers draw at random: draw n of a layer is stream n. */
export const drawn = { seed: 0, step: 1 } as const;

/** Arrays of a layer's tensors, as a plain loop reads and writes them. */
export interface LayerArrays {
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** Gradient by the output. */
  readonly dy: Float32Array;
  /** Gradient by the input. */
  readonly dx: Float32Array;
  /** Parameters, and the gradients by them, by name. */
  readonly of: Readonly<Record<string, Float32Array>>;
  readonly by: Readonly<Record<string, Float32Array>>;
}

/** A layer and the same as plain loops. */
export interface LayerWork {
  readonly layer: unknown;
  /** Shape of the input. */
  readonly x: Shape;
  /** Floating-point operations of the output. */
  readonly flops?: number;
  /** Computes `y`. */
  forward(arrays: LayerArrays): void;
  /** Computes `dx` and what is in `by`, after `forward`. */
  backward(arrays: LayerArrays): void;
}

/** The cases of a layer: forward, and a step of training. */
export function layerCases(name: string, work: LayerWork): BenchCase[] {
  const { flops } = work;
  const made = (trains: boolean): BenchCase => ({
    name: `${name}, ${trains ? "training" : "forward"}`,
    ...(flops === undefined ? {} : { flops: trains ? 3 * flops : flops }),
    variants: [
      loopVariant(() => {
        const arrays = arraysOf(work);
        const run = () => {
          work.forward(arrays);
          if (trains) work.backward(arrays);
        };
        return { run, result: () => trains ? arrays.dx : arrays.y };
      }),
      ...wasmVariants((builder) => buildWork(builder, work, trains), {
        seed: Uint32Array.of(drawn.seed),
        step: Uint32Array.of(drawn.step),
      }),
    ],
  });
  return [made(false), made(true)];
}

/** Writes the graph; what is compared is its first output. */
function buildWork(builder: GraphBuilder, { layer, x: shape }: LayerWork, trains: boolean): void {
  const x = builder.input("x", { shape, dtype: "f32" });
  const { output, parameters } = builtLayer(layer, x);
  if (!trains) {
    builder.output("y", output);
    return;
  }
  const loss = ops.reduceSum(ops.mul(output, builder.input("dy", output.spec)));
  builder.output("dx", ops.gradient(loss, x));
  builder.output("y", output);
  for (const [name, value] of Object.entries(parameters)) {
    builder.output(`d${name}`, ops.gradient(loss, value));
  }
}

/** Builds a layer of one input whose parameters are inputs of the graph. */
function builtLayer(
  layer: unknown,
  x: Value,
): { readonly output: Value; readonly parameters: Readonly<Record<string, Value>> } {
  const { definition, options } = stageOf(layer)!;
  const validated = validate(definition.config, options, definition.name);
  if (!validated.ok) throw new TypeError(`Cannot build "${definition.name}" for a bench`);
  const { builder } = x;
  const parameters: Record<string, Value> = {};
  const counter = (name: string) => builder.input(name, { shape: [], dtype: "u32" });
  let draws = 0;
  const context: Partial<BuildContext<unknown>> = {
    config: validated.config,
    path: definition.name,
    parameter: (name, { shape }) => parameters[name] = builder.input(name, { shape, dtype: "f32" }),
    state: (name, { shape, value = 0 }) =>
      builder.variable(name, {
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
      ops.randomUniform({ seed: counter("seed"), step: counter("step"), shape, stream: draws++ }),
  };
  const { build } = definition as TracedDefinition;
  const output = build({ x }, context as BuildContext<unknown>) as Value;
  return { output, parameters };
}

/** The arrays of a layer's loops. */
function arraysOf({ layer, x: shape }: LayerWork): LayerArrays {
  const builder = new GraphBuilder();
  const x = builder.input("x", { shape, dtype: "f32" });
  const { output, parameters } = builtLayer(layer, x);
  const length = (value: Value) => sizeOf(value.spec.shape);
  const all = Object.entries(parameters);
  return {
    x: normals("x", length(x)),
    y: new Float32Array(length(output)),
    dy: normals("dy", length(output)),
    dx: new Float32Array(length(x)),
    of: Object.fromEntries(all.map(([name, value]) => [name, normals(name, length(value))])),
    by: Object.fromEntries(all.map(([name, value]) => [name, new Float32Array(length(value))])),
  };
}
