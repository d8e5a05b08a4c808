/**
 * The devices on which plans run.
 *
 * @module
 */
import type { Device } from "./device.ts";
import { reference } from "./reference/mod.ts";
import { wasmDevice } from "./wasm/mod.ts";
import { webgpuDevice } from "./webgpu/mod.ts";

export * from "./device.ts";
export type { ReferenceDevice, ReferenceSession } from "./reference/mod.ts";
export type { WasmDeviceOptions } from "./wasm/mod.ts";
export { reference, wasmDevice, webgpuDevice };

/** Every device, the best first. */
export const devices: readonly Device[] = [webgpuDevice(), wasmDevice(), reference];
