/**
 * The `webgpu` device: plans run as WGSL shaders that are written at run time, on a GPU that Deno
 * reaches by Vulkan, Metal or Direct3D 12.
 *
 * @module
 */
import { type DType, elementBytes } from "../../tensor/mod.ts";
import type { Target } from "../../plan/mod.ts";
import type { Device } from "../device.ts";
import { gpuSizes, measureLimits, processorSizes } from "../limits.ts";
import { requireThreads } from "../threads.ts";
import { type OpenedGpu, openGpu, probeGpu } from "./adapter.ts";
import { bindingAlignment } from "./bindings.ts";
import { findKernel, findOperandReads } from "../kernel_list.ts";
import { kernels } from "./kernels/mod.ts";

/** What a planner must know of the device. */
const target: Target = {
  device: "webgpu",
  elementBytes: (dtype: DType) => elementBytes(dtype),
  alignment: bindingAlignment,
  // the largest buffer of most drivers; that of the GPU at hand is checked when memory is allocated
  limitBytes: 2 ** 31 - bindingAlignment,
  reservedBytes: 0,
  // a GPU of the middle: 10 TFLOP/s, 400 GB/s, and 5 us for a dispatch
  estimateNs: ({ flops, bytes }) => 5000 + Math.max(flops / 10_000, bytes / 400),
  sharedFromNs: Infinity,
  floatBits: 32,
  storesHalf: true,
  fuses: true,
  readsStrides: () => true,
  operandReads: (op, of) => findOperandReads(kernels, op, of),
  hasKernel: (op, inputs, params) => findKernel(kernels, op, { inputs, params }) !== null,
};

/** Makes the device. Its GPU is opened with the first session, and kept for those that follow. */
export function webgpuDevice(): Device {
  let opened: Promise<OpenedGpu> | undefined;
  const gpu = async (): Promise<OpenedGpu> => {
    const known = await opened?.catch(() => undefined);
    if (known !== undefined && known.failure() === undefined) return known;
    opened = openGpu();
    return await opened;
  };
  const device: Device = {
    name: "webgpu",
    target,
    maximumThreads: 1,
    probe: probeGpu,
    async measure() {
      const availability = await probeGpu();
      const isSoftware = availability.available && availability.isSoftware === true;
      return await measureLimits(device, { sizes: isSoftware ? processorSizes : gpuSizes });
    },
    async open({ threads = 1 } = {}) {
      requireThreads(device, threads);
      // read here: most runs need no GPU
      const { WebgpuSession } = await import("./session.ts");
      return await WebgpuSession.open(await gpu());
    },
  };
  return device;
}
