/**
 * The work of the GPU bench: products of matrices and training steps, each as an executable of a device.
 *
 * @module
 */
import {
  type Device,
  type DeviceSession,
  type Executable,
  GraphBuilder,
  ops,
  type Pipeline,
} from "@millrace/millrace";
import { plan } from "../../core/plan/mod.ts";
import lenet from "../../pipelines/lenet_speed.ts";
import mnist from "../../pipelines/mnist.ts";
import { normals } from "../support/graph.ts";
import { prepareStep } from "../support/training_step.ts";

/** A piece of work; what `pytorch.py` is told of it, too. */
export type Work =
  | { readonly kind: "matmul"; readonly size: number }
  | { readonly kind: "step"; readonly network: "mlp" | "lenet"; readonly batch: number };

const pipelines: Readonly<Record<string, Pipeline>> = { mlp: mnist, lenet };

/** Everything that is measured. */
export const works: readonly Work[] = [
  ...[256, 512, 1024, 2048, 4096].map((size) => ({ kind: "matmul", size } as const)),
  ...[32, 128, 512, 4096].map((batch) => ({ kind: "step", network: "mlp", batch } as const)),
  ...[64, 512].map((batch) => ({ kind: "step", network: "lenet", batch } as const)),
];

/** A name for people: `"matmul 256"`, `"step mlp, batch 32"`. */
export function nameOf(work: Work): string {
  return work.kind === "matmul"
    ? `matmul ${work.size}`
    : `step ${work.network}, batch ${work.batch}`;
}

/** Seconds of one run, the fastest of rounds that are each as long as a queue and take `seconds` together. */
export async function measure(
  work: Work,
  { device, threads, seconds }: {
    readonly device: Device;
    readonly threads: number;
    readonly seconds: number;
  },
): Promise<number> {
  const { executable, session } = work.kind === "matmul"
    ? await prepareProduct(work.size, { device, threads })
    : await prepareStep(pipelines[work.network]!, { device, threads, batch: work.batch });
  try {
    await round(executable, 1);
    // enough runs that waiting for the end counts for little, and few where one takes long
    const single = await round(executable, 1);
    const runs = Math.max(1, Math.min(executable.queue?.most ?? 64, Math.floor(0.1 / single)));
    let best = Infinity;
    const end = performance.now() + 1000 * seconds;
    do best = Math.min(best, await round(executable, runs)); while (performance.now() < end);
    return best;
  } finally {
    await session.close();
  }
}

/** Seconds of a run, of some that are read together. */
async function round({ run, queue }: Executable, runs: number): Promise<number> {
  const started = performance.now();
  for (let i = 0; i < runs; i++) {
    if (queue === undefined) await run();
    else queue.run();
  }
  await queue?.collect();
  return (performance.now() - started) / 1000 / runs;
}

/** A product whose result is summed, so that little is read. */
async function prepareProduct(
  size: number,
  { device, threads }: { readonly device: Device; readonly threads: number },
): Promise<{ readonly executable: Executable; readonly session: DeviceSession }> {
  const builder = new GraphBuilder();
  const spec = { shape: [size, size], dtype: "f32" as const };
  const [lhs, rhs] = ["lhs", "rhs"].map((path) =>
    builder.variable(path, { spec, role: "parameter", initialize: null })
  );
  const product = builder.variable("product", { spec, role: "state", initialize: null });
  builder.update(product, ops.matmul(lhs!.value, rhs!.value));
  const planned = plan(builder.build("matmul"), { target: device.target });
  const session = await device.open({ threads });
  const executable = await session.prepare(planned);
  for (const { path, byteOffset } of planned.variables.slots) {
    const range = { dtype: spec.dtype, length: size * size, byteOffset };
    await session.write(range, normals(path, size * size));
  }
  return { executable, session };
}
