import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { csv, DataError, jsonLines, textLines } from "@millrace/millrace";
import { shown } from "../../../core/execute/mod.ts";
import { openLoader, problemsOf, rowsOf, withFiles } from "../../support/loaders.ts";
import { assertSurvivesDamageAsync } from "../../support/mutate.ts";

const text = (bytes: readonly number[]) =>
  new TextDecoder().decode(Uint8Array.from(bytes)).replace(/\0+$/, "");

async function refuses(
  handles: unknown,
  expected: { message: string; row?: number; column?: string },
): Promise<void> {
  const error = await assertRejects(() => openLoader(handles), DataError);
  assertStringIncludes(error.message, expected.message);
  assertEquals([error.row, error.column], [expected.row, expected.column]);
}

const houses = 'rooms;kind;price;note\n3;flat;100;"small; but ""nice"""\n5;house;;über\n';

Deno.test("csv() gives each declared column as an output of its own", async () => {
  await withFiles({ "houses.csv": houses }, async (folder) => {
    const loader = csv({
      path: `${folder}/houses.csv`,
      separator: ";",
      missing: "nan",
      columns: {
        price: "number",
        kind: { classes: ["flat", "house"] },
        note: { text: 20 },
        rooms: { classes: 6 },
      },
    });
    const { ports } = await openLoader(loader);
    assertEquals(ports.note, {
      kind: "tensor",
      dtype: "u8",
      shape: [20],
      columns: ["note"],
      encoding: "utf-8",
    });
    assertEquals(ports.price!.kind === "tensor" && ports.price!.columns, ["price"]);
    const { price, kind, note, rooms } = await rowsOf(loader);
    assertEquals([price, kind, rooms], [[100, NaN], [0, 1], [3, 5]]);
    assertEquals([text(note!.slice(0, 20)), text(note!.slice(20))], ['small; but "nice"', "über"]);
  });
});

Deno.test("csv() reads TSV, files without a header, and other marks of missing values", async () => {
  const files = { "a.tsv": "x\ty\n1\t2\n", "b.csv": "1,2\n-,4\n" };
  await withFiles(files, async (folder) => {
    assertEquals(await rowsOf(csv({ path: `${folder}/a.tsv`, features: ["y", "x"] })), {
      features: [2, 1],
    });
    const b = csv({
      path: `${folder}/b.csv`,
      header: ["x", "y"],
      features: ["x", "y"],
      missing: "nan",
      missingTexts: ["-"],
    });
    assertEquals(await rowsOf(b), { features: [1, 2, NaN, 4] });
  });
});

Deno.test("csv() takes a number for missing where it is a mark of missing values", async () => {
  await withFiles({ "a.csv": "x,y\n1,-999\n-999,4\n" }, async (folder) => {
    const options = { path: `${folder}/a.csv`, features: ["x", "y"], missingTexts: ["-999"] };
    assertEquals(await rowsOf(csv({ ...options, missing: "nan" })), {
      features: [1, NaN, NaN, 4],
    });
    await refuses(csv(options), { message: "the value is missing", row: 2, column: "y" });
  });
});

Deno.test("tables name the first row that is wrong, whichever of its columns is", async () => {
  const records = [{ x: 1, y: 2 }, { x: 3, y: "b" }, { x: "a", y: 4 }];
  const files = {
    "a.csv": "x,y\n1,2\n3,b\na,4\n",
    "a.jsonl": records.map((record) => JSON.stringify(record)).join("\n"),
  };
  await withFiles(files, async (folder) => {
    const features = ["x", "y"];
    await refuses(csv({ path: `${folder}/a.csv`, features }), {
      message: 'received "b"',
      row: 3,
      column: "y",
    });
    await refuses(jsonLines({ path: `${folder}/a.jsonl`, features }), {
      message: 'received "b"',
      row: 2,
      column: "y",
    });
  });
});

