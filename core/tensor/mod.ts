/**
 * Element types, shapes, host tensors, and seeded random numbers.
 *
 * @module
 */
export * from "./dtype.ts";
export * from "./host_tensor.ts";
export * from "./random.ts";
export * from "./shape.ts";
