/**
 * A trial of a device: a small plan is run on it, and what comes out is compared with the reference. A
 * driver that is there may still fail, or compute something else.
 *
 * @module
 */
import { type Device, reference } from "../devices/mod.ts";
import { GraphBuilder } from "../graph/mod.ts";
import { add, matmul, reduceSum, tanh } from "../ops/mod.ts";
import { plan } from "../plan/mod.ts";

/** Sizes of the product. */
const [rows, inner, columns] = [48, 96, 40];
/** Greatest error of a sum of some tens of float32. */
const tolerance = 1e-3;

/** Runs a dense layer and a sum on a device; gives what is wrong, or `null`. */
export async function tryDevice(device: Device): Promise<string | null> {
  try {
    const [found, wanted] = [await compute(device), await compute(reference)];
    const wrong = wanted.findIndex((value, i) => !(Math.abs(value - found[i]!) <= tolerance));
    return wrong < 0
      ? null
      : `it computes ${found[wrong]} where ${wanted[wrong]} is right: its driver may be broken`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function compute(device: Device): Promise<readonly number[]> {
  const builder = new GraphBuilder();
  const input = (name: string, ...shape: readonly number[]) =>
    builder.input(name, { shape, dtype: "f32" });
  const product = matmul(input("x", rows, inner), input("weight", inner, columns));
  const layer = tanh(add(product, input("bias", columns)));
  builder.output("sums", reduceSum(layer, { axes: [0] }));
  const planned = plan(builder.build("trial"), { target: device.target });
  const session = await device.open();
  try {
    const executable = await session.prepare(planned);
    for (const { buffer } of planned.inputs) {
      const window = session.input(planned.buffers[buffer]!);
      for (let i = 0; i < window.length; i++) window[i] = Math.sin(i) / 8;
    }
    await executable.run();
    return Array.from(await session.read(planned.buffers[planned.outputs[0]!.buffer]!));
  } finally {
    await session.close();
  }
}
