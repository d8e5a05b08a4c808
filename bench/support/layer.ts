/**
 * Layers as work for a bench: what they give, and a step of training: output and all gradients from
 * the gradient by the output.
 *
 * @module
 */
import { GraphBuilder, ops, type Shape, sizeOf, type Value } from "@millrace/millrace";
import { type BenchCase, loopVariant } from "./case.ts";
import { deviceVariants, normals } from "./graph.ts";
import { builtStage, counters } from "./stage.ts";

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
  /** Standard deviation of the parameters; default 1. */
  readonly spread?: number;
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
  // normal numbers are what inputs hold anyway
  const data = work.spread === undefined ? counters : { ...counters, ...arraysOf(work).of };
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
      ...deviceVariants((builder) => buildWork(builder, work, trains), data),
    ],
  });
  return [made(false), made(true)];
}

/** Writes the graph; what is compared is its first output. */
function buildWork(builder: GraphBuilder, { layer, x: shape }: LayerWork, trains: boolean): void {
  const x = builder.input("x", { shape, dtype: "f32" });
  const { output, parameters } = builtStage<Value>(layer, { builder, inputs: { x } });
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

/** The arrays of a layer's loops. */
function arraysOf({ layer, x: shape, spread = 1 }: LayerWork): LayerArrays {
  const builder = new GraphBuilder();
  const x = builder.input("x", { shape, dtype: "f32" });
  const { output, parameters } = builtStage<Value>(layer, { builder, inputs: { x } });
  const length = (value: Value) => sizeOf(value.spec.shape);
  const all = Object.entries(parameters);
  const drawn = (name: string, value: Value) => {
    const numbers = normals(name, length(value));
    return spread === 1 ? numbers : numbers.map((number) => spread * number);
  };
  return {
    x: normals("x", length(x)),
    y: new Float32Array(length(output)),
    dy: normals("dy", length(output)),
    dx: new Float32Array(length(x)),
    of: Object.fromEntries(all.map(([name, value]) => [name, drawn(name, value)])),
    by: Object.fromEntries(all.map(([name, value]) => [name, new Float32Array(length(value))])),
  };
}