Deno.test("tables keep columns side by side when rows are left out", async () => {
  const rows = Array.from(
    { length: 40 },
    (_, i) => ({ x: i, y: -i, kind: i % 7 === 3 ? "c" : "a" }),
  );
  const files = {
    "a.csv": `x,y,kind\n${rows.map(({ x, y, kind }) => `${x},${y},${kind}`).join("\n")}`,
    "a.jsonl": rows.map((row) => JSON.stringify(row)).join("\n"),
  };
  const kept = rows.filter(({ kind }) => kind === "a");
  await withFiles(files, async (folder) => {
    for (const [load, name] of [[csv, "a.csv"], [jsonLines, "a.jsonl"]] as const) {
      for (const memoryBytes of [1 << 20, 200]) {
        const loader = load({
          path: `${folder}/${name}`,
          features: ["x"],
          targets: ["y"],
          columns: { kind: { classes: ["a", "b"] } },
          invalid: "drop",
          mostInvalid: 0.5,
          memoryBytes,
        });
        assertEquals(await rowsOf(loader), {
          features: kept.map(({ x }) => x),
          targets: kept.map(({ y }) => y),
          kind: kept.map(() => 0),
        }, name);
      }
    }
  });
});

Deno.test("csv() opens the splits that it has files for", async () => {
  await withFiles({ "a.csv": "x\n1\n", "b.csv": "x\n2\n3\n" }, async (folder) => {
    const loader = csv({ path: `${folder}/a.csv`, test: `${folder}/b.csv`, features: ["x"] });
    assertEquals(await rowsOf(loader, { split: "test" }), { features: [2, 3] });
    assertEquals((await openLoader(loader, "validation")).source, null);
    assertEquals((await openLoader(loader, "test", 1)).source!.rows, 1);
  });
});

const manyRows = Array.from({ length: 500 }, (_, i) => i);
const many = `i,name\n${
  manyRows.map((i) => `${i},${i % 7 === 0 ? `"row\n${i}"` : `row ${i}`}`).join("\n")
}\n`;

Deno.test("csv() reads a file that is larger than its memory in blocks, with the same rows", async () => {
  await withFiles({ "many.csv": many }, async (folder) => {
    const options = {
      path: `${folder}/many.csv`,
      features: ["i"],
      columns: { name: { text: 12 } },
    };
    const whole = await rowsOf(csv(options as never));
    const small = csv({ ...options, memoryBytes: 2000 } as never);
    assertEquals(await rowsOf(small), whole);
    const { source } = await openLoader(small);
    const { begins, kept } = source!.blocks!;
    assert(begins.length > 10 && kept >= 1, `${begins.length} blocks`);
    assertEquals(begins[0], 0);
    source!.close!();
    const order = [499, 3, 250, 249, 3, 0];
    const { features, name } = await rowsOf(small, { rows: order });
    assertEquals(features, order);
    assertEquals(order.map((_, i) => text(name!.slice(12 * i, 12 * i + 12))), [
      "row 499",
      "row 3",
      "row 250",
      "row 249",
      "row 3",
      "row\n0",
    ]);
    assertEquals((await openLoader(small, "train", 3)).source!.rows, 3);
  });
});

Deno.test("csv() refuses fields that are not of their column's type, and says where", async () => {
  const files = { "a.csv": "x,kind,note\n1,b,ok\n2,a,much too long\n" };
  await withFiles(files, async (folder) => {
    const path = `${folder}/a.csv`;
    await refuses(csv({ path, columns: { kind: { classes: ["a", "c"] } } }), {
      message: 'received "b", expected one of "a", "c"',
      row: 2,
      column: "kind",
    });
    await refuses(csv({ path, columns: { x: { classes: 2 } } }), {
      message: 'Cannot use the class "2": expected a number from 0 to 1',
      row: 3,
      column: "x",
    });
    await refuses(csv({ path, columns: { note: { text: 6 } } }), {
      message: 'Cannot hold the text "much too long" of 13 bytes in 6',
      row: 3,
      column: "note",
    });
    const cut = csv({ path, columns: { note: { text: 6, longer: "cut" } } });
    assertEquals(text((await rowsOf(cut)).note!.slice(6)), "much t");
    await refuses(csv({ path, features: ["not"] }), {
      message: 'there is no column "not"',
      row: 1,
    });
    await refuses(csv({ path, features: ["not"] }), { message: 'did you mean "note"?', row: 1 });
    await refuses(csv({ path, features: ["note"] }), {
      message: 'Cannot read the field as a number: received "ok"',
      row: 2,
      column: "note",
    });
    await refuses(csv({ path: `${folder}/b.csv`, features: ["x"] }), {
      message: `did you mean "${path}"?`,
    });
  });
});

const mails = [
  { subject: "Hello", score: 0.5, vector: [[1, 2], [3, 4]], kind: "ham", big: 3 },
  { subject: "Ça va?", score: null, vector: [[5, 6], [7, 8]], kind: "spam", big: true, extra: {} },
];
const lines = mails.map((mail) => JSON.stringify(mail)).join("\r\n\n") + "\n";

