import { assertEquals, assertRejects } from "@std/assert";
import { DataError } from "../../../core/mod.ts";
import { type CsvColumn, readCsv, type ReadCsvOptions } from "../../../core/formats/mod.ts";

type Options = Omit<ReadCsvOptions<readonly CsvColumn[]>, "columns">;

async function withCsv<T>(
  content: string | Uint8Array,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const path = await Deno.makeTempFile({ suffix: ".csv" });
  try {
    await Deno.writeFile(
      path,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
    return await use(path);
  } finally {
    await Deno.remove(path);
  }
}

function read<const C extends readonly CsvColumn[]>(
  content: string | Uint8Array,
  columns: C,
  options: Options = {},
) {
  return withCsv(content, (path) => readCsv(path, { columns, ...options }));
}

async function refuses(
  content: string | Uint8Array,
  columns: readonly CsvColumn[],
  expected: { message: string; row?: number; column?: string },
  options: Options = {},
): Promise<void> {
  await withCsv(content, async (path) => {
    const error = await assertRejects(
      () => readCsv(path, { columns, ...options }),
      DataError,
      expected.message,
    );
    assertEquals([error.file, error.row, error.column], [path, expected.row, expected.column]);
  });
}

const ab = [{ name: "a", type: "number" }, { name: "b", type: "number" }] as const;

Deno.test("readCsv() reads typed columns in any order and passes over the others", async () => {
  const table = await read(
    "id,a,kind,note\n1,0.5,cat,x\n2,-1e3,dog,\n3, +.25 ,cat,z\n",
    [
      { name: "kind", type: "category" },
      { name: "a", type: "number" },
      { name: "note", type: "text" },
    ],
  );
  assertEquals(table.rows, 3);
  const values: Float32Array = table.columns.a;
  assertEquals(values, new Float32Array([0.5, -1000, 0.25]));
  assertEquals(table.columns.kind, {
    codes: new Int32Array([0, 1, 0]),
    categories: ["cat", "dog"],
  });
  assertEquals(table.columns.note, ["x", "", "z"]);
});

Deno.test("readCsv() takes a byte-order mark, CRLF, quotes, blank lines and a last line without an end", async () => {
  const table = await read('\ufeffa,"b"\r\n"1","2"\r\n\r\n3,4', ab);
  assertEquals(table.columns, { a: new Float32Array([1, 3]), b: new Float32Array([2, 4]) });
  const quoted = await read('t,a\n"x, ""y""\nz",1\n', [
    { name: "t", type: "text" },
    { name: "a", type: "number" },
  ]);
  assertEquals(quoted.columns.t, ['x, "y"\nz']);
});

Deno.test("readCsv() reads files without a header and with another separator", async () => {
  const table = await read("1;2\n3;4\n", ab, { header: false, separator: ";" });
  assertEquals(table.columns.b, new Float32Array([2, 4]));
});

Deno.test("readCsv() numbers categories as the options list them", async () => {
  const size = { name: "size", type: "category", categories: ["small", "large"] } as const;
  const table = await read("size\nlarge\nsmall\n", [size]);
  assertEquals(table.columns.size.codes, new Int32Array([1, 0]));
  await refuses("size\nlarge\nsmal\n", [size], {
    message: 'received "smal", expected one of "small", "large"',
    row: 3,
    column: "size",
  });
});

Deno.test("readCsv() fails at a missing value unless told to read NaN", async () => {
  await refuses("a,b\n1,\n", ab, {
    message: 'the value is missing: received ""',
    row: 2,
    column: "b",
  });
  await refuses("a,b\n1,2\nNA,3\n", ab, { message: "the value is missing", row: 3, column: "a" });
  const table = await read("a,b\n1,\n?,2\n", ab, { onMissing: "nan" });
  assertEquals(table.columns, { a: new Float32Array([1, NaN]), b: new Float32Array([NaN, 2]) });
  await refuses("a,b\n1,-\n", ab, { message: 'received "-"', row: 2, column: "b" }, {
    onMissing: "nan",
  });
  const dashes = await read("a,b\n1,-\n", ab, { onMissing: "nan", missing: ["-"] });
  assertEquals(dashes.columns.b, new Float32Array([NaN]));
  const kinds = await read("k\nx\nNA\n", [{ name: "k", type: "category" }], { onMissing: "nan" });
  assertEquals(kinds.columns.k, { codes: new Int32Array([1, 0]), categories: ["", "x"] });
});

Deno.test("readCsv() names row and column of a field that is no number", async () => {
  await refuses("a,b\n1,2\n3,four\n", ab, {
    message: 'Cannot read the field as a number: received "four", expected a decimal number',
    row: 3,
    column: "b",
  });
  for (const field of ["0x10", "Infinity", "1e39", "1 2", "--1", "1.2.3", "1_000"]) {
    await refuses(`a,b\n${field},1\n`, ab, { message: "as a number", row: 2, column: "a" });
  }
  await refuses(
    "a;b\n1,5;2\n",
    ab,
    { message: "write decimals with a point", row: 2, column: "a" },
    {
      separator: ";",
    },
  );
});

Deno.test("readCsv() counts rows as lines of the file", async () => {
  await refuses('a,b\n"1\n",2\n\r\n\n3,4\n5\n', ab, {
    message: "received 1 field, expected 2",
    row: 7,
  });
  await refuses('a,b\n\n"x\n\ny",2\n', ab, { message: "as a number", row: 3, column: "a" });
  const long = Array.from({ length: 9999 }, (_, i) => `${i},1`).join("\n");
  await refuses(`a,b\n${long}\n1,2,3\n`, ab, { message: "received 3 fields", row: 10001 });
});

Deno.test("readCsv() names the row of a misplaced or missing quote", async () => {
  await refuses('a,b\n1,2\n3,x "y"\n4,5\n', ab, { message: 'bare " in non-quoted-field', row: 3 });
  await refuses('a,b\n1,2\n"3,4\n5,6\n', ab, {
    message: 'extraneous or missing " in quoted-field',
    row: 3,
  });
});

Deno.test("readCsv() refuses unknown and repeated columns, and files without rows", async () => {
  await refuses("age,income\n1,2\n", [{ name: "incom", type: "number" }], {
    message: 'there is no column "incom"',
    row: 1,
  });
  await refuses("age,income\n1,2\n", [{ name: "incom", type: "number" }], {
    message: 'did you mean "income"? the columns are "age", "income"',
    row: 1,
  });
  for (const separator of [";", "\t"]) {
    await refuses(`a${separator}b\n1${separator}2\n`, ab, {
      message: `hint: the header is one field: set separator to ${JSON.stringify(separator)}`,
      row: 1,
    });
  }
  await refuses("a,b,a\n1,2,3\n", ab, { message: "has the column twice", row: 1, column: "a" });
  await refuses("", ab, { message: "it is empty" });
  await refuses("\n\n", ab, { message: "it is empty" });
  await refuses("a,b\n", ab, { message: "it has no row of data" });
});

Deno.test("readCsv() refuses what is not UTF-8, with the row", async () => {
  const text = new TextEncoder().encode("a,b\n1,2\n3,4\n");
  await refuses(text.with(8, 0xe9), ab, { message: "it is not text in UTF-8", row: 3 });
  await refuses(new Uint8Array([0xff, 0xfe, 0x61, 0]), ab, {
    message: "not text in UTF-8",
    row: 1,
  });
  await refuses(Uint8Array.from([...text, 0xc3]), ab, { message: "not text in UTF-8", row: 4 });
});

Deno.test("readCsv() says which file is missing", async () => {
  await assertRejects(
    () => readCsv("nowhere.csv", { columns: ab }),
    DataError,
    'Cannot read the file: there is no such file or folder (file "nowhere.csv")',
  );
  await assertRejects(() => readCsv("tests", { columns: ab }), DataError, "it is a folder");
});

Deno.test("readCsv() reads more rows than a chunk holds", async () => {
  const rows = Array.from({ length: 30_000 }, (_, i) => `${i},${-i}`);
  const { columns } = await read(`a,b\n${rows.join("\n")}\n`, ab);
  assertEquals(columns.a, Float32Array.from(rows, (_, i) => i));
  assertEquals(columns.b.at(-1), -29_999);
});
