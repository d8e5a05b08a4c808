/**
 * The `wasm` device.
 *
 * @module
 */
export * from "./wasm.ts";