Deno.test("jsonLines() reads numbers, lists, classes and text", async () => {
  await withFiles({ "mails.jsonl": lines }, async (folder) => {
    const loader = jsonLines({
      path: `${folder}/mails.jsonl`,
      features: ["score", "big"],
      missing: "nan",
      label: { column: "kind", classes: ["ham", "spam"] },
      columns: { subject: { text: 8 }, vector: { shape: [2, 2], dtype: "u8" } },
    });
    const { subject, ...numbers } = await rowsOf(loader);
    assertEquals(numbers, {
      features: [0.5, 3, NaN, 1],
      label: [0, 1],
      vector: [1, 2, 3, 4, 5, 6, 7, 8],
    });
    assertEquals([text(subject!.slice(0, 8)), text(subject!.slice(8))], ["Hello", "Ça va?"]);
    assertEquals((await openLoader(loader)).ports.vector, {
      kind: "tensor",
      dtype: "u8",
      shape: [2, 2],
    });
    const small = jsonLines({ path: `${folder}/mails.jsonl`, features: ["big"], memoryBytes: 4 });
    assertEquals((await rowsOf(small, { rows: [1, 0, 1] })).features, [1, 3, 1]);
  });
});

Deno.test("jsonLines() names line and key of what it cannot read", async () => {
  await withFiles({ "mails.jsonl": lines }, async (folder) => {
    const path = `${folder}/mails.jsonl`;
    await refuses(jsonLines({ path, features: ["score"] }), {
      message: "the value is missing: received null",
      row: 3,
      column: "score",
    });
    await refuses(jsonLines({ path, features: ["scor"] }), {
      message: 'did you mean "score"?',
      row: 1,
      column: "scor",
    });
    await refuses(jsonLines({ path, features: ["subject"] }), {
      message: 'received "Hello", expected a number in the range of float32',
      row: 1,
      column: "subject",
    });
    await refuses(jsonLines({ path, columns: { vector: { shape: [2, 3] } } }), {
      message: "received a list of 2, expected a list of 3 at axis 2",
      row: 1,
      column: "vector",
    });
    await refuses(jsonLines({ path, columns: { score: { shape: [1] } } }), {
      message: "received 0.5, expected a list of 1",
      row: 1,
      column: "score",
    });
    await refuses(
      jsonLines({ path, columns: { vector: { shape: [2, 2], dtype: "u8" }, big: { text: 9 } } }),
      {
        message: "Cannot read the field as text: received 3",
        row: 1,
        column: "big",
      },
    );
    await Deno.writeTextFile(path, '{"x": 1}\n{"x": 2},\n');
    await refuses(jsonLines({ path, features: ["x"] }), {
      message: "each line is one object in JSON, without a comma after it",
      row: 2,
    });
    await Deno.writeTextFile(path, "[1]\n");
    await refuses(jsonLines({ path, features: ["x"] }), {
      message: "received a list, expected an object",
      row: 1,
    });
    await Deno.writeTextFile(path, '{"x": [300]}\n');
    await refuses(jsonLines({ path, columns: { x: { shape: [1], dtype: "u8" } } }), {
      message: "Cannot hold 300 in u8: expected a whole number from 0 to 255",
      row: 1,
      column: "x",
    });
    await Deno.writeTextFile(path, "\n");
    await refuses(jsonLines({ path, features: ["x"] }), { message: "it has no row of data" });
  });
});

Deno.test("textLines() gives a row for each line, of text with zeros after it", async () => {
  await withFiles({ "a.txt": "\ufeffone\r\n\n  \nzwölf\n" }, async (folder) => {
    const path = `${folder}/a.txt`;
    const { line } = await rowsOf(textLines({ path, bytes: 6 }));
    assertEquals([text(line!.slice(0, 6)), text(line!.slice(6))], ["one", "zwölf"]);
    const all = await openLoader(textLines({ path, bytes: 6, keepBlank: true }));
    assertEquals(all.source!.rows, 4);
    await refuses(textLines({ path, bytes: 5 }), {
      message: 'Cannot hold the text "zwölf" of 6 bytes in 5',
      row: 4,
      column: "line",
    });
    const cut = await rowsOf(textLines({ path, bytes: 3, longer: "cut" }));
    // the letter of two bytes does not fit whole
    assertEquals(cut.line!.slice(3), [122, 119, 0]);
    await Deno.writeFile(path, Uint8Array.of(65, 10, 0xff, 10));
    await refuses(textLines({ path, bytes: 5 }), { message: "it is not text in UTF-8", row: 2 });
    await Deno.writeFile(path, Uint8Array.of(65, 0, 10));
    await refuses(textLines({ path, bytes: 5 }), {
      message: "it holds a character of code 0",
      row: 1,
      column: "line",
    });
  });
});

