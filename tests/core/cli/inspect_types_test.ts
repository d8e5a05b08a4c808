import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { withFiles } from "../../support/loaders.ts";
import { inspect, openStage, summaryOf } from "./inspected.ts";
import { png, writeInto } from "./inspected_files.ts";
// Made by typed_table.py.
import typed from "../../support/typed_table.json" with { type: "json" };

const typesOf = (columns: readonly { name: string; type: string }[]) =>
  Object.fromEntries(columns.map(({ name, type }) => [name, type]));

Deno.test("inspect shows the same of a table in Arrow and in Parquet", async () => {
  const [arrow, ...parquets] = Object.values(typed).map((bytes) => Uint8Array.fromBase64(bytes));
  const files = { "a.arrow": arrow!, "a.parquet": parquets[0]!, "b.parquet": parquets[1]! };
  await withFiles(files, async (folder) => {
    const { columns, stage } = await summaryOf(`${folder}/a.arrow`);
    for (const name of ["a", "b"]) {
      const other = await summaryOf(`${folder}/${name}.parquet`);
      assertEquals(other.columns, columns);
      assertEquals(
        other.stage,
        stage.replace("= arrow(", "= parquet(").replace("a.arrow", `${name}.parquet`),
      );
      const { source, ports } = await openStage(other.stage, `${folder}/${name}.ts`);
      assertEquals([source!.rows, Object.keys(ports).length], [4, 8]);
      source!.close?.();
    }
    assertEquals(typesOf(columns), {
      price: "number",
      large: "number",
      wide: "number",
      prices: "list of 2",
      warm: "boolean",
      when: "date",
      fine: "date",
      day: "date",
      days: "list",
      seldom: "date",
      bytes: "bytes",
      place: "record",
      grid: "list of 3 by 2",
      ragged: "list",
      words: "list",
      none: "nothing",
      kind: "text",
    });
    assertEquals(
      stage,
      `const table = arrow({
  path: "${folder}/a.arrow",
  features: ["price", "large", "wide", "warm"],
  label: { column: "kind", classes: ["cat", "dog"] },
  columns: {
    prices: { shape: [2] },
    when: { text: 24 }, // a date, by ISO 8601
    fine: { text: 24 }, // a date, by ISO 8601
    day: { text: 24 }, // a date, by ISO 8601
    seldom: { text: 24 }, // a date, by ISO 8601
    grid: { shape: [3, 2] },
  },
  missing: "nan",
  // left out: "days" (list), "bytes" (bytes), "place" (record), "ragged" (list), "words" (list), "none" (nothing)
});
const features = impute()(table.features); // the mean, where a number is missing`,
    );
    const { stdout } = await inspect(`${folder}/a.arrow`);
    assertStringIncludes(stdout, "1969-12-31 to 2022-10-09");
    assertStringIncludes(stdout, "1960-05-06T07:08:09.999Z to 2021-01-01T00:00:00.000Z");
    const { stage: lists } = await summaryOf(`${folder}/b.parquet`);
    const { source } = await openStage(lists, `${folder}/lists.ts`);
    assertEquals(source!.rows, 4);
    source!.close?.();
  });
});

Deno.test("inspect suggests booleans as features and as what is to be predicted", async () => {
  const line = (i: number) =>
    JSON.stringify({
      garden: i % 2 === 0,
      mixed: [1, "x", true][i % 3],
      pair: i === 1 ? null : [i, 1],
      sold: i === 3 ? null : i < 4,
    });
  const lines = Array.from({ length: 9 }, (_, i) => line(i)).join("\n");
  await withFiles({ "a.jsonl": lines }, async (folder) => {
    const { columns, stage } = await summaryOf(`${folder}/a.jsonl`);
    assertEquals(typesOf(columns), {
      garden: "boolean",
      mixed: "boolean or number or text",
      pair: "list of 2",
      sold: "boolean",
    });
    assertEquals(
      stage,
      `const table = jsonLines({
  path: "${folder}/a.jsonl",
  features: ["garden"],
  label: { column: "sold", classes: ["false", "true"] },
  columns: {
    pair: { shape: [2] },
  },
  invalid: "drop",
  mostInvalid: 0.3,
  // left out: "mixed" (boolean or number or text)
});`,
    );
    const { source } = await openStage(stage, `${folder}/stage.ts`);
    assertEquals(source!.rows, 7);
    source!.close?.();
  });
});

Deno.test("inspect says that there are no rows, and names the columns", async () => {
  await withFiles({ "a.csv": "a,b\n" }, async (folder) => {
    const { status, stderr } = await inspect(`${folder}/a.csv`);
    assertEquals(status, 1);
    assertEquals(
      stderr,
      `error: Cannot inspect the CSV file: it has no row of data (file "${folder}/a.csv")\n` +
        '  hint: name a file with rows: of this, only the columns are there, "a", "b"\n',
    );
  });
});

