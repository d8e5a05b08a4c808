/**
 * Element types, shapes, host tensors, seeded random numbers, and files of tensors.
 *
 * @module
 */
export * from "./dtype.ts";
export * from "./file_error.ts";
export * from "./host_tensor.ts";
export * from "./random.ts";
export * from "./safetensors.ts";
export * from "./shape.ts";
export * from "./write_file.ts";
