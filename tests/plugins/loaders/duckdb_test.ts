/**
 * DuckDB's package takes some seconds to fetch once (60 MB), and is then in Deno's cache.
 */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { DataError, duckdb, type DuckDbOptions } from "@millrace/millrace";
import { openLoader, rowsOf, withFiles } from "../../support/loaders.ts";

const text = (bytes: readonly number[]) =>
  new TextDecoder().decode(Uint8Array.from(bytes)).replaceAll("\0", "");

async function refuses(options: DuckDbOptions, ...parts: readonly string[]): Promise<void> {
  const error = await assertRejects(() => openLoader(duckdb(options)), DataError);
  for (const part of parts) assertStringIncludes(error.message, part);
}

Deno.test("duckdb() reads what a query gives, of every type", async () => {
  const query = "select i, i / 4 as x, case when i % 2 = 0 then 'cat' else 'dog' end as kind, " +
    "cast(i as decimal(8, 2)) / 10 as price, date '2026-01-01' + cast(i as integer) as day, " +
    "cast([i, -i] as float[2]) as pair, i > 1 as isLate, if(i = 2, null, i) as gap from range(4) t(i)";
  const rows = await rowsOf(duckdb({
    query: `${query} order by i`,
    features: ["i", "x", "price", "isLate", "gap"],
    missing: "nan",
    label: { column: "kind", classes: ["dog", "cat"] },
    columns: { day: { text: 10 }, pair: { shape: [2] } },
  }));
  assertEquals(rows.features!.map((x) => Math.round(x * 100) / 100), [
    ...[0, 0, 0, 0, 0],
    ...[1, 0.25, 0.1, 0, 1],
    ...[2, 0.5, 0.2, 1, NaN],
    ...[3, 0.75, 0.3, 1, 3],
  ]);
  assertEquals([rows.label, rows.pair!.slice(-2)], [[1, 0, 1, 0], [3, -3]]);
  assertEquals(text(rows.day!.slice(-10)), "2026-01-04");
});

Deno.test("duckdb() joins files, offers splits by query, and streams more rows than a chunk", async () => {
  const many = Array.from({ length: 5000 }, (_, i) => `${i},${i % 3}`).join("\n");
  const files = { "a.csv": `n,k\n${many}\n`, "b.jsonl": '{"k":0,"w":5}\n{"k":1,"w":7}\n' };
  await withFiles(files, async (folder) => {
    const from = `from '${folder}/a.csv' join '${folder}/b.jsonl' using (k)`;
    const options = {
      query: `select n, w ${from} where n % 10 <> 9 order by n`,
      test: `select n, w ${from} where n % 10 = 9 order by n`,
      features: ["n", "w"],
    } as const;
    const { features } = await rowsOf(duckdb(options));
    const kept = Array.from({ length: 5000 }, (_, i) => i).filter((i) => i % 10 !== 9 && i % 3 < 2);
    assertEquals(features, kept.flatMap((i) => [i, i % 3 === 0 ? 5 : 7]));
    assertEquals((await rowsOf(duckdb(options), { split: "test" })).features!.slice(0, 2), [9, 5]);
    assertEquals((await openLoader(duckdb(options), "validation")).source, null);
    assertEquals((await openLoader(duckdb(options), "train", 2500)).source!.rows, 2500);
    await refuses({ ...options, memoryBytes: 1000 }, "more than the 1000 bytes", "parquet()");
  });
});

Deno.test("duckdb() reads a database without changing it", async () => {
  await withFiles({}, async (folder) => {
    const database = `${folder}/a.duckdb`;
    const made = "npm:@duckdb/node-api@1.5.5-r.5";
    const { DuckDBInstance } = await import(made);
    const instance = await DuckDBInstance.create(database);
    const connection = await instance.connect();
    await connection.run("create table t as select 3 as x");
    connection.closeSync();
    instance.closeSync();
    assertEquals(await rowsOf(duckdb({ database, query: "from t", features: ["x"] })), {
      features: [3],
    });
    await refuses({ database, query: "drop table t", features: ["x"] }, "read-only");
  });
});

Deno.test("duckdb() tells what is wrong with a query, and with its rows", async () => {
  const features = ["x"];
  await refuses(
    { query: "select 1 as y from nope", features },
    "Table with name nope does not exist",
  );
  await refuses(
    { query: "selec 1 as x", features },
    'Cannot run the query: Failed to extract statements: Parser Error: syntax error at or near "selec"',
    "hint: LINE 1: selec 1 as x",
  );
  await refuses(
    { query: "from 'no/such.csv'", features },
    'No files found that match the pattern "no/such',
  );
  await refuses({ query: "select 1 as xs", features }, 'gives no column "x"', 'did you mean "xs"?');
  await refuses({ query: "select 1 as x where 1 = 2", features }, "it gives no row");
  const error = await assertRejects(
    () => openLoader(duckdb({ query: "select unnest([1, null, 2]) as x", features })),
    DataError,
  );
  assertEquals([error.row, error.column], [2, "x"]);
  const query = "select unnest([1, null, 2]) as x";
  const loader = duckdb({ query, features, invalid: "drop", mostInvalid: 1 });
  assertEquals((await rowsOf(loader)).features, [1, 2]);
});

Deno.test("duckdb() says how Deno is started with the permission that it needs", async () => {
  await withFiles({}, async (folder) => {
    const root = new URL("../../../", import.meta.url);
    await Deno.writeTextFile(
      `${folder}/p.ts`,
      'import { dense, duckdb, pipeline } from "@millrace/millrace";\n' +
        'const t = duckdb({ query: "select 1 as x", features: ["x"] });\n' +
        'export default pipeline({ name: "p", stages: { t, y: dense(1)(t.features) } });\n' +
        'const { openLoader } = await import("' + root.href + 'tests/support/loaders.ts");\n' +
        "await openLoader(t);\n",
    );
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--allow-read",
        `--config=${fileURLToPath(new URL("deno.json", root))}`,
        `${folder}/p.ts`,
      ],
      env: { NO_COLOR: "1" },
      stdout: "null",
    }).output();
    assert(!success);
    const message = new TextDecoder().decode(stderr);
    assertStringIncludes(message, "Cannot run DuckDB: it is native code");
    assertStringIncludes(
      message,
      "deno run --allow-read --allow-write --allow-sys --allow-ffi p.ts",
    );
  });
});
