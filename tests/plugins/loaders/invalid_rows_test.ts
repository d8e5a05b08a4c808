import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { encode as encodePng } from "npm:fast-png@8.0.0";
import * as apache from "npm:apache-arrow@21.2.0";
import { parquetWriteBuffer } from "npm:hyparquet-writer@0.17.0";
import { z } from "zod";
import {
  arrow,
  backward,
  csv,
  DataError,
  dense,
  evaluate,
  imageFolder,
  jsonLines,
  meanSquaredError,
  parquet,
  pipeline,
  PipelineError,
  type RunEvent,
  sgd,
  soundFolder,
  split,
  textLines,
  train,
} from "@millrace/millrace";
import { check } from "../../../core/check/mod.ts";
import { openLoader, rowsOf, withFiles } from "../../support/loaders.ts";
import { wavFile } from "../../support/wav.ts";

/** What was found of rows that cannot be used, without the examples' messages. */
async function foundIn(handles: unknown, limit?: number) {
  const { source } = await openLoader(handles, "train", limit);
  source!.close?.();
  const { examples, ...found } = source!.invalid!;
  return { ...found, at: examples.map(({ row, column }) => [row, column]) };
}

const people = [
  "age,kind,note",
  "30,a,ok", // 2
  "-4,b,ok", // 3: breaks a rule
  "x,a,ok", // 4: cannot be read
  "31,c,ok", // 5: cannot be read
  ",b,ok", // 6: cannot be read
  "32,a", // 7: cannot be read
  '33" tall,a,ok', // 8: cannot be read
  '34,b,"two\nlines"', // 9 and 10
  "150,b,too long to be held", // 11: cannot be read
  "151,b,ok", // 12: breaks a rule
  "35,b,ok", // 13
].join("\n");

const columns = { kind: { classes: ["a", "b"] }, note: { text: 12 } } as const;
const rules = { age: { min: 0, max: 120 } };

Deno.test("csv() leaves out rows that cannot be read or break a rule, and counts them", async () => {
  await withFiles({ "a.csv": people }, async (folder) => {
    const options = { path: `${folder}/a.csv`, features: ["age"], columns, rules } as const;
    const loader = csv({ ...options, invalid: "drop", mostInvalid: 8 });
    const { features, kind } = await rowsOf(loader);
    assertEquals([features, kind], [[30, 34, 35], [0, 1, 1]]);
    assertEquals(await foundIn(loader), {
      policy: "drop",
      checked: 11,
      dropped: 8,
      kept: 0,
      faults: [
        { reason: "less than 0", column: "age", rows: 1 },
        { reason: "not a number", column: "age", rows: 1 },
        { reason: "not a class", column: "kind", rows: 1 },
        { reason: "missing", column: "age", rows: 1 },
        { reason: "another number of fields", rows: 1 },
        { reason: "misplaced quote", rows: 1 },
        { reason: "text too long", column: "note", rows: 1 },
        { reason: "more than 120", column: "age", rows: 1 },
      ],
      at: [[3, "age"], [4, "age"], [5, "kind"], [6, "age"], [7, undefined]],
    });
    const { source } = await openLoader(loader);
    assertEquals(
      source!.invalid!.examples[0]!.message,
      `Cannot accept the field: received -4, expected at least 0 (file "${folder}/a.csv", row 3, ` +
        'column "age")',
    );
    // those that can be read are kept
    const told = csv({ ...options, invalid: "report", mostInvalid: 0.9 });
    assertEquals((await rowsOf(told)).features, [30, -4, 34, 151, 35]);
    const { dropped, kept } = await foundIn(told);
    assertEquals([dropped, kept], [6, 2]);
  });
});