/** A loader opened and read whole, for each damaged copy. */
async function survives(
  sample: string,
  loaderOf: (path: string) => unknown,
  memoryBytes: readonly number[] = [1 << 20, 200],
): Promise<void> {
  const path = await Deno.makeTempFile();
  let turn = 0;
  try {
    await assertSurvivesDamageAsync([new TextEncoder().encode(sample)], async (bytes) => {
      await Deno.writeFile(path, bytes);
      const loader = loaderOf(path) as (memoryBytes: number) => unknown;
      await rowsOf(loader(memoryBytes[turn++ % memoryBytes.length]!));
    });
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("csv() survives damaged files", async () => {
  await survives(
    houses.replace(";;", ";7;"),
    (path) => (memoryBytes: number) =>
      csv({
        path,
        separator: ";",
        memoryBytes,
        features: ["rooms", "price"],
        columns: { note: { text: 20 }, kind: { classes: ["flat", "house"] } },
      }),
  );
});

Deno.test("jsonLines() survives damaged files", async () => {
  await survives(lines, (path) => (memoryBytes: number) =>
    jsonLines({
      path,
      memoryBytes,
      missing: "nan",
      features: ["score", "big"],
      columns: { vector: { shape: [2, 2] }, subject: { text: 9 } },
    }));
});

Deno.test("textLines() survives damaged files", async () => {
  const sample = "one\nzwölf\n日本語のテキスト\n".repeat(5);
  await survives(
    sample,
    (path) => (memoryBytes: number) => textLines({ path, memoryBytes, bytes: 26 }),
  );
});

Deno.test("tables say what is wrong with the columns that are declared", () => {
  const has = (options: object, path: string, message: string, loader: unknown = csv) => {
    const made = (loader as (options: object) => unknown)({ path: "a", ...options });
    assertStringIncludes(problemsOf(made), `.${path}": Cannot use this value${message}`);
  };
  has({}, "features", ": expected at least one column");
  has(
    { features: ["a"], targets: ["a"] },
    "features",
    ': expected every column once: found "a" twice',
  );
  has({ label: { column: "a", classes: [] } }, "label.classes", ": expected at least one class");
  has(
    { columns: { a: {} } },
    "columns.a",
    ': received an object, expected "number", { classes }, { text } or { shape }',
  );
  has({ columns: { label: "number" } }, "columns.label", " - the name is that of another output");
  const list = { columns: { a: { shape: [2] } } };
  has(list, "columns.a", " - a field of text holds no list of numbers");
  has(
    { features: ["a"], rules: { size: { min: 1 } } },
    "rules.size",
    ' - the column "size" is not read: declare it',
  );
  has(
    { ...list, rules: { a: { values: [1] } } },
    "rules.a",
    " - values are for single fields, and the column holds lists of numbers: use min and max",
    jsonLines,
  );
});

Deno.test("tables show numbers of fields as they are, also those that JSON does not have", async () => {
  assertEquals(shown([Infinity, -0.5, [NaN, 1n]]), "[Infinity,-0.5,[NaN,1]]");
  assertEquals(shown({ a: -Infinity, b: "x" }), '{"a":-Infinity,"b":"x"}');
  assertEquals(
    [shown(Float32Array.of(1, NaN)), shown("a\n"), shown(undefined), shown(null), shown(true)],
    ["[1,NaN]", '"a\\n"', "undefined", "null", "true"],
  );
  assertEquals(shown(new Date(0)), "1970-01-01T00:00:00.000Z");
  assertEquals(shown(new Array(1000).fill(7)), `[${"7,".repeat(39)}7…`);
  const deep = JSON.parse("[".repeat(100_000) + "]".repeat(100_000));
  assertEquals(shown(deep), "[[[[[[[[…]]]]]]]]");
  await withFiles({ "a.jsonl": '{"x": [1, 1e999]}\n' }, async (folder) => {
    await refuses(jsonLines({ path: `${folder}/a.jsonl`, features: ["x"] }), {
      message: "Cannot read the field as a number: received [1,Infinity], expected a number",
      row: 1,
      column: "x",
    });
  });
});
