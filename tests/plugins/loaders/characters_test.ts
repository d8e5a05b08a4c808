import { assertEquals, assertRejects } from "@std/assert";
import {
  characters,
  type CharactersOptions,
  DataError,
  type LoaderDefinition,
  type Split,
  stageCallOf,
  validate,
} from "@millrace/millrace";

async function open(options: CharactersOptions, split: Split = "train", limit?: number) {
  const { definition, options: given } = stageCallOf(characters(options))!;
  const validated = validate(definition.config, given, "text");
  if (!validated.ok) throw new Error(validated.issues[0]!.message);
  const { config } = validated;
  return await (definition as LoaderDefinition).open({
    config,
    split,
    seed: 0,
    path: "text",
    limit,
  });
}

/** The rows of a split as text, each window with what comes behind it. */
async function rowsOf(options: CharactersOptions, split: Split = "train"): Promise<string[]> {
  const letters = [...options.alphabet ?? " abcdefghijklmnopqrstuvwxyz"];
  const source = (await open(options, split))!;
  const window = new Uint8Array(source.rows * options.length);
  const next = new Uint8Array(source.rows);
  await source.read(Uint32Array.from(next, (_, row) => row), { window, next });
  return Array.from(next, (number, row) => {
    const own = window.subarray(row * options.length, (row + 1) * options.length);
    return `${Array.from(own, (place) => letters[place]).join("")}|${letters[number]}`;
  });
}

async function withText<T>(text: string | Uint8Array, use: (path: string) => Promise<T>) {
  const path = await Deno.makeTempFile();
  try {
    if (typeof text === "string") await Deno.writeTextFile(path, text);
    else await Deno.writeFile(path, text);
    return await use(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("characters() cuts windows of small letters, with one space for all that lies between", async () => {
  await withText("A cat—1 DOG", async (path) => {
    assertEquals(await rowsOf({ path, length: 4 }), [
      "a ca|t",
      " cat| ",
      "cat |d",
      "at d|o",
      "t do|g",
    ]);
  });
});

Deno.test("characters() tells what follows each character of a window", async () => {
  await withText("A cat", async (path) => {
    const source = (await open({ path, length: 3 }))!;
    const following = new Uint8Array(source.rows * 3);
    await source.read(Uint32Array.of(0, 1), { following });
    const letters = " abcdefghijklmnopqrstuvwxyz";
    assertEquals(Array.from(following, (place) => letters[place]).join(""), " cacat");
  });
});

Deno.test("characters() tells the characters of an alphabet apart", async () => {
  await withText("Ab.ba", async (path) => {
    const options = { path, length: 2, alphabet: "-aAb", lowerCase: false };
    assertEquals(await rowsOf(options), ["Ab|-", "b-|b", "-b|a"]);
  });
});

Deno.test("characters() sets the end of the text apart as the test split", async () => {
  await withText("abcdefghij", async (path) => {
    const options = { path, length: 2, testFraction: 0.4 };
    assertEquals(await rowsOf(options), ["ab|c", "bc|d", "cd|e", "de|f"]);
    assertEquals(await rowsOf(options, "test"), ["gh|i", "hi|j"]);
    assertEquals(await open(options, "validation"), null);
    assertEquals(await open({ path, length: 2 }, "test"), null);
  });
});

Deno.test("characters() refuses texts that are missing, too short, or not UTF-8", async () => {
  await withText("abc", async (path) => {
    await assertRejects(
      () => open({ path, length: 3 }),
      DataError,
      "Cannot cut windows of 3 characters: the train split has 3 in all",
    );
  });
  await withText(Uint8Array.of(97, 255, 98), async (path) => {
    await assertRejects(() => open({ path, length: 1 }), DataError, "it is not text in UTF-8");
  });
  await assertRejects(() => open({ path: "absent.txt", length: 1 }), DataError, "absent.txt");
});

Deno.test("characters() refuses an alphabet in which a character stands twice", async () => {
  await assertRejects(
    () => open({ path: "x", length: 1, alphabet: "aba" }),
    Error,
    "Cannot use this value",
  );
});

Deno.test("characters() loses nothing of a text whose small letters are more", async () => {
  // each is two characters when it is small
  await withText(`${"İ".repeat(40)}the end`, async (path) => {
    assertEquals((await rowsOf({ path, length: 3 })).at(-1), " en|d");
  });
});

Deno.test("characters() reads no more of a text than a limit asks for", async () => {
  const good = new TextEncoder().encode("abcdef ghi\n".repeat(200_000));
  // what lies behind is not read: it is no text
  const bytes = Uint8Array.from([...good, 0xff]);
  await withText(bytes, async (path) => {
    const options = { path, length: 5 };
    const source = (await open(options, "train", 3))!;
    const window = new Uint8Array(15);
    await source.read(Uint32Array.of(0, 1, 2), { window });
    assertEquals([source.rows, ...window], [3, 1, 2, 3, 4, 5, 2, 3, 4, 5, 6, 3, 4, 5, 6, 0]);
    const error = await assertRejects(() => open(options), DataError, "it is not text in UTF-8");
    assertEquals(error.row, 200_001);
    // the border to the test split is known only when all is read
    await assertRejects(() => open({ ...options, testFraction: 0.1 }, "train", 3), DataError);
  });
  await withText("abcdefgh", async (path) => {
    assertEquals((await open({ path, length: 5 }, "train", 100))!.rows, 3);
    assertEquals((await open({ path, length: 2, testFraction: 0.5 }, "test", 1))!.rows, 1);
  });
});

Deno.test("characters() cuts no word between the parts that it reads, nor a character", async () => {
  // sigma is another small letter at the end of a word
  const text = "ΣΑΣ ".repeat(500_000);
  const alphabet = " ασς";
  await withText(text, async (path) => {
    const source = (await open({ path, length: 1, alphabet }))!;
    const window = new Uint8Array(source.rows);
    await source.read(Uint32Array.from(window, (_, row) => row), { window });
    assertEquals(window.length, 2_000_000 - 1);
    assertEquals(window.findIndex((number, i) => number !== [2, 1, 3, 0][i % 4]), -1);
  });
  await withText("ä".repeat(1_200_000), async (path) => {
    assertEquals((await open({ path, length: 1, alphabet: " ä" }))!.rows, 1_199_999);
  });
});
