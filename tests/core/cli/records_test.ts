import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { DataError, UsageError } from "../../../core/errors.ts";
import { parseInputs, readRecords, type RecordPorts } from "../../../core/cli/records.ts";

const image: RecordPorts = { "digits.image": { kind: "tensor", dtype: "u8", shape: [2, 2] } };
const house: RecordPorts = {
  "houses.features": { kind: "tensor", dtype: "f32", shape: [2], columns: ["rooms", "age"] },
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
  { limit }: { readonly limit?: number } = {},
) {
  const directory = await Deno.makeTempDir();
  try {
    const file = join(directory, "records");
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

async function refused(content: string | Uint8Array, ports: RecordPorts): Promise<DataError> {
  return await assertRejects(() => read(content, ports), DataError);
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
      `Cannot use a number for "digits.image": received ${value}, ` +
        "expected a whole number from 0 to 255",
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
  assertStringIncludes((await refused("", house)).message, "the file is empty");
  assertStringIncludes((await refused(npy("|u1", "(0, 4)", []), image)).message, "no records");
  assertStringIncludes(
    (await refused(new Uint8Array([80, 75, 0, 0]), house)).message,
    "the file is neither CSV, NPY nor IDX",
  );
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
