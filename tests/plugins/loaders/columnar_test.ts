import { assertEquals, assertRejects } from "@std/assert";
import { parquetWriteBuffer } from "npm:hyparquet-writer@0.17.0";
import * as apache from "npm:apache-arrow@21.2.0";
import { arrow, csv, DataError, jsonLines, parquet } from "@millrace/millrace";
import type { ValueTable } from "../../../core/formats/mod.ts";
import { valueRows } from "../../../plugins/loaders/value_rows.ts";
import { openLoader, rowsOf, withFiles } from "../../support/loaders.ts";
import { assertSurvivesDamageAsync } from "../../support/mutate.ts";
// Made by arrow_samples.py.
import compressed from "./arrow_samples.json" with { type: "json" };

const count = 20;
const numbers = Array.from({ length: count }, (_, i) => i / 4);
const wholes = Array.from({ length: count }, (_, i) => BigInt(i));
const kinds = Array.from({ length: count }, (_, i) => ["cat", "dog"][i % 2]!);
const days = Array.from({ length: count }, (_, i) => 19000 + 3 * i);
const gaps = numbers.map((x, i) => i % 5 === 4 ? null : x);

function parquetFile(codec: "SNAPPY" | "UNCOMPRESSED" = "SNAPPY"): Uint8Array<ArrayBuffer> {
  return new Uint8Array(parquetWriteBuffer({
    rowGroupSize: 6,
    codec,
    columnData: [
      { name: "x", data: numbers, type: "FLOAT" },
      { name: "n", data: wholes, type: "INT64" },
      { name: "kind", data: kinds, type: "STRING" },
      { name: "gaps", data: gaps, type: "DOUBLE", nullable: true },
      { name: "isWarm", data: numbers.map((x) => x > 2), type: "BOOLEAN", encoding: "RLE" },
      { name: "day", data: days, type: "INT32", encoding: "DELTA_BINARY_PACKED" },
      { name: "text", data: kinds, type: "STRING", encoding: "DELTA_BYTE_ARRAY" },
    ],
  }));
}

function arrowFile(as: "file" | "stream" = "file"): Uint8Array<ArrayBuffer> {
  const vector = apache.vectorFromArray;
  const pairs = numbers.map((x) => [x, -x]);
  const table = new apache.Table({
    x: vector(numbers, new apache.Float32()),
    n: vector(wholes, new apache.Int64()),
    kind: vector(kinds, new apache.Utf8()),
    // a dictionary, as pandas writes a column of classes
    class: vector(kinds),
    gaps: vector(gaps, new apache.Float64()),
    pair: vector(
      pairs,
      new apache.FixedSizeList(2, new apache.Field("item", new apache.Float32())),
    ),
  } as never);
  return new Uint8Array(apache.tableToIPC(table, as));
}

const options = {
  features: ["x", "n"],
  label: { column: "kind", classes: ["dog", "cat"] },
} as const;
const expected = {
  features: numbers.flatMap((x, i) => [x, i]),
  label: kinds.map((kind) => kind === "cat" ? 1 : 0),
};

Deno.test("parquet() reads numbers, classes and text, whole or group by group", async () => {
  await withFiles({ "a.parquet": parquetFile() }, async (folder) => {
    const path = `${folder}/a.parquet`;
    assertEquals(await rowsOf(parquet({ path, ...options })), expected);
    const small = parquet({ path, ...options, memoryBytes: 20 });
    const { source } = await openLoader(small);
    assertEquals([...source!.blocks!.begins], [0, 6, 12, 18]);
    source!.close!();
    assertEquals(await rowsOf(small, { rows: [19, 0, 7] }), {
      features: [19 / 4, 19, 0, 0, 7 / 4, 7],
      label: [0, 1, 0],
    });
    const holes = await rowsOf(parquet({ path, features: ["gaps"], missing: "nan" }));
    assertEquals(holes.features, gaps.map((x) => x ?? NaN));
    const text = await rowsOf(parquet({ path, columns: { kind: { text: 3 } } }), { rows: [1] });
    assertEquals(new TextDecoder().decode(Uint8Array.from(text.kind!)), "dog");
    assertEquals((await openLoader(parquet({ path, ...options }), "train", 8)).source!.rows, 8);
  });
});

