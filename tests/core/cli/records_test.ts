import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import * as apache from "npm:apache-arrow@21.2.0";
import { parquetWriteBuffer } from "npm:hyparquet-writer@0.17.0";
import { DataError, UsageError } from "../../../core/errors.ts";
import { parseInputs, readRecords, type RecordPorts } from "../../../core/cli/records.ts";

const image: RecordPorts = { "digits.image": { kind: "tensor", dtype: "u8", shape: [2, 2] } };
const house: RecordPorts = {
  "houses.features": { kind: "tensor", dtype: "f32", shape: [2], columns: ["rooms", "age"] },
};
const mail: RecordPorts = {
  "mails.subject": {
    kind: "tensor",
    dtype: "u8",
    shape: [6],
    columns: ["subject"],
    encoding: "utf-8",
  },
  "mails.embedding": { kind: "tensor", dtype: "f32", shape: [2] },
  "mails.kind": {
    kind: "labels",
    dtype: "u8",
    classes: 2,
    names: ["ham", "spam"],
    column: "kind",
  },
};
const mixed: RecordPorts = {
  ...house,
  "houses.kind": {
    kind: "labels",
    dtype: "u8",
    classes: 2,
    names: ["flat", "house"],
    column: "kind",
  },
};

/** Reads records from a file with this content. */
async function read(
  content: string | Uint8Array,
  ports: RecordPorts,
  { limit, name = "records" }: { readonly limit?: number; readonly name?: string } = {},
) {
  const directory = await Deno.makeTempDir();
  try {
    const file = join(directory, name);
    await Deno.writeFile(
      file,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
    return await readRecords([{ port: undefined, file }], {
      ports,
      ...(limit === undefined ? {} : { limit }),
    });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function refused(
  content: string | Uint8Array,
  ports: RecordPorts,
  options: { readonly name?: string } = {},
): Promise<DataError> {
  return await assertRejects(() => read(content, ports, options), DataError);
}

function npy(description: string, shape: string, data: ArrayLike<number>): Uint8Array {
  const header = `{'descr': '${description}', 'fortran_order': False, 'shape': ${shape}, }\n`;
  const bytes = description.endsWith("f4")
    ? new Uint8Array(Float32Array.from(data).buffer)
    : Uint8Array.from(data);
  return new Uint8Array([
    ...[0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, header.length, 0],
    ...new TextEncoder().encode(header),
    ...bytes,
  ]);
}

Deno.test("readRecords() reads an NPY file, a single record and flat rows too", async () => {
  for (const shape of ["(1, 2, 2)", "(2, 2)", "(1, 4)"]) {
    const records = await read(npy("|u1", shape, [1, 2, 3, 4]), image);
    assertEquals(records, {
      "digits.image": { dtype: "u8", shape: [1, 2, 2], data: new Uint8Array([1, 2, 3, 4]) },
    });
  }
});

Deno.test("readRecords() reads an IDX file", async () => {
  const bytes = [0, 0, 8, 3, ...[0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2], 9, 8, 7, 6];
  assertEquals((await read(new Uint8Array(bytes), image))["digits.image"], {
    dtype: "u8",
    shape: [1, 2, 2],
    data: new Uint8Array([9, 8, 7, 6]),
  });
});

Deno.test("readRecords() keeps the first records when limited", async () => {
  const records = await read("1,2,3,4\n5,6,7,8\n9,10,11,12\n", image, { limit: 2 });
  assertEquals(records["digits.image"]?.shape, [2, 2, 2]);
  assertEquals(records["digits.image"]?.data, new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]));
});

Deno.test("readRecords() finds the columns of a port by name, in any order", async () => {
  const records = await read('price,"age",rooms\n100,3,7\n200,4,8\n', house);
  assertEquals(records["houses.features"], {
    dtype: "f32",
    shape: [2, 2],
    data: new Float32Array([7, 3, 8, 4]),
  });
});

Deno.test("readRecords() takes the numbers of a row as they stand without a header", async () => {
  const records = await read("7,3\r\n8.5,-4e1\r\n", house);
  assertEquals(records["houses.features"]?.data, new Float32Array([7, 3, 8.5, -40]));
});

Deno.test("readRecords() reads several ports from one table, classes by name", async () => {
  const records = await read("kind,rooms,age\nhouse,7,3\nflat,2,30\n", mixed);
  assertEquals(records["houses.features"]?.data, new Float32Array([7, 3, 2, 30]));
  assertEquals(records["houses.kind"], {
    dtype: "u8",
    shape: [2],
    data: new Uint8Array([1, 0]),
  });
});

Deno.test("readRecords() takes tabs and semicolons between fields", async () => {
  for (const text of ["age\trooms\n3\t7\n", 'age;"rooms"\n3;7\n', '"age";rooms\n3;7\n']) {
    const records = await read(text, house);
    assertEquals(records["houses.features"]?.data, new Float32Array([7, 3]));
  }
});

Deno.test("readRecords() names columns that are missing", async () => {
  const one = await refused("room,age\n1,2\n", house);
  assertStringIncludes(
    one.message,
    'Cannot find the column "rooms" of "houses.features": the header has "room", "age"',
  );
  assertStringIncludes(one.message, 'hint: is it "room"?');
  assertEquals(one.row, 1);
  const both = await refused("a,b\n1,2\n", house);
  assertStringIncludes(both.message, 'Cannot find the columns "rooms", "age"');
  assertStringIncludes(both.message, "hint: begin the file with a header that names them");
});

Deno.test("readRecords() says which field is no number", async () => {
  const error = await refused("rooms,age\n1,2\n3,old\n", house);
  assertEquals([error.row, error.column], [3, "age"]);
  assertStringIncludes(error.message, 'received "old"');
});

Deno.test("readRecords() rejects rows of another width", async () => {
  const first = await refused("1,2,3\n", house);
  assertStringIncludes(
    first.message,
    'Cannot use these records for "houses.features": received 3 fields in a row, expected 2, ' +
      "or a header that names the columns",
  );
  const second = await refused("1,2\n1,2,3\n", house);
  assertEquals(second.row, 2);
});

Deno.test("readRecords() rejects numbers that the port cannot hold", async () => {
  for (const value of ["256", "-1", "1.5"]) {
    const error = await refused(`0,0,0,0\n0,${value},0,0\n`, image);
    assertStringIncludes(
      error.message,
      `Cannot hold ${value} in u8: expected a whole number from 0 to 255`,
    );
    assertEquals([error.row, error.column], [2, 2]);
  }
  const error = await refused(npy("<f4", "(1, 4)", [0, 0, 0.5, 0]), image);
  assertEquals([error.row, error.column], [1, 3]);
});

Deno.test("readRecords() rejects an array of another shape", async () => {
  const error = await refused(npy("|u1", "(2, 3)", [1, 2, 3, 4, 5, 6]), image);
  assertStringIncludes(
    error.message,
    'Cannot use these records for "digits.image": received [2, 3], expected [rows, 2, 2]',
  );
});

Deno.test("readRecords() rejects files without records, missing files and foreign formats", async () => {
  assertStringIncludes(
    (await refused("", house)).message,
    "Cannot predict from the file: it is empty",
  );
  assertStringIncludes((await refused(npy("|u1", "(0, 4)", []), image)).message, "no records");
  assertStringIncludes(
    (await refused(new Uint8Array([80, 75, 0, 0]), house)).message,
    "Cannot predict from the file: it is an archive of arrays: name an array, saved as NPY",
  );
  for (
    const [bytes, message] of [
      [[1, 0, 2], "none of the formats that are known"],
      [[0x1f, 0x8b, 9], "it is compressed by gzip"],
      [[0x89, 0x50, 0x4e, 0x47], "it is an image"],
      [[0x52, 0x49, 0x46, 0x46], "it is a sound"],
      [[0x5b, 0x7b], "it is an array in JSON"],
    ] as const
  ) assertStringIncludes((await refused(Uint8Array.from(bytes), house)).message, message);
  for (const blank of ["\n\n", " \n{\n"]) await refused(blank, house);
  const missing = await assertRejects(
    () => readRecords([{ port: undefined, file: "no/such.csv" }], { ports: house }),
    DataError,
  );
  assertStringIncludes(missing.message, 'no such file or folder (file "no/such.csv")');
});

Deno.test("readRecords() rejects ports with different numbers of records", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const files = { a: join(directory, "a.csv"), b: join(directory, "b.csv") };
    await Deno.writeTextFile(files.a, "rooms,age\n1,2\n3,4\n");
    await Deno.writeTextFile(files.b, "kind\nflat\n");
    const inputs = [
      { port: "houses.features", file: files.a },
      { port: "houses.kind", file: files.b },
    ];
    const { message } = await assertRejects(() => readRecords(inputs, { ports: mixed }), DataError);
    assertStringIncludes(message, "received 1 and 2 rows, expected as many");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("parseInputs() takes a file, or a port with its file", () => {
  assertEquals(parseInputs(["a.csv"], house), [{ port: undefined, file: "a.csv" }]);
  assertEquals(parseInputs(["dir/a=b.csv"], house), [{ port: undefined, file: "dir/a=b.csv" }]);
  assertEquals(parseInputs(["houses.kind=k", "houses.features=f"], mixed), [
    { port: "houses.kind", file: "k" },
    { port: "houses.features", file: "f" },
  ]);
});

Deno.test("parseInputs() says what is wanted", () => {
  const message = (texts: readonly string[], ports: RecordPorts) =>
    assertThrows(() => parseInputs(texts, ports), UsageError).message;
  assertEquals(
    message([], image),
    "Cannot predict: --input is missing; wanted: digits.image (u8[rows, 2, 2])",
  );
  assertStringIncludes(message(["digits.imag=x"], image), 'did you mean "digits.image"?');
  assertStringIncludes(message(["houses.kind=k"], mixed), "--input is missing for houses.features");
  assertStringIncludes(message(["a", "b"], mixed), "name its port, as --input houses.features=a");
  assertStringIncludes(
    message(["houses.kind=k", "houses.kind=l"], mixed),
    "the port has a file already",
  );
});

/** Two mails in each format that has lists. */
const subject = ["Zoë", "free"];
const embedding = [[1, 2.5], [-3, 0]];
const kind = ["ham", "spam"];
const mails: Readonly<Record<string, string | Uint8Array>> = {
  "JSON lines": subject.map((_, i) =>
    `\n${
      JSON.stringify({ kind: kind[i], subject: subject[i], embedding: embedding[i], more: 1 })
    }\n`
  ).join(""),
  Parquet: new Uint8Array(parquetWriteBuffer({
    rowGroupSize: 1,
    columnData: [
      { name: "subject", data: subject, type: "STRING" },
      { name: "kind", data: kind, type: "STRING" },
      { name: "embedding", data: embedding, type: "JSON" },
    ],
  })),
  Arrow: new Uint8Array(apache.tableToIPC(
    new apache.Table({
      subject: apache.vectorFromArray(subject, new apache.Utf8()),
      kind: apache.vectorFromArray(kind, new apache.Utf8()),
      embedding: apache.vectorFromArray(
        embedding,
        new apache.FixedSizeList(2, new apache.Field("x", new apache.Float32())),
      ),
    } as never),
    "file",
  )),
};

for (const [format, content] of Object.entries(mails)) {
  Deno.test(`readRecords() reads ${format}: text, lists and classes`, async () => {
    const records = await read(content, mail);
    assertEquals(records["mails.subject"], {
      dtype: "u8",
      shape: [2, 6],
      data: Uint8Array.of(90, 111, 0xc3, 0xab, 0, 0, 102, 114, 101, 101, 0, 0),
    });
    assertEquals(records["mails.embedding"], {
      dtype: "f32",
      shape: [2, 2],
      data: Float32Array.of(1, 2.5, -3, 0),
    });
    assertEquals(records["mails.kind"], { dtype: "u8", shape: [2], data: Uint8Array.of(0, 1) });
    const few = await read(content, mail, { limit: 1 });
    assertEquals(few["mails.kind"]?.data, Uint8Array.of(0));
  });
}

Deno.test("readRecords() says where a value of JSON lines, Parquet or Arrow does not fit", async () => {
  const at = async (content: string | Uint8Array, ports: RecordPorts) => {
    const { message, row, column } = await refused(content, ports);
    return [message.split(" (file")[0], row, column];
  };
  const { "mails.subject": text, "mails.embedding": list } = mail;
  assertEquals(
    await at('{"rooms":1,"age":2}\n\n{"rooms":3,"age":"old"}\n', house),
    [
      'Cannot read the field as a number: received "old", expected a number in the range of float32',
      3,
      "age",
    ],
  );
  assertEquals(
    await at('{"rooms":1,"age":2}\n{"rooms":3,"Age":1}\n', house),
    ['Cannot find "age" in the object', 2, "age"],
  );
  assertEquals(
    await at('{"rooms":1,"ages":2}\n', house),
    [
      'Cannot find the column "age" of "houses.features": the table has "rooms", "ages"',
      1,
      undefined,
    ],
  );
  const broken = await at('{"rooms":1,"age":2}\n{"rooms":\n', house);
  assertEquals([String(broken[0]).slice(0, 28), broken[1]], ["Cannot read the line as JSON", 2]);
  assertEquals(
    await at('{"subject":"much too long"}', { s: text! }),
    ['Cannot hold the text "much too long" of 13 bytes in 6', 1, "subject"],
  );
  assertEquals(
    await at('{"subject":"a"}\n{"body":"b"}\n', { s: text! }),
    ["Cannot read the field as text: it is missing", 2, "subject"],
  );
  assertEquals(
    await at('{"subject":"a"}\n{"subjct":"b"}\n', { s: text! }),
    ['Cannot find "subject" in the object', 2, "subject"],
  );
  assertEquals(
    await at('{"embedding":[1,2,3]}', { "m.embedding": list! }),
    [
      "Cannot read the field as numbers of shape [2]: received a list of 3, expected a list of 2",
      1,
      "embedding",
    ],
  );
  const parquet = (age: readonly (number | null)[]) =>
    new Uint8Array(parquetWriteBuffer({
      rowGroupSize: 1,
      columnData: [
        { name: "rooms", data: age.map(() => 1), type: "INT32" },
        { name: "age", data: [...age], type: "DOUBLE", nullable: true },
      ],
    }));
  assertEquals(
    await at(parquet([1, 2, null]), house),
    ["Cannot read the field: the value is missing: received null", 3, "age"],
  );
  assertStringIncludes(
    (await refused(parquet([1]).slice(0, -20), house)).message,
    "Cannot read the Parquet file",
  );
  const table = apache.tableFromArrays({ rooms: Int32Array.of(1), aged: Int32Array.of(1) });
  assertEquals(
    await at(new Uint8Array(apache.tableToIPC(table, "stream")), house),
    [
      'Cannot find the column "age" of "houses.features": the table has "rooms", "aged"',
      1,
      undefined,
    ],
  );
});

Deno.test("readRecords() leaves missing numbers to a pipeline that fills them in, and cuts text as it does", async () => {
  const features = { ...house["houses.features"]!, missing: "nan" } as RecordPorts[string];
  for (const content of ["rooms,age\n1,\n", '{"rooms":1}\n', '{"rooms":1,"age":null}\n']) {
    const records = await read(content, { "houses.features": features });
    assertEquals(records["houses.features"]?.data, Float32Array.of(1, NaN));
  }
  const cut = { ...mail["mails.subject"]!, longer: "cut" } as RecordPorts[string];
  const records = await read('subject\n"Zoë says"\n', { "mails.subject": cut });
  assertEquals(records["mails.subject"]?.data, new TextEncoder().encode("Zoë s"));
});

Deno.test("readRecords() reads lines of text, or of numbers where no text is wanted", async () => {
  const { "mails.subject": text } = mail;
  const lines = await read("one\r\n\ntwo, 2\n", { "lines.line": text! }, { name: "a.txt" });
  assertEquals(lines["lines.line"]?.shape, [2, 6]);
  assertEquals(
    new TextDecoder().decode(lines["lines.line"]!.data as Uint8Array),
    "one\0\0\0two, 2",
  );
  const numbers = await read("7 \n", { x: { kind: "tensor", dtype: "f32", shape: [1] } }, {
    name: "a.txt",
  });
  assertEquals(numbers.x?.data, Float32Array.of(7));
  const long = await refused("short\nmuch too long\n", { "lines.line": text! }, { name: "a.txt" });
  assertEquals([long.row, long.column], [2, 1]);
});

Deno.test("readRecords() says what else to give where a file cannot serve all ports", async () => {
  const { message } = await assertRejects(
    () => read(npy("|u1", "(2,)", [0, 1]), mixed),
    UsageError,
  );
  assertStringIncludes(
    message,
    "it holds one array, but houses.features and houses.kind are wanted; " +
      "give --input houses.features=FILE for each",
  );
  const headless = await refused("1,2,0\n", mixed);
  assertStringIncludes(
    headless.message,
    'Cannot find the columns of "houses.features": the file has no header',
  );
  assertStringIncludes(headless.message, "hint: give --input houses.features=FILE");
  const nameless = await refused("rooms,age,a,b\n1,2,3,4\n", { ...house, ...image });
  assertStringIncludes(
    nameless.message,
    'Cannot find the columns of "digits.image": the port does not name any',
  );
  const other = await refused('{"a":1}\n', house);
  assertStringIncludes(other.message, "hint: give them; other columns are passed over");
  const list = await refused('{"pixels":[1,2,3,4]}\n', image);
  assertStringIncludes(
    list.message,
    'Cannot use these records for "digits.image": received 1 field in a row, expected 4, or "image"',
  );
});
