/**
 * What loaders of tables in files of values have in common.
 *
 * @module
 */
import { z } from "zod";
import { defineLoader, lazySchema, locate, type Schema, type ValueTable } from "../../core/mod.ts";
import { filesFingerprint } from "./file_fingerprint.ts";
import { memoryFields, type MemoryOptions } from "./fixed_rows.ts";
import { fileFields, type FileOptions, placeOf } from "./split_files.ts";
import {
  type AnyTableHandles,
  type TableColumns,
  type TableConfig,
  tableDataPorts,
  tableFields,
  type TableOptions,
  tableProblems,
} from "./table_columns.ts";
import { valueRows } from "./value_rows.ts";

/** Options of {@linkcode jsonLines}, {@linkcode parquet} and {@linkcode arrow}. */
export interface FileTableOptions<
  F extends readonly string[] = readonly string[],
  T extends readonly string[] = readonly string[],
  C extends readonly string[] = readonly string[],
  K extends TableColumns = TableColumns,
> extends TableOptions<F, T, C, K>, FileOptions, MemoryOptions {}

/** The same with every default. */
export interface FileTableConfig extends TableConfig, FileOptions {
  readonly memoryBytes: number;
}

/** The schema of {@linkcode FileTableOptions}. */
export const fileTableConfig: Schema<FileTableOptions, FileTableConfig> = lazySchema(() =>
  z.strictObject({
    ...fileFields(),
    ...tableFields(),
    ...memoryFields,
  }).superRefine(tableProblems({ isText: false }))
);

/**
 * Defines a loader of tables in files.
 *
 * @param open Opens a file, of which at most `memoryBytes` may be held.
 */
export function defineFileTable(
  name: string,
  open: (
    path: string | URL,
    options: { readonly config: TableConfig; readonly memoryBytes: number },
  ) => Promise<ValueTable>,
): (options: FileTableOptions) => AnyTableHandles {
  return defineLoader<AnyTableHandles>()({
    name,
    kind: "loader",
    family: "loader",
    config: fileTableConfig,
    ports: (config) => tableDataPorts(config),
    async open({ config, split, limit, tell }) {
      const { path, memoryBytes } = config;
      const file = placeOf(split, path, config);
      if (file === undefined) return null;
      const located = await locate(file, tell);
      const table = await open(located, { config, memoryBytes });
      const fingerprint = () => filesFingerprint([{ name: file, path: located }]);
      try {
        return await valueRows(table, { config, memoryBytes, limit, fingerprint });
      } catch (error) {
        table.close();
        throw error;
      }
    },
  });
}
