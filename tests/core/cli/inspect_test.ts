import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { encodeNpy, hostTensor } from "../../../core/mod.ts";
import { withFiles } from "../../support/loaders.ts";
import { wavFile } from "../../support/wav.ts";
import { ColumnSummarizer } from "../../../core/cli/inspect/summarize_column.ts";
import { inspect, openStage, summaryOf } from "./inspected.ts";

const houses = "rooms;kind;price;note\n" + [
  '3;flat;100.5;"old; but ""nice"""',
  "5;house;;new",
  "4;flat;250;über",
  "1;flat;99.5;x",
].join("\n");

Deno.test("inspect shows columns, types, ranges, missing values, and a stage that loads the file", async () => {
  await withFiles({ "houses.csv": houses }, async (folder) => {
    const path = `${folder}/houses.csv`;
    const { format, rows, isWhole, columns, stage } = await summaryOf(path);
    assertEquals([format, rows, isWhole], ["CSV", 4, true]);
    const [roomColumn, kind, price, note] = columns;
    assertEquals(
      [roomColumn.type, roomColumn.min, roomColumn.max, roomColumn.mean, roomColumn.missing],
      ["whole number", 1, 5, 3.25, 0],
    );
    assertAlmostEquals(roomColumn.std, Math.sqrt(8.75 / 4), 1e-12);
    assertEquals([kind.type, kind.distinct, kind.values], ["text", 2, ["flat", "house"]]);
    assertEquals([price.type, price.missing], ["number", 1]);
    assertEquals([note.type, note.longestBytes], ["text", 15]);
    assertStringIncludes(stage, 'separator: ";"');
    assertStringIncludes(stage, 'features: ["rooms", "price"]');
    assertStringIncludes(stage, 'missing: "nan"');
    const { stdout } = await inspect(path);
    assertStringIncludes(stdout, "CSV, 4 rows");
    assertStringIncludes(stdout, "1 to 5, mean 3.250, std 1.479");
    assertEquals((await summaryOf(path, "--limit", "2")).isWhole, false);
    assertStringIncludes((await inspect(path, "--limit", "1")).stdout, "CSV, the first 1 row\n");
  });
});

Deno.test("inspect suggests stages that open the files they are for", async () => {
  const table = "a,b,kind\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n";
  const lines = '{"a": 1, "v": [1, 2], "t": "hello"}\n{"a": 2, "v": [3, 4], "t": "you"}\n';
  const files = {
    "a.csv": table,
    "a.tsv": table.replaceAll(",", "\t"),
    "b.jsonl": lines,
    "c.txt": "one\ntwo\n",
    "x.npy": encodeNpy(hostTensor([1, 2, 3, 4], { shape: [2, 2] })),
    "y.npy": encodeNpy(hostTensor([0, 1], { shape: [2], dtype: "i32" })),
  };
  const expected: Record<string, [rows: number, ports: string[]]> = {
    "a.csv": [4, ["features", "label"]],
    "a.tsv": [4, ["features", "label"]],
    "b.jsonl": [2, ["features", "v", "t"]],
    "c.txt": [2, ["line"]],
    "x.npy": [2, ["values"]],
    "y.npy": [2, ["values"]],
  };
  await withFiles(files, async (folder) => {
    for (const [name, [rows, ports]] of Object.entries(expected)) {
      const { stage } = await summaryOf(`${folder}/${name}`);
      const opened = await openStage(stage, `${folder}/${name.replace(".", "_")}.ts`);
      assertEquals([opened.source!.rows, Object.keys(opened.ports)], [rows, ports], stage);
      opened.source!.close?.();
    }
  });
});

Deno.test("inspect looks into arrays and sounds", async () => {
  const files = {
    "x.npy": encodeNpy(hostTensor([1, 2, 3, 4, 5, 9], { shape: [3, 2], dtype: "u8" })),
    "a.wav": wavFile([0.5, -0.5], { channels: 2 }),
    "labels": Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 0, 2, 1),
  };
  await withFiles(files, async (folder) => {
    const array = await summaryOf(`${folder}/x.npy`);
    assertEquals([array.rows, array.columns[0].type, array.columns[0].max], [3, "u8[rows, 2]", 9]);
    const sound = await summaryOf(`${folder}/a.wav`);
    assertEquals([sound.format, sound.rows], ["WAV, 8000 Hz, 2 channels, 0.00 s", 1]);
    const labels = await summaryOf(`${folder}/labels`);
    assertEquals([labels.format, labels.rows], ["IDX", 3]);
    assertStringIncludes(labels.stage, "classes: 3");
  });
});

Deno.test("inspect says what it cannot look into", async () => {
  const files = { "a.png": Uint8Array.of(0x89, 0x50, 0x4e, 0x47), "b": "", "c.bin": "x\0y" };
  await withFiles({ ...files, "d.csv": "a,b\n1\n" }, async (folder) => {
    const refuses = async (name: string, message: string) => {
      const { status, stderr } = await inspect(`${folder}/${name}`);
      assertEquals(status, 1);
      assertStringIncludes(stderr, message);
    };
    await refuses("a.png", "Cannot read the image: its PNG data is cut off");
    await refuses("b", "it is empty");
    await refuses("c.bin", "it is none of the formats");
    await refuses("c.bin", "hint: of CIFAR, name the folder of its files; known: CSV, TSV,");
    await refuses("d.csv", "received 1 field, expected 2");
    await Deno.writeTextFile(`${folder}/e.json`, '[\n  {"a": 1}\n]\n');
    await refuses("e.json", "Cannot inspect the file: it is an array in JSON");
    await refuses("e.json", "hint: write a line for each object");
    await refuses("missing.csv", "there is no such file");
    await Deno.mkdir(`${folder}/empty`);
    await refuses("empty", "it holds no images, sounds or texts, nor the files of CIFAR");
    assert((await inspect()).status === 2);
  });
});

Deno.test("inspect counts the bytes of texts as they are in UTF-8", () => {
  for (const text of ["plain", "über", "数字", "👍🏽", "a\ud800b", "\udc00", "x\ud83d"]) {
    const column = new ColumnSummarizer("text", { isText: false, rowsBefore: 0 });
    column.add(text);
    assertEquals(column.finish(1).longestBytes, new TextEncoder().encode(text).length, text);
  }
});

Deno.test("inspect keeps little of long texts that all differ", async () => {
  const lines = Array.from({ length: 30 }, (_, i) => `${i}${"x".repeat(100_000)}`);
  await withFiles({ "long.txt": lines.join("\n") }, async (folder) => {
    const { rows, columns: [line] } = await summaryOf(`${folder}/long.txt`);
    assertEquals([rows, line.distinct, line.counts], [30, undefined, undefined]);
    assertEquals(line.longestBytes, 100_002);
    assertEquals(line.examples[0], `0${"x".repeat(39)}…`);
  });
});
