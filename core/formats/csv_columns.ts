/**
 * Columns of a table of text while they are read: numbers, text, categories.
 *
 * @module
 */
import { parseDecimal } from "./decimal.ts";
import { DataError, type DataPlace, nearestName } from "../errors.ts";

/** What a column holds: numbers, text, or one of several categories, kept as its number. */
export type CsvColumnType = "number" | "text" | "category";

/** A column to read. */
export interface CsvColumn {
  /** Its name in the header. */
  readonly name: string;
  /** What its fields are read as. */
  readonly type: CsvColumnType;
  /** The categories in the order of their numbers; when absent, those of the file, sorted. */
  readonly categories?: readonly string[];
}

/** What a column of a type is read into. */
export interface CsvValues {
  /** One f32 per row. */
  readonly number: Float32Array<ArrayBuffer>;
  /** One field per row, as it stands in the file. */
  readonly text: readonly string[];
  /** One category number per row, and what the numbers stand for. */
  readonly category: CategoryValues;
}

/** A column of categories. */
export interface CategoryValues {
  /** For each row the number of its category. */
  readonly codes: Int32Array<ArrayBuffer>;
  /** The categories by number. */
  readonly categories: readonly string[];
}

/** What stands for a missing value, and whether one is an error. */
export interface MissingRule {
  readonly texts: ReadonlySet<string>;
  readonly fails: boolean;
}

/** A column while it is read. */
export interface ColumnReader {
  /**
   * Takes the field of the next record.
   *
   * @throws {DataError} When the field is not of the column's type.
   */
  add(field: string, row: number): void;
  /** Gives the values. */
  finish(): CsvValues[CsvColumnType];
}

/** Begins to read a column. */
export function columnReader(
  { type, name, categories }: CsvColumn,
  { file, missing }: { readonly file: string; readonly missing: MissingRule },
): ColumnReader {
  const place = { file, column: name };
  switch (type) {
    case "number":
      return new NumberColumn(place, missing);
    case "text":
      return new TextColumn();
    case "category":
      return new CategoryColumn(place, { missing, categories });
  }
}

class NumberColumn implements ColumnReader {
  readonly #place: DataPlace;
  readonly #missing: MissingRule;
  readonly #values = new Growing((length) => new Float32Array(length));

  constructor(place: DataPlace, missing: MissingRule) {
    this.#place = place;
    this.#missing = missing;
  }

  add(field: string, row: number): void {
    const text = field.trim();
    if (this.#missing.texts.has(text)) {
      if (this.#missing.fails) throw missingValue(text, { ...this.#place, row });
      return this.#values.push(NaN);
    }
    const value = Math.fround(parseDecimal(text));
    if (!Number.isFinite(value)) {
      const hint = /^[+-]?\d+,\d+$/.test(text)
        ? "write decimals with a point"
        : "correct the field, or leave the column out";
      throw new DataError(
        `Cannot read the field as a number: received ${quote(field)}, expected a decimal number ` +
          "in the range of float32",
        { ...this.#place, row, hint },
      );
    }
    this.#values.push(value);
  }

  finish(): Float32Array<ArrayBuffer> {
    return this.#values.finish();
  }
}

class TextColumn implements ColumnReader {
  readonly #values: string[] = [];

  add(text: string): void {
    this.#values.push(text);
  }

  finish(): readonly string[] {
    return this.#values;
  }
}

class CategoryColumn implements ColumnReader {
  readonly #place: DataPlace;
  readonly #missing: MissingRule;
  readonly #fixed: boolean;
  readonly #codes = new Growing((length) => new Int32Array(length));
  readonly #codeOf: Map<string, number>;

  constructor(
    place: DataPlace,
    { missing, categories }: {
      readonly missing: MissingRule;
      readonly categories: readonly string[] | undefined;
    },
  ) {
    this.#place = place;
    this.#missing = missing;
    this.#fixed = categories !== undefined;
    this.#codeOf = new Map(categories?.map((category, code) => [category, code]));
  }

  add(field: string, row: number): void {
    let text = field.trim();
    let code = this.#codeOf.get(text);
    if (code === undefined && this.#missing.texts.has(text)) {
      if (this.#missing.fails) throw missingValue(text, { ...this.#place, row });
      text = "";
      code = this.#codeOf.get(text);
    }
    if (code === undefined) {
      if (this.#fixed) throw this.#unknown(text, row);
      code = this.#codeOf.size;
      this.#codeOf.set(text, code);
    }
    this.#codes.push(code);
  }

  #unknown(text: string, row: number): DataError {
    const known = [...this.#codeOf.keys()];
    const near = nearestName(text, known);
    const shown = known.slice(0, 10).map(quote).join(", ") + (known.length > 10 ? ", …" : "");
    return new DataError(
      `Cannot read the field as a category: received ${quote(text)}, expected one of ${shown}`,
      {
        ...this.#place,
        row,
        hint: near === undefined
          ? "correct the field, or add it to the classes"
          : `did you mean "${near}"?`,
      },
    );
  }

  finish(): CategoryValues {
    const codes = this.#codes.finish();
    const found = [...this.#codeOf.keys()];
    if (this.#fixed) return { codes, categories: found };
    const categories = found.toSorted();
    const sorted = new Map(categories.map((category, code) => [category, code]));
    const newCodes = found.map((category) => sorted.get(category)!);
    return { codes: codes.map((code) => newCodes[code]!), categories };
  }
}

function missingValue(text: string, place: DataPlace): DataError {
  return new DataError(`Cannot read the field: the value is missing: received ${quote(text)}`, {
    ...place,
    hint: "fill it in, remove the row, or leave the column out",
  });
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/** A typed array that grows by chunks, so that growing never copies what is there. */
class Growing<A extends Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>> {
  readonly #allocate: (length: number) => A;
  readonly #full: A[] = [];
  #chunk: A;
  #used = 0;

  constructor(allocate: (length: number) => A) {
    this.#allocate = allocate;
    this.#chunk = allocate(1024);
  }

  push(value: number): void {
    if (this.#used === this.#chunk.length) {
      this.#full.push(this.#chunk);
      this.#chunk = this.#allocate(Math.min(this.#chunk.length * 2, 1 << 18));
      this.#used = 0;
    }
    this.#chunk[this.#used++] = value;
  }

  finish(): A {
    const length = this.#full.reduce((sum, chunk) => sum + chunk.length, this.#used);
    const all = this.#allocate(length);
    let at = 0;
    for (const chunk of this.#full) {
      all.set(chunk, at);
      at += chunk.length;
    }
    all.set(this.#chunk.subarray(0, this.#used), at);
    return all;
  }
}