Deno.test("arrow() reads files and streams, with lists", async () => {
  const files = { "a.arrow": arrowFile("file"), "a.arrows": arrowFile("stream") };
  await withFiles(files, async (folder) => {
    for (const name of Object.keys(files)) {
      const path = `${folder}/${name}`;
      assertEquals(await rowsOf(arrow({ path, ...options })), expected);
      const { pair } = await rowsOf(arrow({ path, columns: { pair: { shape: [2] } } }));
      assertEquals(pair!.slice(0, 6), [0, -0, 0.25, -0.25, 0.5, -0.5]);
    }
  });
});

Deno.test("arrow() reads what pandas compresses, and bounds what comes out", async () => {
  const all = 10_000;
  const rows = Array.from({ length: all }, (_, i) => i);
  for (const codec of ["lz4", "zstd"] as const) {
    const bytes = Uint8Array.fromBase64(compressed[codec]);
    await withFiles({ "a.arrow": bytes }, async (folder) => {
      const path = `${folder}/a.arrow`;
      const columns = {
        path,
        missing: "nan",
        features: ["x", "n", "zeros"],
        label: { column: "kind", classes: ["dog", "cat"] },
      } as const;
      const { features, label } = await rowsOf(arrow(columns));
      const x = (i: number) => i % 5 === 4 ? NaN : i % 7 / 4;
      assertEquals(features, rows.flatMap((i) => [x(i), i % 3, 0]), codec);
      assertEquals(label, rows.map((i) => 1 - i % 2), codec);
    });
  }
  const zeros = Uint8Array.fromBase64(compressed.zeros);
  await withFiles({ "a.arrow": zeros }, async (folder) => {
    const loader = (memoryBytes: number) =>
      arrow({ path: `${folder}/a.arrow`, features: ["x"], memoryBytes });
    assertEquals((await openLoader(loader(1 << 24))).source!.rows, 200_000);
    await assertRejects(
      () => openLoader(loader(1 << 20)),
      DataError,
      "Cannot hold the Arrow file: received 1600000 bytes, expected at most the 1048576 of " +
        "memoryBytes",
    );
  });
});

Deno.test("parquet() and arrow() name what they cannot read", async () => {
  const files = { "a.parquet": parquetFile(), "a.arrow": arrowFile(), "b.parquet": "PAR1 no more" };
  await withFiles(files, async (folder) => {
    const path = `${folder}/a.parquet`;
    for (
      const loader of [
        parquet({ path, features: ["gap"] }),
        arrow({ path: `${folder}/a.arrow`, features: ["gap"] }),
      ]
    ) {
      await assertRejects(
        () => openLoader(loader),
        DataError,
        'did you mean "gaps"? the columns are "x"',
      );
    }
    const error = await assertRejects(
      () => openLoader(parquet({ path, features: ["gaps"] })),
      DataError,
      "the value is missing",
    );
    assertEquals([error.row, error.column], [5, "gaps"]);
    await assertRejects(
      () => openLoader(parquet({ path: `${folder}/b.parquet`, features: ["x"] })),
      DataError,
      "Cannot read the Parquet file: it does not end as one: its last bytes are not PAR1",
    );
    await assertRejects(
      () => openLoader(arrow({ path, features: ["x"] })),
      DataError,
      "Cannot read the Arrow file",
    );
    const big = `${folder}/big.arrow`;
    await Deno.writeFile(big, new Uint8Array(2 << 20));
    await assertRejects(
      () => openLoader(arrow({ path: big, features: ["x"], memoryBytes: 9 })),
      DataError,
      "Cannot hold the Arrow file: received 2097152 bytes, expected at most the 9 of memoryBytes",
    );
  });
});

Deno.test("arrow() survives damaged files", async () => {
  await withFiles({}, async (folder) => {
    const path = `${folder}/a.arrow`;
    const loader = arrow({
      path,
      missing: "nan",
      features: ["x", "n", "gaps"],
      label: { column: "class", classes: ["dog", "cat"] },
      columns: { kind: { text: 9 }, pair: { shape: [2] } },
    });
    const samples = [arrowFile("file"), arrowFile("stream")];
    for (const sample of samples) {
      await Deno.writeFile(path, sample);
      assertEquals((await rowsOf(loader)).label, expected.label);
    }
    await assertSurvivesDamageAsync(samples, async (bytes) => {
      await Deno.writeFile(path, bytes);
      await rowsOf(loader);
    });
  });
});

Deno.test("arrow() survives damaged compressed files", async () => {
  await withFiles({}, async (folder) => {
    const path = `${folder}/a.arrow`;
    const loader = arrow({ path, missing: "nan", features: ["x", "n", "zeros"] });
    await assertSurvivesDamageAsync(
      [compressed.lz4, compressed.zstd].map((text) => Uint8Array.fromBase64(text)),
      async (bytes) => {
        await Deno.writeFile(path, bytes);
        (await openLoader(loader, "train", 10)).source!.close?.();
      },
    );
  });
});

