/**
 * Ops as work for a bench: graphs of them planned for the `wasm` device, inputs filled, beside the
 * same as a plain loop.
 *
 * @module
 */
import {
  type Elements,
  GraphBuilder,
  RandomStream,
  type Shape,
  sizeOf,
  type Value,
  wasmDevice,
} from "@millrace/millrace";
import { differentiate } from "../../core/differentiate/mod.ts";
import { plan } from "../../core/plan/mod.ts";
import {
  type BenchCase,
  loopVariant,
  type Runner,
  threadCounts,
  threadsName,
  type Variant,
} from "./case.ts";

const known = new Map<string, Float32Array>();

/** Standard normal numbers; the same array for the same name and length, so not to be written to. */
export function normals(name: string, length: number): Float32Array {
  const key = `${name} ${length}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const random = new RandomStream(0, name);
  const made = Float32Array.from({ length }, () => random.normal());
  known.set(key, made);
  return made;
}

/** A function of tensors, as an op and as a loop. */
export interface KernelWork {
  /** Shapes of the operands, by name. */
  readonly inputs: Readonly<Record<string, Shape>>;
  /** Shape of the result. */
  readonly output: Shape;
  /** Floating-point operations. */
  readonly flops?: number;
  readonly isWatched?: boolean;
  /** Computes it with ops, the operands in the order of `inputs`. */
  op(...inputs: Value[]): Value;
  /** Computes it in a plain loop, into the last array. */
  loop(...arrays: Float32Array[]): void;
}

/** A case of one function of float32 tensors: a loop, and the `wasm` device. */
export function kernelCase(name: string, work: KernelWork): BenchCase {
  const { inputs, output, flops, isWatched = false } = work;
  const elements = [...Object.values(inputs), output].map(sizeOf);
  return {
    name,
    ...(flops === undefined ? {} : { flops }),
    bytes: 4 * elements.reduce((a, b) => a + b),
    isWatched,
    variants: [
      loopVariant(() => {
        const operands = Object.entries(inputs).map(([name, shape]) =>
          normals(name, sizeOf(shape))
        );
        const made = new Float32Array(sizeOf(output));
        return { run: () => work.loop(...operands, made), result: () => made };
      }),
      ...wasmVariants((builder) => {
        const operands = Object.entries(inputs).map(([name, shape]) =>
          builder.input(name, { shape, dtype: "f32" })
        );
        builder.output("output", work.op(...operands));
      }),
    ],
  };
}

/**
 * A graph on the `wasm` device: on one thread, and on all.
 *
 * @param build Builds it. Its result is its first output, or without outputs its first variable.
 * @param data What inputs hold that are not to be normal numbers, by name.
 */
export function wasmVariants(
  build: (builder: GraphBuilder) => void,
  data: Readonly<Record<string, Elements>> = {},
): Variant[] {
  return threadCounts.map((threads) => ({
    name: threadsName(threads),
    threads,
    isWasm: true,
    prepare: () => prepareGraph(build, { data, threads }),
  }));
}

/** Plans a graph for the `wasm` device, and fills its inputs and variables. */
export async function prepareGraph(
  build: (builder: GraphBuilder) => void,
  { data = {}, threads }: {
    readonly data?: Readonly<Record<string, Elements>>;
    readonly threads: number;
  },
): Promise<Runner> {
  const builder = new GraphBuilder();
  build(builder);
  const device = wasmDevice();
  const planned = plan(differentiate(builder.build("bench")), { target: device.target });
  const session = await device.open({ threads });
  const executable = await session.prepare(planned);
  for (const { name, spec, buffer } of planned.inputs) {
    await session.write(planned.buffers[buffer]!, data[name] ?? normals(name, sizeOf(spec.shape)));
  }
  const variables = planned.variables.slots.map(({ spec, byteOffset, initialize }) => ({
    place: { dtype: spec.dtype, length: sizeOf(spec.shape), byteOffset },
    data: initialize!(0),
  }));
  for (const { place, data } of variables) await session.write(place, data);
  const [output] = planned.outputs;
  const place = output === undefined ? variables[0]!.place : planned.buffers[output.buffer]!;
  return {
    run: () => executable.run(),
    result: () => session.read(place),
    close: () => session.close(),
  };
}