Deno.test("csv() leaves out the same rows whether they are held or read again in blocks", async () => {
  const lines = Array.from(
    { length: 300 },
    (_, i) => i % 7 === 3 ? `bad ${i},x` : i % 5 === 1 ? `${i},"long\ntext"` : `${i},t${i}`,
  );
  await withFiles({ "a.csv": `i,note\n${lines.join("\n")}\n` }, async (folder) => {
    const options = {
      path: `${folder}/a.csv`,
      features: ["i"],
      columns: { note: { text: 12 } },
      invalid: "drop",
      mostInvalid: 0.2,
    } as const;
    const whole = await rowsOf(csv(options));
    const kept = lines.flatMap((_, i) => i % 7 === 3 ? [] : [i]);
    assertEquals(whole.features, kept);
    const small = csv({ ...options, memoryBytes: 1000 });
    const { source } = await openLoader(small);
    assert(source!.blocks!.begins.length > 5);
    assertEquals(source!.invalid!.dropped, 300 - kept.length);
    source!.close!();
    assertEquals(await rowsOf(small), whole);
    const order = [250, 0, 100, 99, 0];
    const { features } = await rowsOf(small, { rows: order });
    assertEquals(features, order.map((row) => kept[row]!));
    // read again, rows are not counted again
    const { source: again } = await openLoader(small);
    const before = again!.invalid!.checked;
    await again!.read(Uint32Array.of(250, 3), { features: new Float32Array(2) });
    assertEquals([before, again!.invalid!.checked], [300, 300]);
    again!.close!();
    // a limit is one of rows that are left
    const { source: few } = await openLoader(csv(options), "train", 10);
    assertEquals(few!.rows, 10);
  });
});

Deno.test("csv() takes up again behind misplaced quotes and bytes that are not UTF-8", async () => {
  const text = 'x,note\n1,a\n2,b"\n3,c\n4,d\n5,"e\n6"\n7,f\n';
  const bytes = new TextEncoder().encode(text);
  bytes[bytes.indexOf("d".charCodeAt(0))] = 0xff;
  await withFiles({ "a.csv": bytes }, async (folder) => {
    const options = { path: `${folder}/a.csv`, features: ["x"], columns: { note: { text: 9 } } };
    const loader = csv({ ...options, invalid: "drop", mostInvalid: 2 } as never);
    assertEquals((await rowsOf(loader)).features, [1, 3, 5, 7]);
    const { faults, at } = await foundIn(loader);
    assertEquals(faults, [
      { reason: "misplaced quote", rows: 1 },
      { reason: "not UTF-8", rows: 1 },
    ]);
    assertEquals(at, [[3, undefined], [5, undefined]]);
    await assertRejects(
      () => openLoader(csv(options as never)),
      DataError,
      "it is not text in UTF-8",
    );
  });
});

Deno.test("loaders fail all the same when too many rows cannot be used, and say of what kind", async () => {
  await withFiles({ "a.csv": "x\n1\nb\n3\nd\n5\n" }, async (folder) => {
    const options = { path: `${folder}/a.csv`, features: ["x"], invalid: "drop" } as const;
    const error = await assertRejects(() => openLoader(csv(options)), DataError);
    assertEquals(
      error.message,
      "Cannot use the rows: 2 of the 5 rows looked at cannot be used (" +
        '"x" not a number: 2 rows), expected at most a share of 0.1 ' +
        `(file "${folder}/a.csv")\n` +
        '  hint: the first: Cannot read the field as a number: received "b", expected a decimal ' +
        `number in the range of float32 (file "${folder}/a.csv", row 3, column "x")\n` +
        "  mend the data or what is declared of it, or set mostInvalid",
    );
    await openLoader(csv({ ...options, mostInvalid: 0.4 }));
    await openLoader(csv({ ...options, mostInvalid: 2 }));
    await assertRejects(
      () => openLoader(csv({ ...options, mostInvalid: 1 })),
      DataError,
      "2 of the 4 rows looked at cannot be used",
    );
    const texts = csv({
      ...options,
      features: [],
      columns: { x: { classes: ["a"] } },
      mostInvalid: 9,
    });
    await assertRejects(() => openLoader(texts), DataError, "5 of the 5 rows looked at");
  });
});

