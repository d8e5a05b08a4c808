/**
 * Stand-in for `@std/csv/stringify-stream`.
 *
 * @module
 */
import { type DataItem, stringify } from "./stringify.ts";

/** Options of {@linkcode CsvStringifyStream}. */
export interface CsvStringifyStreamOptions {
  /** What stands between values, `","` by default. */
  readonly separator?: string;
  /** The columns; needed where rows are objects. */
  readonly columns?: string[];
}

/** Transforms a stream of rows into CSV text. */
export class CsvStringifyStream<T extends CsvStringifyStreamOptions> extends TransformStream<
  T["columns"] extends string[] ? Record<string, unknown> : unknown[],
  string
> {
  constructor(options?: T) {
    const { separator = ",", columns = [] } = options ?? {};
    const line = (row: DataItem, paths: string[]) =>
      stringify([row], { separator, columns: paths, headers: false });
    super({
      start(controller) {
        if (columns.length > 0) controller.enqueue(line(columns, []));
      },
      transform(row, controller) {
        controller.enqueue(line(row, columns));
      },
    });
  }
}