Deno.test("inspect refuses tables and files that loaders refuse, in their words", async () => {
  const files = {
    "twice.csv": "a,a,b\n1,2,3\n",
    "utf16.csv": Uint8Array.of(0xff, 0xfe, 0x61, 0, 0x2c, 0, 0x62, 0, 0x0a, 0),
    "cr.csv": "a,b\r1,2\r3,4\r",
    "a.parquet": "hello",
    "b.png": "PAR1 and no more",
    "c.wav": "RIFX",
    "d.NPY": "1,2",
    "e.feather": "x",
    "f.npz": "x",
  };
  await withFiles(files, async (folder) => {
    const refuses = async (name: string, message: string, hint: string) => {
      const { status, stderr } = await inspect(`${folder}/${name}`);
      assertEquals(status, 1);
      assertStringIncludes(stderr, `error: ${message} (file "${folder}/${name}"`);
      assertStringIncludes(stderr, `hint: ${hint}\n`);
    };
    await refuses(
      "twice.csv",
      "Cannot read the CSV file: its header has the column twice",
      "give every column a name of its own",
    );
    await refuses(
      "utf16.csv",
      "Cannot inspect the file: it is text in UTF-16",
      "save it as UTF-8",
    );
    await refuses(
      "cr.csv",
      "Cannot read the file: its lines end in carriage returns (CR) alone",
      "save it with line feeds (LF): tr '\\r' '\\n' <old >new makes them of carriage returns",
    );
    const damaged =
      "the file is damaged, or of another format: get it again, or name it for what it is";
    const named = (format: string) =>
      `Cannot inspect the file: it does not begin as ${format}, which it is named for`;
    await refuses("a.parquet", named("Parquet"), damaged);
    await refuses("b.png", `${named("PNG or JPEG")}, but as Parquet`, "name it for what it is");
    await refuses("c.wav", named("WAV"), damaged);
    await refuses("d.NPY", named("NPY"), damaged);
    await refuses("e.feather", named("Arrow"), damaged);
    await refuses("f.npz", named("NPZ"), damaged);
  });
});

Deno.test("inspect never writes control characters to the terminal", async () => {
  const table = "a\x1b[31m,\x9bm\n\x1b]0;x\x07,b\x7f\n\x9b1m,d\r\n";
  await withFiles({ "a.csv": table, "b\x1b[1m.csv": "a,b\n1\n" }, async (folder) => {
    const { stdout } = await inspect(`${folder}/a.csv`);
    // deno-lint-ignore no-control-regex
    const control = /[\0-\x09\x0b-\x1f\x7f-\x9f]/;
    assert(!control.test(stdout), stdout);
    assertStringIncludes(stdout, "a\\x1b[31m");
    assertStringIncludes(stdout, "\\x9bm");
    const { stderr } = await inspect(`${folder}/b\x1b[1m.csv`);
    assert(!control.test(stderr), stderr);
    assertStringIncludes(stderr, "b\\x1b[1m.csv");
  });
});

Deno.test("inspect doubts a header of numbers", async () => {
  await withFiles({ "a.csv": "5,2,x\n6,3,y\n" }, async (folder) => {
    const { stage } = await summaryOf(`${folder}/a.csv`);
    assertStringIncludes(
      stage,
      "// the first line names the columns, and holds numbers (5, 2, x): of a file without such a " +
        'line, name all columns by header: ["…", …]\n',
    );
  });
});

Deno.test("inspect looks into folders of splits", async () => {
  await withFiles({}, async (folder) => {
    await writeInto(folder, {
      "images/train/cat/a.png": png(4, 3, 3, 10),
      "images/train/dog/b.png": png(4, 3, 3, 20),
      "images/test/cat/c.png": png(4, 3, 3, 20),
      "images/test/dog/d.png": png(4, 3, 3, 20),
      "images/test/dog/e.png": png(4, 3, 3, 20),
      "images/val/cat/f.png": png(4, 3, 3, 20),
      "images/val/dog/f.png": png(4, 3, 3, 20),
      "texts/training/good/a.txt": "fine",
      "texts/training/bad/b.txt": "no",
      "texts/test/good/c.txt": "well",
      "texts/test/bad/c.txt": "bad",
      // a class may be called like a split
      "classes/train/a.png": png(4, 3, 3, 10),
      "classes/car/a.png": png(4, 3, 3, 10),
    });
    const images = await summaryOf(`${folder}/images`);
    assertEquals([images.format, images.rows], [
      "folder of images: train 2, validation 2, test 3",
      2,
    ]);
    assertEquals(
      images.stage,
      `const images = imageFolder({
  folder: "${folder}/images/train",
  validation: "${folder}/images/val",
  test: "${folder}/images/test",
  height: 3,
  width: 4,
  channels: 3,
  classes: ["cat", "dog"],
});`,
    );
    const pasted = `${folder}/images.ts`;
    const rows = async (stage: string, split: "train" | "validation" | "test") => {
      const { source } = await openStage(stage, pasted, split);
      source!.close?.();
      return source!.rows;
    };
    assertEquals(await rows(images.stage, "train"), 2);
    assertEquals(await rows(images.stage, "test"), 3);
    const texts = await summaryOf(`${folder}/texts/`);
    assertEquals(
      texts.stage,
      `const texts = labelledTexts({
  path: "${folder}/texts/training",
  test: "${folder}/texts/test",
  classes: ["bad", "good"],
  length: 4,
});`,
    );
    const { stage } = await summaryOf(`${folder}/classes`);
    assertStringIncludes(stage, 'classes: ["car", "train"]');
  });
});

Deno.test("inspect follows links of folders, those to files and to nothing as well", async () => {
  await withFiles({}, async (folder) => {
    await writeInto(folder, { "a/b/c.md": "x", "a/d.md": "y" });
    await Deno.symlink(`${folder}/a/d.md`, `${folder}/a/link`);
    await Deno.symlink(`${folder}/nowhere`, `${folder}/a/lost`);
    const { stderr } = await inspect(`${folder}/a`);
    assertStringIncludes(stderr, "it holds no images, sounds or texts, nor the files of CIFAR");
  });
});
