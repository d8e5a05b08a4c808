import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  DataError,
  labelledTexts,
  type LabelledTextsOptions,
  type Split,
} from "@millrace/millrace";
import { textsOf } from "../../../plugins/transforms/texts.ts";
import { openLoader, problemsOf } from "../../support/loaders.ts";

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function open(options: LabelledTextsOptions, split: Split = "train", limit?: number) {
  return (await openLoader(labelledTexts(options), split, limit)).source;
}

async function read(options: LabelledTextsOptions, split: Split = "train", limit?: number) {
  const source = await open(options, split, limit);
  if (source === null) return null;
  const { rows } = source;
  const length = options.length ?? 4096;
  const into = { text: new Uint8Array(rows * length), label: new Uint8Array(rows) };
  await source.read(Uint32Array.from({ length: rows }, (_, i) => i), into);
  source.close?.();
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
    await Deno.writeTextFile(`${folder}/u.csv`, "text,label\nlast,no\n");
    const both = { path: `${folder}/t.csv`, test: `${folder}/u.csv`, classes };
    assertEquals(await read(both, "test"), { texts: ["last"], labels: [0] });
    assertEquals(await read(both, "validation"), null);
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
      'Cannot find the folder of the class "eggs"',
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

/** A folder with texts, by path. */
async function withTexts(
  texts: Readonly<Record<string, string | Uint8Array>>,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    for (const [name, text] of Object.entries(texts)) {
      await Deno.mkdir(`${folder}/${name.replace(/[^/]*$/, "")}`, { recursive: true });
      const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
      await Deno.writeFile(`${folder}/${name}`, bytes);
    }
    await use(folder);
  });
}

const latin1 = Uint8Array.of(0x5a, 0x6f, 0xeb); // Zoë

Deno.test("labelledTexts() leaves out texts of folders that cannot be used, and counts them", async () => {
  const texts = {
    "bad/1.txt": "dull",
    "bad/2.txt": " \n",
    "bad/3.txt": latin1,
    "good/1.txt": "fun",
    "good/2.txt": "grand",
  };
  await withTexts(texts, async (path) => {
    const options = { path, classes: ["bad", "good"] } as const;
    for (const invalid of ["drop", "report"] as const) {
      const some = { ...options, invalid, mostInvalid: 2 } as const;
      assertEquals((await read(some))?.texts, ["dull", " \n", "fun", "grand"]);
      const source = (await open({ ...some, blank: "fail" }))!;
      assertEquals(source.rows, 3);
      const { policy, checked, dropped, faults, examples } = source.invalid!;
      assertEquals([policy, checked, dropped], [invalid, 5, 2]);
      assertEquals(faults.map(({ reason }) => reason), ["blank", "not UTF-8"]);
      assertEquals(
        examples.map(({ file, message }) => [file.slice(path.length), message.split(" (file")[0]]),
        [
          ["/bad/2.txt", "Cannot use the text: there is nothing in it but space"],
          ["/bad/3.txt", "Cannot read the text: it is not text in UTF-8"],
        ],
      );
    }
    const { message } = await assertRejects(() => read(options), DataError);
    assertStringIncludes(message, "3.txt");
    assertStringIncludes(message, 'save it as UTF-8, or set otherBytes to "replace"');
    const replaced = await read({ ...options, otherBytes: "replace" });
    assertEquals(replaced?.texts, ["dull", " \n", "Zo\ufffd", "fun", "grand"]);
    const { message: blank } = await assertRejects(
      () => read({ ...options, otherBytes: "replace", blank: "fail" }),
      DataError,
    );
    assertStringIncludes(blank, 'fill it in, or set blank to "keep"');
    await assertRejects(
      () => open({ ...options, invalid: "drop", mostInvalid: 0.1 }),
      DataError,
      "1 of the 5 texts".replace("texts", "rows"),
    );
  });
});

Deno.test("labelledTexts() reads no more texts than a limit asks for, of each class in turn", async () => {
  const texts = Object.fromEntries(
    ["ham", "spam", "toast"].flatMap((name) =>
      [1, 2, 3, 4].map((i) => [`${name}/${i}.txt`, i === 4 ? latin1 : `${name} ${i}`])
    ),
  );
  await withTexts({ ...texts, "spam/1.txt": latin1 }, async (path) => {
    const options = { path, classes: ["ham", "spam", "toast"] } as const;
    // what cannot be read is not reached
    assertEquals(await read({ ...options, otherBytes: "replace" }, "train", 4), {
      texts: ["ham 1", "Zo\ufffd", "toast 1", "ham 2"],
      labels: [0, 1, 2, 0],
    });
    const some = { ...options, invalid: "drop", mostInvalid: 1 } as const;
    assertEquals(await read(some, "train", 4), {
      texts: ["ham 1", "toast 1", "ham 2", "spam 2"],
      labels: [0, 2, 0, 1],
    });
    assertEquals((await open(some, "train", 4))!.invalid!.checked, 5);
  });
});

Deno.test("labelledTexts() reads tables by the rules of tables: rows left out, limits, blocks", async () => {
  const lines = [
    "label\ttext",
    "no\tdull",
    "maybe\twhat",
    'yes\t"two\nlines"',
    "no\t",
    "yes\tgrand",
  ];
  await withTexts({ "t.tsv": `${lines.join("\n")}\n` }, async (folder) => {
    const options = { path: `${folder}/t.tsv`, classes: ["no", "yes"] } as const;
    const { message } = await assertRejects(() => read(options), DataError);
    assertStringIncludes(message, 'received "maybe", expected one of "no", "yes"');
    assertStringIncludes(message, 'row 3, column "label"');
    const some = { ...options, invalid: "drop", mostInvalid: 2 } as const;
    assertEquals(await read(some), {
      texts: ["dull", "two\nlines", "", "grand"],
      labels: [0, 1, 0, 1],
    });
    const { faults, examples } = (await open({ ...some, blank: "fail" }))!.invalid!;
    assertEquals(faults.map(({ reason, column }) => [reason, column]), [
      ["not a class", "label"],
      ["blank", "text"],
    ]);
    assertEquals(examples.map(({ row }) => row), [3, 6]);
    assertEquals((await read(some, "train", 2))?.texts, ["dull", "two\nlines"]);
    const source = (await open({ ...some, length: 8, memoryBytes: 20 }))!;
    assert(source.blocks!.begins.length > 1);
    source.close?.();
    assertEquals(
      await read({ ...some, length: 8, memoryBytes: 20 }),
      await read({ ...some, length: 8 }),
    );
  });
  const damaged = Uint8Array.from([
    ...new TextEncoder().encode("text,label\n"),
    ...latin1,
    0x2c,
    0x61,
  ]);
  await withTexts({ "t.csv": damaged }, async (folder) => {
    const options = { path: `${folder}/t.csv`, classes: ["a"] } as const;
    await assertRejects(() => read(options), DataError, "it is not text in UTF-8");
    assertEquals((await read({ ...options, otherBytes: "replace" }))?.texts, ["Zo\ufffd"]);
  });
  assertStringIncludes(
    problemsOf(labelledTexts({ path: "t.csv", classes: ["a"], textColumn: "label" })),
    "expected another column than that of the texts",
  );
});
