import { assertEquals, assertRejects } from "@std/assert";
import {
  DataError,
  labelledTexts,
  type LabelledTextsOptions,
  type LoaderDefinition,
  type Split,
  stageCallOf,
  validate,
} from "@millrace/millrace";
import { textsOf } from "../../../plugins/transforms/texts.ts";

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function read(options: LabelledTextsOptions, split: Split = "train") {
  const { definition, options: given } = stageCallOf(labelledTexts(options))!;
  const validated = validate(definition.config, given, "texts");
  if (!validated.ok) throw new Error(JSON.stringify(validated));
  const { config } = validated;
  const source = await (definition as LoaderDefinition).open({
    config,
    split,
    seed: 0,
    path: "texts",
  });
  if (source === null) return null;
  const { rows } = source;
  const length = options.length ?? 4096;
  const into = { text: new Uint8Array(rows * length), label: new Uint8Array(rows) };
  await source.read(Uint8Array.from({ length: rows }, (_, i) => i) as unknown as Uint32Array, into);
  return {
    texts: textsOf({ dtype: "u8", shape: [rows, length], data: into.text }),
    labels: [...into.label],
  };
}

Deno.test("labelledTexts() reads a table, and folders whose names have the class as a word", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/t.csv`, 'text,label\n"So, good",yes\nZoë,no\n');
    const classes = ["no", "yes"];
    assertEquals(await read({ path: `${folder}/t.csv`, classes }), {
      texts: ["So, good", "Zoë"],
      labels: [1, 0],
    });
    assertEquals(await read({ path: `${folder}/t.csv`, classes }, "test"), null);
    for (
      const [name, text] of [["easy-ham-1/b.txt", "B"], ["easy-ham-1/a.txt", "A"], [
        "spam_2/c.txt",
        "C",
      ], ["other/d.txt", "D"]]
    ) {
      await Deno.mkdir(`${folder}/${name!.split("/")[0]}`, { recursive: true });
      await Deno.writeTextFile(`${folder}/${name}`, text!);
    }
    assertEquals(await read({ path: folder, classes: ["ham", "spam"] }), {
      texts: ["A", "B", "C"],
      labels: [0, 0, 1],
    });
    await assertRejects(
      () => read({ path: folder, classes: ["ham", "eggs"] }),
      DataError,
      'Cannot find any text of class "eggs"',
    );
  });
});

Deno.test("labelledTexts() leaves out headers of mails, and cuts between characters", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/ham`);
    await Deno.writeTextFile(`${folder}/ham/1.txt`, "From: a\nSubject: b\n\nZoë\n\nwrote");
    await Deno.writeTextFile(`${folder}/ham/2.txt`, "From: a\r\n\r\nback");
    await Deno.writeFile(`${folder}/ham/3.txt`, Uint8Array.of(10, 10, 65, 0xff, 0, 66));
    const options = { path: folder, classes: ["ham"], mails: true };
    assertEquals((await read({ ...options, length: 3 }))?.texts, ["Zo", "bac", "A"]);
    assertEquals((await read(options))?.texts, ["Zoë\n\nwrote", "back", "A\ufffd B"]);
  });
});

Deno.test("labelledTexts() says what it cannot read", async () => {
  await assertRejects(() => read({ path: "no/such", classes: ["a"] }), DataError, "no/such");
});

Deno.test("labelledTexts() takes any name of files and folders, and tables by what they are", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/50% ham`);
    await Deno.writeTextFile(`${folder}/50% ham/a b#1.txt`, "A");
    await Deno.writeTextFile(`${folder}/50% ham/50%.txt`, "B");
    assertEquals((await read({ path: folder, classes: ["ham"] }))?.texts, ["B", "A"]);
    await Deno.writeTextFile(`${folder}/T.CSV`, "text,label\nfine,ham\n");
    assertEquals((await read({ path: `${folder}/T.CSV`, classes: ["ham"] }))?.texts, ["fine"]);
  });
});
