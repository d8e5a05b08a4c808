import { assertEquals, assertRejects } from "@std/assert";
import { arrow, csv, DataError, jsonLines, parquet } from "@millrace/millrace";
import { openLoader, rowsOf, withFiles } from "../../support/loaders.ts";
// Made by typed_table.py.
import typed from "../../support/typed_table.json" with { type: "json" };

const tables = Object.entries(typed).map(([name, bytes]) => ({
  name,
  loader: name === "arrow" ? arrow : parquet,
  bytes: Uint8Array.fromBase64(bytes),
}));

/** Opens a table with some columns, by the loader of its format. */
async function withTable(
  { loader, bytes }: (typeof tables)[number],
  use: (open: typeof arrow) => Promise<void>,
): Promise<void> {
  await withFiles({ table: bytes }, async (folder) => {
    await use(((options) => loader({ ...options, path: `${folder}/table` })) as typeof arrow);
  });
}

const path = "";

for (const table of tables) {
  Deno.test(`${table.name}: decimals and booleans are numbers`, async () => {
    await withTable(table, async (open) => {
      const { features, prices } = await rowsOf(open({
        path,
        features: ["price", "large", "wide", "warm"],
        missing: "nan",
        columns: { prices: { shape: [2] } },
      }));
      assertEquals(
        features,
        [
          ...[0.3, 123456789012345678.125, 1.1, 1],
          ...[-0.7, NaN, -2.2, 0],
          ...[0.1, -0.001, 3.3, 1],
          ...[2.5, 7, 4.4, 1],
        ].map(Math.fround),
      );
      assertEquals(prices!.slice(0, 2), [0.3, 0.6].map(Math.fround));
    });
  });

  Deno.test(`${table.name}: dates are text by ISO 8601, and no numbers`, async () => {
    await withTable(table, async (open) => {
      const text = { text: 24 } as const;
      const rows = await rowsOf(open({
        path,
        columns: { when: text, fine: text, day: text, seldom: text },
      }));
      const textsOf = (bytes: readonly number[]) =>
        [0, 1, 2].map((row) =>
          new TextDecoder().decode(Uint8Array.from(bytes.slice(24 * row, 24 * row + 24)))
            .replaceAll("\0", "")
        );
      const times = ["2020-01-02T03:04:05.123Z", "1960-05-06T07:08:09.999Z"];
      for (const column of ["when", "fine"]) {
        assertEquals(textsOf(rows[column]!).slice(0, 2), times, column);
      }
      const day = "2001-01-02T00:00:00.000Z";
      assertEquals(textsOf(rows.day!), [day, "1969-12-31T00:00:00.000Z", ""]);
      assertEquals(textsOf(rows.seldom!)[0], day);
      const error = await assertRejects(
        () => openLoader(open({ path, features: ["when"] })),
        DataError,
        "Cannot read the field as a number: received 2020-01-02T03:04:05.123Z, expected a number",
      );
      assertEquals([error.row, error.column], [1, "when"]);
      assertEquals(
        error.message.split("hint: ")[1],
        "declare the column as text, by ISO 8601: { text: 24 }; a date is no number",
      );
    });
  });

  Deno.test(`${table.name}: bytes are text where they are UTF-8, records are refused`, async () => {
    await withTable(table, async (open) => {
      await assertRejects(
        () => openLoader(open({ path, columns: { bytes: { text: 9 } } })),
        DataError,
        "Cannot read the field as text: received [97,255]",
      );
      const columns = { bytes: { text: 1 } } as const;
      const { bytes } = await rowsOf(open({ path, columns, invalid: "drop", mostInvalid: 2 }));
      assertEquals(bytes, [98, 0, 99]);
      await assertRejects(
        () => openLoader(open({ path, features: ["place"] })),
        DataError,
        'Cannot read the field as a number: received {"x":1,"on":',
      );
    });
  });
}

Deno.test("a missing class is an error whose hint is not that of a number", async () => {
  const files = { "a.csv": "x,kind\n1,\n2,cat\n", "a.jsonl": '{"x":1,"kind":null}\n' };
  await withFiles(files, async (folder) => {
    const label = { column: "kind", classes: ["cat", "dog"] } as const;
    for (const loader of [csv, jsonLines]) {
      const path = `${folder}/a.${loader === csv ? "csv" : "jsonl"}`;
      const { message } = await assertRejects(
        () => openLoader(loader({ path, label, missing: "nan" })),
        DataError,
        "Cannot read the field: the value is missing: received",
      );
      assertEquals(
        message.split("hint: ")[1],
        'fill it in, leave the column out, or set invalid to "drop", which leaves out such rows',
      );
    }
    const left = csv({ path: `${folder}/a.csv`, label, invalid: "drop", mostInvalid: 1 });
    assertEquals((await rowsOf(left)).label, [0]);
  });
});