Deno.test("rules are errors that name row and column where invalid rows are not left out", async () => {
  const rows = [
    { n: 1, kind: "a", code: "AB12", list: [1, 2] },
    { n: 5, kind: "b", code: "AB1x", list: [1, 9] },
    { n: null, kind: "b", code: "", list: [1, 2] },
  ];
  const file = rows.map((row) => JSON.stringify(row)).join("\n");
  await withFiles({ "a.jsonl": file }, async (folder) => {
    const options = {
      path: `${folder}/a.jsonl`,
      features: ["n"],
      columns: { kind: { classes: ["a", "b"] }, code: { text: 9 }, list: { shape: [2] } },
      missing: "nan",
    } as const;
    const refuses = async (more: object, message: string, row: number, column: string) => {
      const loader = jsonLines({ ...options, ...more } as never);
      const error = await assertRejects(() => openLoader(loader), DataError);
      assertStringIncludes(error.message, message);
      assertEquals([error.row, error.column], [row, column]);
    };
    await refuses({ rules: { n: { max: 4 } } }, "received 5, expected at most 4", 2, "n");
    await refuses({ rules: { n: { required: true } } }, "received null, expected a value", 3, "n");
    await refuses(
      { rules: { code: { required: true } } },
      'received "", expected a value',
      3,
      "code",
    );
    await refuses({ rules: { list: { max: 8 } } }, "received [1,9], expected at most 8", 2, "list");
    const values = { n: { values: [1, 2] } };
    await refuses({ rules: values }, "received 5, expected one of 1, 2", 2, "n");
    await refuses({ rules: { kind: { values: ["a"] } } }, 'expected one of "a"', 2, "kind");
    const pattern = { code: { pattern: "[A-Z]+\\d+" } };
    await refuses(
      { rules: pattern },
      'received "AB1x", expected text that matches [A-Z]+\\d+',
      2,
      "code",
    );
    const record = z.object({
      kind: z.string(),
      n: z.number().nullable(),
      list: z.array(z.number()).refine(([a, b]) => b! - a! < 5, { error: "too far apart" }),
    });
    await refuses({ record }, "Cannot accept the record: too far apart", 2, "list");
    assertEquals((await rowsOf(jsonLines({ ...options, rules: { n: { max: 5 } } }))).n, undefined);
    const asynchronous = z.object({}).refine(() => Promise.resolve(true));
    await assertRejects(
      () => openLoader(jsonLines({ ...options, record: asynchronous })),
      TypeError,
      "Cannot check records by an asynchronous schema",
    );
  });
});

Deno.test("rules that are none are refused before any data is read", () => {
  const problems = (more: object) => {
    const table = csv({ path: "no/such.csv", features: ["age"], ...more } as never);
    const made = pipeline({ name: "p", stages: { table } as never });
    return assertThrows(() => check(made), PipelineError).message;
  };
  assertStringIncludes(problems({ rules: { agee: { min: 0 } } }), 'did you mean "age"?');
  const columns = { name: { text: 9 }, kind: { classes: ["a", "b"] }, level: { classes: 3 } };
  for (
    const [rules, message] of [
      [{ name: { min: 3 } }, "min and max are for numbers, and the column holds text"],
      [{ kind: { max: 3 } }, "min and max are for numbers, and the column holds text"],
      [{ age: { pattern: "a" } }, "pattern is for text, and the column holds numbers"],
      [{ age: { values: ["1", "2"] } }, "expected values that are numbers"],
      [{ level: { values: ["1"] } }, "expected values that are numbers"],
      [{ kind: { values: [1] } }, "expected values that are text"],
    ] as const
  ) assertStringIncludes(problems({ columns, rules }), message);
  assertStringIncludes(
    problems({ rules: { age: { min: 3, max: 2 } } }),
    "expected min to be at most",
  );
  assertStringIncludes(
    problems({ rules: { age: { pattern: "(" } } }),
    "expected a regular expression",
  );
  assertStringIncludes(problems({ record: {} }), "expected a Standard Schema");
  assertStringIncludes(
    problems({ mostInvalid: 1.5 }),
    "expected a share below 1, or a whole number",
  );
  assertStringIncludes(problems({ invalid: "skip" }), 'expected one of "fail", "drop", "report"');
});

