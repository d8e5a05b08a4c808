/**
 * Files: readers and writers of IDX, NPY, CSV and safetensors, and how a file is written whole or not
 * at all. What a file says of itself is checked before anything is allocated.
 *
 * @module
 */
export * from "./csv.ts";
export { fileError } from "./file_error.ts";
export * from "./idx.ts";
export * from "./npy.ts";
export { type FileBytes, fileName, readBytes } from "./read_bytes.ts";
export * from "./safetensors.ts";
export { sha256 } from "./sha256.ts";
export * from "./write_file.ts";
