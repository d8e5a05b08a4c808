/**
 * Parquet files.
 *
 * @module
 */
export { openParquet } from "./parquet.ts";
