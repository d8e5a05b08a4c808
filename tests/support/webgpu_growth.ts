/**
 * A program that takes 5,000 steps on the WebGPU device and prints by how many bytes the process grew,
 * with what the steps came to. It has a process to itself, since tests beside it grow too, and is run
 * with `--v8-flags=--expose-gc`: what the host has dropped is not what the device has kept.
 *
 * @module
 */
import { summing, webgpu } from "./webgpu.ts";

const session = await webgpu.open();
const planned = summing(64);
const { queue } = await session.prepare(planned);
session.input(planned.buffers[planned.inputs[0]!.buffer]!).fill(1);

const { gc } = globalThis as unknown as { gc(): void };

/** Takes steps, and gives the size of the process then. */
async function take(steps: number): Promise<number> {
  for (let step = 1; step <= steps; step++) {
    queue!.run();
    if (step % queue!.most === 0 || step === steps) await queue!.collect();
  }
  gc();
  return Deno.memoryUsage().rss;
}

const before = await take(1000);
const after = await take(5000);
const { byteOffset } = planned.variables.slots[0]!;
const sum = await session.read({ dtype: "f32", length: 64, byteOffset });
await session.close();
const text = JSON.stringify({ bytes: after - before, sum: sum[63] });
await Deno.stdout.write(new TextEncoder().encode(text));
