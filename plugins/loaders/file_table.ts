/**
 * What loaders of tables in files of values have in common.
 *
 * @module
 */
import { z } from "zod";
import { defineLoader, lazySchema, locate, type Schema, type ValueTable } from "../../core/mod.ts";
import { memoryFields, type MemoryOptions } from "./fixed_rows.ts";
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

/** Options of {@linkcode parquet} and {@linkcode arrow}. */
export interface FileTableOptions<
  F extends readonly string[] = readonly string[],
  T extends readonly string[] = readonly string[],
  C extends readonly string[] = readonly string[],
  K extends TableColumns = TableColumns,
> extends TableOptions<F, T, C, K>, MemoryOptions {
  /**
   * Path of the file; or of one in an npm package, as `"npm:package@1.0.0/data.parquet"`; or on
   * the web, or in an archive, as of {@linkcode csv}.
   */
  readonly path: string;
  /** Path of a file with the rows of the test split. */
  readonly test?: string | undefined;
  /** Path of a file with the rows of the validation split. */
  readonly validation?: string | undefined;
}

interface FileTableConfig extends TableConfig {
  readonly path: string;
  readonly test?: string | undefined;
  readonly validation?: string | undefined;
  readonly memoryBytes: number;
}

const path = z.string().min(1);

const config: Schema<FileTableOptions, FileTableConfig> = lazySchema(() =>
  z.strictObject({
    path: path.describe("Path of the file, npm:package@version/path, or an address"),
    test: path.optional().describe("Path of a file with the rows of the test split"),
    validation: path.optional().describe("Path of a file with the rows of the validation split"),
    ...tableFields(),
    ...memoryFields,
  }).superRefine((fields, context) => {
    for (const { path, message } of tableProblems(fields, { isText: false })) {
      context.addIssue({ code: "custom", path, message });
    }
  })
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
    config,
    ports: (config) => tableDataPorts(config),
    async open({ config, split, limit, tell }) {
      const { path, test, validation, memoryBytes } = config;
      const file = { train: path, test, validation }[split];
      if (file === undefined) return null;
      const located = await locate(file, tell);
      const table = await open(located, { config, memoryBytes });
      const { size, mtime } = await Deno.stat(located);
      const fingerprint = `file:${table.file} ${size} ${mtime?.getTime() ?? 0}`;
      try {
        return await valueRows(table, { config, memoryBytes, limit, fingerprint });
      } catch (error) {
        table.close();
        throw error;
      }
    },
  });
}
