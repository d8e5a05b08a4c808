/**
 * Errors on their way out of a Worker: `postMessage` keeps neither their class nor their place.
 *
 * @module
 */
import { DataError, type Issue, PipelineError, UsageError } from "../errors.ts";

/** The language's own classes, by name. */
const classes: Readonly<Record<string, new (message: string) => Error>> = {
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
  UsageError,
};

/** Causes of causes that are kept: a chain may be a circle. */
const deepest = 8;

/** An error as plain data. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  /** What it was thrown for; a text where that is no error. */
  readonly cause?: ErrorData | string;
  readonly stack?: string | undefined;
  readonly issues?: readonly Issue[];
  readonly place?: Pick<DataError, "file" | "row" | "column" | "reason">;
}

/** Anything thrown, as plain data. */
export function errorData(error: unknown, depth = 0): ErrorData {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message, stack, cause } = error;
  const known = {
    name,
    message,
    stack,
    ...(cause === undefined || depth === deepest
      ? {}
      : { cause: cause instanceof Error ? errorData(cause, depth + 1) : String(cause) }),
  };
  if (error instanceof PipelineError) return { ...known, issues: error.issues };
  if (error instanceof DataError) {
    const { file, row, column, reason } = error;
    return { ...known, place: { file, row, column, reason } };
  }
  return known;
}

/** The error that was made plain data of. */
export function errorFrom({ name, message, stack, issues, place, cause }: ErrorData): Error {
  const error = issues !== undefined
    ? new PipelineError(issues)
    : place !== undefined
    ? dataError(place)
    : new (classes[name] ?? Error)(message);
  if (cause !== undefined) error.cause = typeof cause === "string" ? cause : errorFrom(cause);
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
