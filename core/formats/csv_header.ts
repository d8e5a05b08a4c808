/**
 * The header of a CSV file: the names of its columns, and what is said where one is not there.
 *
 * @module
 */
import { DataError, nearestName } from "../errors.ts";
import { parseDecimal } from "./decimal.ts";

/** Where a header is: in a row of the file, or only in what the user wrote. */
export interface HeaderPlace {
  /** Path of the file. */
  readonly file: string;
  /** The row that it is, from 1; absent where it is what the user wrote. */
  readonly row?: number | undefined;
}

/**
 * The names of columns, by the fields of a header.
 *
 * @throws {DataError} When a name is there twice.
 */
export function headerNames(fields: readonly string[], place: HeaderPlace): readonly string[] {
  // what the user wrote is taken as it is
  const names = place.row === undefined ? fields : fields.map((name) => name.trim());
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice === undefined) return names;
  throw new DataError("Cannot read the CSV file: its header has the column twice", {
    ...placeOf(place),
    column: twice,
    hint: headerDoubt(names, place) ?? "give every column a name of its own",
  });
}

/** The error for a column that is wanted and not there. */
export function missingColumn(
  name: string,
  names: readonly string[],
  place: HeaderPlace,
): DataError {
  const near = nearestName(name, names);
  const split = names.length === 1 ? /[;\t|,]/.exec(names[0]!)?.[0] : undefined;
  return new DataError(`Cannot read the CSV file: there is no column "${name}"`, {
    ...placeOf(place),
    hint: split !== undefined
      ? `the header is one field: set separator to ${JSON.stringify(split)}`
      : headerDoubt(names, place) ??
        (near === undefined ? "" : `did you mean "${near}"? `) +
          `the columns are ${names.slice(0, 20).map((known) => `"${known}"`).join(", ")}` +
          (names.length > 20 ? ", …" : ""),
  });
}

function placeOf({ file, row }: HeaderPlace): { readonly file: string; readonly row?: number } {
  return { file, ...(row === undefined ? {} : { row }) };
}

/** What is to be said of a row of the file that holds a number, as one of data does. */
export function headerDoubt(
  names: readonly string[],
  { row }: Pick<HeaderPlace, "row">,
): string | undefined {
  if (row === undefined || !names.some((name) => Number.isFinite(parseDecimal(name)))) return;
  const first = names.slice(0, 5).join(", ") + (names.length > 5 ? ", …" : "");
  return `the first line names the columns, and holds numbers (${first}): of a file without such a ` +
    'line, name all columns by header: ["…", …]';
}
