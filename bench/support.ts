/**
 * What benches share: a graph made ready to run on a device, with its inputs filled.
 *
 * @module
 */
import {
  type Device,
  devices,
  GraphBuilder,
  type HostTensor,
  RandomStream,
  sizeOf,
} from "@millrace/millrace";
import { differentiate } from "../core/differentiate/mod.ts";
import { plan } from "../core/plan/mod.ts";

/** The devices that kernels are compared on. */
export const compared: readonly Device[] = devices.filter((device) =>
  ["wasm", "reference"].includes(device.name)
);

/** Standard normal numbers; the same for the same name. */
export function normals(name: string, length: number): Float32Array {
  const random = new RandomStream(0, name);
  return Float32Array.from({ length }, () => random.normal());
}

/** Plans a graph for a device, fills its inputs and variables, and gives the function that runs it. */
export async function prepare(
  device: Device,
  build: (builder: GraphBuilder) => void,
  inputs: Readonly<Record<string, HostTensor["data"]>> = {},
): Promise<() => void | Promise<void>> {
  const builder = new GraphBuilder();
  build(builder);
  const planned = plan(differentiate(builder.build("bench")), { target: device.target });
  const session = await device.open();
  const executable = await session.prepare(planned);
  for (const port of planned.inputs) {
    const data = inputs[port.name] ?? normals(port.name, sizeOf(port.spec.shape));
    await session.write(planned.buffers[port.buffer]!, data);
  }
  for (const slot of planned.variables.slots) {
    const length = sizeOf(slot.spec.shape);
    const data = slot.initialize?.(0) ?? normals(slot.path, length);
    await session.write({ dtype: slot.spec.dtype, length, byteOffset: slot.byteOffset }, data);
  }
  return () => executable.run();
}
