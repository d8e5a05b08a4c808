/**
 * JSON lines: an object on each line, whose keys are the columns of a table.
 *
 * @module
 */
import { DataError, nearestName } from "../errors.ts";
import { isRecord } from "./json.ts";

/** An object of a line. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** Whether a line is none of the table's: nothing, or space. */
export function isBlankLine(line: string): boolean {
  return line.length < 4 && line.trim() === "";
}

/**
 * The object of a line.
 *
 * @throws {DataError} When it is none.
 */
export function parseJsonLine(
  line: string,
  place: { readonly file: string; readonly row: number },
): JsonRecord {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new DataError(
      `Cannot read the line as JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        ...place,
        cause,
        reason: "not JSON",
        hint: "each line is one object in JSON, without a comma after it",
      },
    );
  }
  if (isRecord(value)) return value;
  throw new DataError(
    `Cannot read the line: received ${
      Array.isArray(value) ? "a list" : JSON.stringify(value)?.slice(0, 60)
    }, expected an object`,
    {
      ...place,
      reason: "not an object",
      hint: 'write each row with the names of its columns: {"x": 1}',
    },
  );
}

/** The value of a key; `undefined` where there is none. */
export function jsonValue(object: JsonRecord, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** The error for a key that is not there, where another is near: it is more likely misspelled than missing. */
export function absentKey(
  object: JsonRecord,
  place: { readonly file: string; readonly row: number; readonly column: string },
): DataError | undefined {
  const near = nearestName(place.column, Object.keys(object));
  return near === undefined
    ? undefined
    : new DataError(`Cannot find "${place.column}" in the object`, {
      ...place,
      reason: "missing",
      hint: `did you mean "${near}"?`,
    });
}
