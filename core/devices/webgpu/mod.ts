/**
 * The WebGPU device.
 *
 * @module
 */
export { webgpuDevice } from "./webgpu.ts";
