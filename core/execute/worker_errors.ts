/**
 * Errors on their way out of a Worker: `postMessage` keeps neither their class nor their place.
 *
 * @module
 */
import { DataError, type Issue, PipelineError, UsageError } from "../errors.ts";

/** An error as plain data. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly issues?: readonly Issue[];
  readonly place?: Pick<DataError, "file" | "row" | "column" | "reason">;
}

/** Anything thrown, as plain data. */
export function errorData(error: unknown): ErrorData {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message, stack } = error;
  const known = { name, message, stack };
  if (error instanceof PipelineError) return { ...known, issues: error.issues };
  if (error instanceof DataError) {
    const { file, row, column, reason } = error;
    return { ...known, place: { file, row, column, reason } };
  }
  return known;
}

/** The error that was made plain data of. */
export function errorFrom({ name, message, stack, issues, place }: ErrorData): Error {
  const error = issues !== undefined
    ? new PipelineError(issues)
    : place !== undefined
    ? dataError(place)
    : name === "UsageError"
    ? new UsageError(message)
    : new Error(message);
  error.name = name;
  // a DataError's has its place already
  error.message = message;
  if (stack !== undefined) error.stack = stack;
  return error;
}

function dataError({ file, row, column, reason }: NonNullable<ErrorData["place"]>): DataError {
  return new DataError("", {
    file,
    ...(row === undefined ? {} : { row }),
    ...(column === undefined ? {} : { column }),
    ...(reason === undefined ? {} : { reason }),
  });
}
