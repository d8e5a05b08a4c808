/**
 * The work of the GPU bench: products of matrices and training steps, each as an executable of a device.
 *
 * @module
 */
import { type Device, ops, type Pipeline } from "@millrace/millrace";
import lenet from "../../pipelines/lenet_speed.ts";
import mnist from "../../pipelines/mnist.ts";
import type { Runner } from "../support/case.ts";
import { prepareGraph } from "../support/graph.ts";
import { prepareTraining } from "../support/training_step.ts";

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
  const runner = work.kind === "matmul"
    ? await prepareProduct(work.size, { device, threads })
    : await prepareTraining(pipelines[work.network]!, { device, threads, batch: work.batch });
  try {
    await round(runner, 1);
    // enough runs that waiting for the end counts for little, and few where one takes long
    const single = await round(runner, 1);
    const runs = Math.max(1, Math.min(runner.mostTogether ?? 64, Math.floor(0.1 / single)));
    let best = Infinity;
    const end = performance.now() + 1000 * seconds;
    do best = Math.min(best, await round(runner, runs)); while (performance.now() < end);
    return best;
  } finally {
    await runner.close?.();
  }
}

/** A product of square matrices. */
function prepareProduct(
  size: number,
  options: { readonly device: Device; readonly threads: number },
): Promise<Runner> {
  return prepareGraph((builder) => {
    const [lhs, rhs] = ["lhs", "rhs"].map((name) =>
      builder.input(name, { shape: [size, size], dtype: "f32" })
    );
    builder.output("product", ops.matmul(lhs!, rhs!));
  }, options);
}

/** Seconds of a run, of some that are waited for together. */
async function round({ run, together }: Runner, runs: number): Promise<number> {
  const started = performance.now();
  if (together !== undefined) await together(runs);
  else for (let i = 0; i < runs; i++) await run();
  return (performance.now() - started) / 1000 / runs;
}
