/**
 * Ops as work for a bench: graphs of them planned for the devices, inputs filled, beside the same as a
 * plain loop.
 *
 * @module
 */
import {
  type Device,
  type Elements,
  type Executable,
  GraphBuilder,
  RandomStream,
  type Shape,
  sizeOf,
  type TensorSpec,
  type Value,
  wasmDevice,
  webgpuDevice,
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

/** A case of one function of float32 tensors: a loop, and the devices. */
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
      ...deviceVariants((builder) => {
        const operands = Object.entries(inputs).map(([name, shape]) =>
          builder.input(name, { shape, dtype: "f32" })
        );
        builder.output("output", work.op(...operands));
      }),
    ],
  };
}

/**
 * A graph on the devices: on `wasm` with one thread and with all, and on `webgpu`.
 *
 * @param build Builds it. Its result is its first output, or without outputs its first variable.
 * @param data What inputs hold that are not to be normal numbers, by name.
 */
export function deviceVariants(
  build: (builder: GraphBuilder) => void,
  data: Readonly<Record<string, Elements>> = {},
): Variant[] {
  return [
    ...threadCounts.map((threads): Variant => ({
      name: threadsName(threads),
      threads,
      device: "wasm",
      prepare: () => prepareGraph(build, { data, device: wasmDevice(), threads }),
    })),
    {
      name: "webgpu",
      threads: 1,
      device: "webgpu",
      prepare: () => prepareGraph(build, { data, device: webgpuDevice(), threads: 1 }),
    },
  ];
}

/** Builds graphs whose inputs and outputs stay on the device, as variables: nothing is copied in a run. */
class KeepingBuilder extends GraphBuilder {
  readonly #given = new Map<string, Value>();

  override input(name: string, spec: TensorSpec): Value {
    const known = this.#given.get(name);
    if (known !== undefined) return known;
    const { value } = this.variable(`given.${name}`, { spec, role: "state", initialize: null });
    this.#given.set(name, value);
    return value;
  }

  override output(name: string, value: Value): void {
    const { spec } = value;
    const kept = this.variable(`kept.${name}`, { spec, role: "state", initialize: null });
    this.update(kept, value);
  }
}

/** Plans a graph for a device, and fills its inputs and variables. */
export async function prepareGraph(
  build: (builder: GraphBuilder) => void,
  { data = {}, device, threads }: {
    readonly data?: Readonly<Record<string, Elements>>;
    readonly device: Device;
    readonly threads: number;
  },
): Promise<Runner> {
  const builder = device.name === "webgpu" ? new KeepingBuilder() : new GraphBuilder();
  build(builder);
  const planned = plan(differentiate(builder.build("bench")), { target: device.target });
  const session = await device.open({ threads });
  const executable = await session.prepare(planned);
  const given = (name: string, { shape }: TensorSpec) => data[name] ?? normals(name, sizeOf(shape));
  for (const { name, spec, buffer } of planned.inputs) {
    await session.write(planned.buffers[buffer]!, given(name, spec));
  }
  const variables = planned.variables.slots.map(({ path, spec, byteOffset, initialize }) => ({
    path,
    place: { dtype: spec.dtype, length: sizeOf(spec.shape), byteOffset },
    data: path.startsWith("given.") ? given(path.slice(6), spec) : initialize?.(0),
  }));
  for (const { place, data } of variables) if (data !== undefined) await session.write(place, data);
  const [output] = planned.outputs;
  const kept = variables.find(({ path }) => path.startsWith("kept.")) ?? variables[0];
  const place = output === undefined ? kept!.place : planned.buffers[output.buffer]!;
  return {
    run: () => executable.run(),
    ...togetherOf(executable),
    result: () => session.read(place),
    close: () => session.close(),
  };
}

/** Runs that are waited for once, where the device has a queue of them. */
export function togetherOf({ queue }: Pick<Executable, "queue">): Partial<Runner> {
  if (queue === undefined) return {};
  return {
    mostTogether: queue.most,
    async together(runs) {
      for (let i = 0; i < runs; i++) queue.run();
      await queue.collect();
    },
  };
}
