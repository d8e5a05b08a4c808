/**
 * A training step as work for a bench: planned, prepared, and its inputs filled with noise.
 *
 * @module
 */
import { compile, type Device, type Pipeline, sizeOf } from "@millrace/millrace";
import type { Runner } from "./case.ts";
import { normals, togetherOf } from "./graph.ts";

/**
 * Too small to change a weight: every step does the same. Learning one batch by heart would end in
 * gradients so small that processors are slow on them.
 */
export const learningRate = 1e-12;

/** Prepares the training step of a pipeline on a device. */
export async function prepareTraining(
  pipeline: Pipeline,
  { device, batch, threads = 1 }: {
    readonly device: Device;
    readonly batch: number;
    readonly threads?: number;
  },
): Promise<Runner> {
  const { plan } = compile(pipeline, {
    purpose: "train",
    target: device.target,
    batchSize: batch,
    set: { "optimizer.learningRate": learningRate },
  });
  const session = await device.open({ threads });
  const executable = await session.prepare(plan);
  for (const { spec: { shape, dtype }, byteOffset, initialize } of plan.variables.slots) {
    const length = sizeOf(shape);
    await session.write({ dtype, length, byteOffset }, initialize?.(0) ?? new Float32Array(length));
  }
  for (const { name, spec, buffer } of plan.inputs) {
    const window = session.input(plan.buffers[buffer]!);
    const random = normals(name, window.length);
    if (name.endsWith(".image")) window.set(random.map((value) => Math.abs(100 * value)));
    else if (name.endsWith(".label")) window.set(random.map((_, row) => row % 10));
    else if (name === "step") window.fill(1);
    else if (spec.dtype === "f32") window.set(random);
  }
  return {
    run: () => executable.run(),
    ...togetherOf(executable),
    close: () => session.close(),
  };
}
