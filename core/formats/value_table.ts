/**
 * Tables whose cells are values already, as files of columns hold them. They are read in batches.
 *
 * @module
 */
import { DataError } from "../errors.ts";

/**
 * A column of values: numbers and big ones, booleans, texts, dates, bytes, lists, records; `null` or
 * `undefined` where one is missing. Decimals are numbers, scaled; dates are to the millisecond.
 */
export type ValueColumn = ArrayLike<unknown>;

/** A table in batches. */
export interface ValueTable {
  /** The path, for messages. */
  readonly file: string;
  /** What kind of file it is, for messages. */
  readonly format: string;
  /** Names of its columns. */
  readonly columns: readonly string[];
  /** Number of rows of each batch. */
  readonly counts: readonly number[];
  /** Reads columns of a batch, each of as many values as it has rows. One batch at a time. */
  read(batch: number, columns: readonly string[]): Promise<Readonly<Record<string, ValueColumn>>>;
  /** Lets go of files. */
  close(): void;
}

/** The error for a file that a library cannot read. */
export function damagedFile(
  { file, format }: Pick<ValueTable, "file" | "format">,
  cause: unknown,
): DataError {
  if (cause instanceof DataError) return cause;
  const what = cause instanceof Error ? cause.message.split("\n")[0]!.slice(0, 160) : String(cause);
  return new DataError(`Cannot read the ${format} file: ${what}`, {
    file,
    cause,
    hint: "the file is damaged, or written in a way that is not known here: write it anew",
  });
}