Deno.test("parquet() survives damaged files", async () => {
  await withFiles({}, async (folder) => {
    const path = `${folder}/a.parquet`;
    const loader = parquet({
      path,
      missing: "nan",
      features: ["x", "n", "gaps", "isWarm", "day"],
      label: { column: "kind", classes: ["dog", "cat"] },
      columns: { text: { text: 9 } },
    });
    const samples = [parquetFile("UNCOMPRESSED"), parquetFile("SNAPPY")];
    for (const sample of samples) {
      await Deno.writeFile(path, sample);
      assertEquals((await rowsOf(loader, { rows: [0, 19] })).features, [
        ...[0, 0, 0, 0, 19000],
        ...[19 / 4, 19, NaN, 1, 19057],
      ]);
    }
    await assertSurvivesDamageAsync(samples, async (bytes) => {
      await Deno.writeFile(path, bytes);
      await rowsOf(loader);
    });
  });
});

Deno.test("a limit is one of rows that are left, where others are dropped", async () => {
  const x = Array.from({ length: 60 }, (_, i) => i % 2 === 0 ? i : null);
  const bytes = new Uint8Array(parquetWriteBuffer({
    rowGroupSize: 12,
    columnData: [{ name: "x", data: x, type: "DOUBLE", nullable: true }],
  }));
  const vector = apache.vectorFromArray(x, new apache.Float64());
  const chunks = [0, 12, 24, 36, 48].map((begin) => vector.slice(begin, begin + 12));
  const chunked = new apache.Table({ x: new apache.Vector(chunks) } as never);
  const ipc = new Uint8Array(apache.tableToIPC(chunked, "file"));
  const lines = x.map((value) => JSON.stringify({ x: value })).join("\n");
  const table = ["x,y", ...x.map((value) => `${value ?? ""},1`)].join("\n");
  const files = { "a.parquet": bytes, "a.arrow": ipc, "a.jsonl": lines, "a.csv": table };
  await withFiles(files, async (folder) => {
    const left = { features: ["x"], invalid: "drop", mostInvalid: 60 } as const;
    for (const memoryBytes of [1 << 20, 20]) {
      for (
        const handles of [
          parquet({ path: `${folder}/a.parquet`, ...left, memoryBytes }),
          // its file, too, is held in memory
          arrow({
            path: `${folder}/a.arrow`,
            ...left,
            memoryBytes: Math.max(memoryBytes, 1 << 14),
          }),
          jsonLines({ path: `${folder}/a.jsonl`, ...left, memoryBytes }),
          csv({ path: `${folder}/a.csv`, ...left, memoryBytes }),
        ]
      ) {
        const { source } = await openLoader(handles, "train", 20);
        const into = { features: new Float32Array(20) };
        assertEquals(source!.rows, 20);
        await source!.read(Uint32Array.from({ length: 20 }, (_, i) => i), into);
        assertEquals([...into.features], Array.from({ length: 20 }, (_, i) => 2 * i));
        source!.close?.();
      }
    }
  });
});

Deno.test("a table of more rows than can be counted is read as far as a limit asks for", async () => {
  const read: number[] = [];
  const huge: ValueTable = {
    file: "huge.parquet",
    format: "Parquet",
    columns: ["x"],
    counts: [4, 4, 2 ** 32, 2 ** 40],
    read(batch) {
      read.push(batch);
      if (batch > 1) throw new Error(`batch ${batch} is not to be read`);
      return Promise.resolve({ x: [0, null, 2, 3] });
    },
    close() {},
  };
  const config = {
    features: ["x"],
    targets: [],
    columns: {},
    missing: "fail",
    mostInvalid: 5,
  } as const;
  const open = (invalid: "fail" | "drop", limit?: number) =>
    valueRows(huge, {
      config: { ...config, invalid },
      memoryBytes: 1 << 20,
      limit,
      fingerprint: () => "",
    });
  const source = await open("drop", 5);
  assertEquals([source.rows, source.invalid!.dropped, read], [5, 2, [0, 1]]);
  assertEquals((await open("drop", 3)).rows, 3);
  const { message } = await assertRejects(() => open("fail"), DataError);
  assertEquals(
    message,
    'Cannot read a table of 1,103,806,595,080 rows (file "huge.parquet")\n' +
      "  hint: expected at most 4,294,967,295: --limit takes the first",
  );
});
