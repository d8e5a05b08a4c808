/**
 * Everything that is put into a pipeline, by family.
 *
 * @module
 */
export * from "./initializers/mod.ts";
export * from "./layers/mod.ts";
export * from "./loaders/mod.ts";
export * from "./losses/mod.ts";
export * from "./metrics/mod.ts";
export * from "./optimizers/mod.ts";
export * from "./regularizers/mod.ts";
export * from "./rows/mod.ts";
export * from "./schedules/mod.ts";
export * from "./transforms/mod.ts";