Deno.test("jsonLines() leaves out lines that are no objects", async () => {
  const file = '{"x":1}\n[1]\n{"x":\n\n{"y":2}\n{"x":"3"}\n{"x":4}\n';
  await withFiles({ "a.jsonl": file }, async (folder) => {
    const loader = jsonLines({
      path: `${folder}/a.jsonl`,
      features: ["x"],
      invalid: "drop",
      mostInvalid: 0.9,
    });
    assertEquals((await rowsOf(loader)).features, [1, 4]);
    const { faults } = await foundIn(loader);
    assertEquals(faults.map(({ reason, rows }) => [reason, rows]), [
      ["not an object", 1],
      ["not JSON", 1],
      ["missing", 1],
      ["not a number", 1],
    ]);
  });
});

Deno.test("textLines() leaves out lines that are too long, without a trace of them", async () => {
  await withFiles({ "a.txt": "abc\nmuch too long\nde\n" }, async (folder) => {
    const loader = textLines({
      path: `${folder}/a.txt`,
      bytes: 4,
      invalid: "drop",
      mostInvalid: 1,
    });
    assertEquals(await rowsOf(loader), { line: [97, 98, 99, 0, 100, 101, 0, 0] });
  });
});

Deno.test("parquet() and arrow() leave out rows, held or group by group", async () => {
  const x = Array.from({ length: 20 }, (_, i) => i % 6 === 5 ? null : i);
  const kept = x.filter((value) => value !== null && value !== 8);
  const file = new Uint8Array(parquetWriteBuffer({
    rowGroupSize: 6,
    columnData: [{ name: "x", data: x, type: "DOUBLE", nullable: true }],
  }));
  const table = new apache.Table({ x: apache.vectorFromArray(x, new apache.Float64()) } as never);
  const files = { "a.parquet": file, "a.arrow": new Uint8Array(apache.tableToIPC(table, "file")) };
  await withFiles(files, async (folder) => {
    const options = {
      features: ["x"],
      rules: { x: { values: kept as number[] } },
      invalid: "drop",
      mostInvalid: 4,
    } as const;
    for (const memoryBytes of [1 << 20, 20]) {
      const path = `${folder}/a.parquet`;
      const loader = parquet({ path, memoryBytes, ...options });
      assertEquals((await rowsOf(loader)).features, kept as number[]);
      const { checked, dropped, at } = await foundIn(loader);
      assertEquals([checked, dropped, at[0], at[1]], [20, 4, [6, "x"], [9, "x"]]);
      const { features } = await rowsOf(loader, { rows: [15, 0, 7] });
      assertEquals(features, [15, 0, 7].map((row) => kept[row]!));
    }
    const { features } = await rowsOf(arrow({ path: `${folder}/a.arrow`, ...options }));
    assertEquals(features, kept as number[]);
  });
});

Deno.test("imageFolder() and soundFolder() leave out files that cannot be decoded", async () => {
  const png = (grey: number, width = 2) => {
    const data = new Uint8Array(2 * width).fill(grey);
    return encodePng({ width, height: 2, data, channels: 1, depth: 8 });
  };
  const images = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [`${String(i).padStart(2, "0")}.png`, png(i)]),
  );
  images["03.png"] = images["03.png"]!.slice(0, 40);
  images["17.png"] = png(17, 3);
  await withFiles(images, async (folder) => {
    const kept = Array.from({ length: 20 }, (_, i) => i).filter((i) => i !== 3 && i !== 17);
    const options = { folder, height: 2, width: 2, channels: 1 } as const;
    for (const memoryBytes of [1 << 20, 30]) {
      const loader = imageFolder({ ...options, memoryBytes, invalid: "drop" });
      const { image } = await rowsOf(loader);
      assertEquals(image, kept.flatMap((grey) => [grey, grey, grey, grey]));
      assertEquals((await rowsOf(loader, { rows: [17, 3] })).image![0], 19);
      const { faults } = await foundIn(loader);
      assertEquals(faults.map(({ reason }) => reason), ["not a readable image", "another size"]);
    }
    await assertRejects(() => rowsOf(imageFolder(options)), DataError, "03.png");
    const { source } = await openLoader(imageFolder({ ...options, invalid: "drop" }));
    assert(source!.fingerprint !== (await openLoader(imageFolder(options))).source!.fingerprint);
  });
  const sounds = { "a.wav": wavFile([0.5]), "b.wav": new Uint8Array(20), "c.wav": wavFile([0, 0]) };
  await withFiles(sounds, async (folder) => {
    const loader = soundFolder({
      folder,
      samples: 1,
      sampleRate: 8000,
      invalid: "drop",
      mostInvalid: 2,
    });
    assertEquals((await rowsOf(loader)).sound, [0.5]);
    const { faults } = await foundIn(loader);
    assertEquals(faults.map(({ reason }) => reason), ["not a readable sound", "sound too long"]);
  });
});

