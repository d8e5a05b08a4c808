/**
 * What is told of a file or folder of data.
 *
 * @module
 */
import type { ColumnSummary } from "./summarize_column.ts";

/** What a file or folder holds. */
export interface FileSummary {
  readonly file: string;
  /** As people call it: `"CSV"`. */
  readonly format: string;
  /** Rows looked at. */
  readonly rows: number;
  /** Whether these are all. */
  readonly isWhole: boolean;
  readonly columns: readonly ColumnSummary[];
  /** TypeScript of a stage that loads the file. */
  readonly stage: string;
}
