/**
 * How long is one training step of the tutorial networks, on one thread and on all? The step alone:
 * batches are not fed and scores not read (`deno task train … --json` times the whole loop).
 *
 * @module
 */
import { compile, type Pipeline, sizeOf, wasmDevice } from "@millrace/millrace";
import lenet from "../pipelines/lenet_speed.ts";
import mnist from "../pipelines/mnist.ts";
import { normals } from "./support.ts";

const device = wasmDevice();
const cases: readonly {
  readonly name: string;
  readonly pipeline: Pipeline;
  readonly batchSize: number;
}[] = [
  { name: "mnist", pipeline: mnist, batchSize: 32 },
  { name: "mnist", pipeline: mnist, batchSize: 128 },
  { name: "lenet", pipeline: lenet, batchSize: 64 },
];

/** A training step as a function. */
async function stepOf(
  pipeline: Pipeline,
  { batchSize, threads }: { readonly batchSize: number; readonly threads: number },
): Promise<() => void | Promise<void>> {
  const set = { batchSize };
  const { plan } = compile(pipeline, { purpose: "train", target: device.target, set });
  const session = await device.open({ threads });
  const executable = await session.prepare(plan);
  for (const { spec: { shape, dtype }, byteOffset, initialize } of plan.variables.slots) {
    const length = sizeOf(shape);
    await session.write({ dtype, length, byteOffset }, initialize?.(0) ?? new Float32Array(length));
  }
  for (const { name, buffer } of plan.inputs) {
    const window = session.input(plan.buffers[buffer]!);
    if (name.endsWith(".image")) {
      window.set(normals(name, window.length).map((value) => Math.abs(100 * value)));
    }
  }
  return () => executable.run();
}

const all = navigator.hardwareConcurrency;

for (const { name, pipeline, batchSize } of cases) {
  for (const threads of new Set([1, all])) {
    const step = await stepOf(pipeline, { batchSize, threads });
    Deno.bench({
      name: `${threads} thread${threads === 1 ? "" : "s"}`,
      group: `${name}, batch ${batchSize}`,
      baseline: threads === 1,
      fn: () => step(),
    });
  }
}