Deno.test("train() and evaluate() tell of rows that cannot be used, once for each split", async () => {
  const lines = Array.from({ length: 40 }, (_, i) => i === 7 ? "x,1" : `${i / 40},${i / 20}`);
  const files = { "a.csv": `x,y\n${lines.join("\n")}\n`, "b.csv": "x,y\n1,?\n1,2\n" };
  await withFiles(files, async (folder) => {
    const table = csv({
      path: `${folder}/a.csv`,
      validation: `${folder}/b.csv`,
      features: ["x"],
      targets: ["y"],
      invalid: "drop",
      mostInvalid: 1,
    });
    const data = split({ test: 0.25 })(table);
    const line = dense(1)(data.features);
    const loss = meanSquaredError()({ predictions: line, targets: data.targets });
    const optimizer = sgd()(backward()(loss));
    const stages = { table, data, line, loss, optimizer };
    const made = pipeline({ name: "line", epochs: 2, batchSize: 8, stages });
    const events: RunEvent[] = [];
    const runDirectory = `${folder}/run`;
    const onEvent = (event: RunEvent) => void events.push(event);
    const result = await train(made, { device: "reference", runDirectory, onEvent });
    const told = events.flatMap((event) => event.kind === "invalid" ? [event] : []);
    assertEquals(told.map(({ stage, split, dropped }) => [stage, split, dropped]), [
      ["table", "train", 1],
      ["table", "validation", 1],
    ]);
    assertEquals(result.invalid, told.map(({ kind: _, ...found }) => found));
    const record = JSON.parse(await Deno.readTextFile(`${runDirectory}/run.json`));
    assertEquals(record.results.invalid, result.invalid);
    const log = await Deno.readTextFile(`${runDirectory}/events.jsonl`);
    assertEquals(log.match(/"kind":"invalid"/g)?.length, 2);
    const scores = await evaluate(made, { model: result.model, device: "reference" });
    assertEquals(scores.invalid?.map(({ checked, dropped }) => [checked, dropped]), [[40, 1]]);
    // what is dropped depends on the data alone: a resumed run goes on with the same rows
    const more = { device: "reference", runDirectory, resume: true, set: { epochs: 3 } };
    const resumed = await train(made, more);
    const straight = await train(made, { device: "reference", set: { epochs: 3 } });
    assertEquals(resumed.model.tensors, straight.model.tensors);
  });
});

Deno.test("csv() names what is wrong with a header, also where rows that are wrong are left out", async () => {
  await withFiles({ "a.csv": 'x,y"z\n1,2\n' }, async (folder) => {
    for (const invalid of ["fail", "drop"] as const) {
      await assertRejects(
        () => openLoader(csv({ path: `${folder}/a.csv`, features: ["x"], invalid } as never)),
        DataError,
        "Cannot read the CSV file: ",
      );
      const error = await assertRejects(
        () => openLoader(csv({ path: `${folder}/a.csv`, features: ["x"], invalid } as never)),
        DataError,
      );
      assertEquals([error.reason, error.row], ["misplaced quote", 1]);
    }
  });
});
