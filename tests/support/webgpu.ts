/**
 * Tests of the WebGPU device: they run where there is an adapter, and else are skipped with the reason.
 *
 * @module
 */
import {
  type Elements,
  GraphBuilder,
  ops,
  type Plan,
  type Value,
  webgpuDevice,
} from "@millrace/millrace";
import { type OpenedGpu, openGpu } from "../../core/devices/webgpu/adapter.ts";
import { WebgpuSession } from "../../core/devices/webgpu/session.ts";
import { plan, type Precision, type Target, verifyPlan } from "../../core/plan/mod.ts";

/** The device under test: sessions of it share one GPU. */
export const webgpu = webgpuDevice();

const availability = await webgpu.probe();

/** Defines a test that needs an adapter. */
export function webgpuTest(name: string, fn: () => void | Promise<void>): void {
  if (availability.available) Deno.test(name, fn);
  else Deno.test.ignore(`${name}: skipped: ${availability.reason}`, fn);
}

/** How a graph is run. */
export interface RunOptions {
  readonly precision?: Precision;
  /** What the plan is made for, where it is not the device as it is. */
  readonly target?: Partial<Target>;
  /** What shaders are written for, where it is not what the GPU at hand is. */
  readonly gpu?: Partial<OpenedGpu>;
}

/** Runs a graph on the device: its outputs by name. */
export async function runOnWebgpu(
  build: (builder: GraphBuilder) => Readonly<Record<string, Value>>,
  given: Readonly<Record<string, ArrayLike<number>>>,
  { precision = "full", gpu, target = {} }: RunOptions = {},
): Promise<Record<string, Elements>> {
  const builder = new GraphBuilder();
  for (const [name, value] of Object.entries(build(builder))) builder.output(name, value);
  const planned = plan(builder.build("test"), {
    target: { ...webgpu.target, ...target },
    precision,
  });
  verifyPlan(planned, webgpu.target);
  const session = gpu === undefined
    ? await webgpu.open()
    : await WebgpuSession.open({ ...await openGpu(), ...gpu });
  try {
    const executable = await session.prepare(planned);
    for (const { name, buffer } of planned.inputs) {
      session.input(planned.buffers[buffer]!).set(given[name]!);
    }
    await executable.run();
    const outputs: Record<string, Elements> = {};
    for (const { name, buffer } of planned.outputs) {
      outputs[name] = await session.read(planned.buffers[buffer]!);
    }
    return outputs;
  } finally {
    await session.close();
  }
}

/** A plan that adds its input to a sum that it keeps; `y` is the sum, `last` the input. */
export function summing(length: number): Plan {
  const builder = new GraphBuilder();
  const spec = { shape: [length], dtype: "f32" as const };
  const sum = builder.variable("sum", { spec, role: "state", initialize: null });
  const x = builder.input("x", spec);
  const next = ops.add(sum.value, x);
  builder.update(sum, next);
  builder.output("y", ops.mul(next, 1));
  builder.output("last", ops.neg(x));
  return plan(builder.build("summing"), { target: webgpu.target });
}
