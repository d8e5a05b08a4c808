import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  DataError,
  type HostDefinition,
  type HostTensor,
  hostTensor,
  stageOf,
  tokenizer,
  type TokenizerOptions,
  validate,
} from "@millrace/millrace";
import { readGolden } from "../../golden/golden.ts";
import { withFiles } from "../../support/loaders.ts";
import { assertSurvivesDamageAsync } from "../../support/mutate.ts";

interface Case {
  readonly name: string;
  readonly file: unknown;
  readonly vocabulary: number;
  readonly end: "end" | "start";
  readonly specialTokens: boolean;
  readonly texts: readonly string[];
  readonly tokens: readonly (readonly number[])[];
  readonly mask: readonly (readonly number[])[];
}

async function* none() {}

function stageFor(options: TokenizerOptions) {
  const { definition, options: written } = stageOf(tokenizer(options))!;
  const validated = validate(definition.config, written, "tokenizer");
  assert(definition.kind === "host" && validated.ok);
  return { definition: definition as HostDefinition, config: validated.config };
}

async function fit(options: TokenizerOptions): Promise<Readonly<Record<string, HostTensor>>> {
  const { definition, config } = stageFor(options);
  return await definition.fit!({ config, batches: none() as never });
}

function textBytes(texts: readonly string[]): HostTensor {
  const width = 100;
  const data = new Uint8Array(texts.length * width);
  texts.forEach((text, row) => data.set(new TextEncoder().encode(text), row * width));
  return hostTensor(data, { shape: [texts.length, width], dtype: "u8" });
}

Deno.test("tokenizer() gives the numbers of the Python library, with the file gone", async () => {
  for (const golden of await readGolden<Case>("pretrained")) {
    const { vocabulary, end, specialTokens } = golden;
    await withFiles({ "tokenizer.json": JSON.stringify(golden.file) }, async (folder) => {
      const path = `${folder}/tokenizer.json`;
      const options: TokenizerOptions = {
        path,
        vocabulary,
        length: 12,
        truncate: end,
        pad: end,
        specialTokens,
      };
      const fitted = await fit(options);
      await Deno.remove(path);
      const { definition, config } = stageFor(options);
      const prepared = await definition.prepare!({ config, fitted });
      const batch = { text: textBytes(golden.texts) };
      const { tokens, mask } = await definition.map(batch as never, { config, prepared } as never);
      assertEquals([...tokens!.data], golden.tokens.flat(), golden.name);
      assertEquals([...mask!.data], golden.mask.flat(), golden.name);
    });
  }
});

Deno.test("tokenizer() refuses files that are no tokenizer, or do not fit", async () => {
  const [golden] = await readGolden<Case>("pretrained") as [Case];
  const files = {
    "good.json": JSON.stringify(golden.file),
    "text.json": "{",
    "other.json": "{}",
    "unknown.json": '{"model":{"type":"Nonsense"}}',
  };
  await withFiles(files, async (folder) => {
    const refuses = async (name: string, more: object, message: string) => {
      const options = { path: `${folder}/${name}`, vocabulary: 260, length: 8, ...more };
      await assertRejects(() => fit(options), DataError, message);
    };
    await refuses("no.json", {}, "there is no such file");
    await refuses("text.json", {}, "Cannot read the tokenizer: it is not JSON");
    await refuses("other.json", {}, "Cannot read the tokenizer: it has no model");
    await refuses("unknown.json", {}, "Cannot read the tokenizer: ");
    await refuses("good.json", { vocabulary: 100 }, "expected at most 100, its vocabulary");
    await refuses("good.json", { padToken: "[NO]" }, 'Cannot fill up with "[NO]"');
    await refuses("good.json", { length: 1 }, "the file puts 2 special ones around each");
  });
});

/** Words of one letter, with a special token before each text, as Llama's has it. */
const begun = {
  model: {
    type: "WordPiece",
    unk_token: "[UNK]",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: { "[PAD]": 0, "[UNK]": 1, "<s>": 2, a: 3, b: 4, c: 5, d: 6, e: 7, f: 8 },
  },
  normalizer: null,
  decoder: { type: "WordPiece", prefix: "##", cleanup: true },
  pre_tokenizer: { type: "Whitespace" },
  post_processor: {
    type: "TemplateProcessing",
    single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
    pair: [],
    special_tokens: { "<s>": { id: "<s>", ids: [2], tokens: ["<s>"] } },
  },
};

Deno.test("tokenizer() keeps a special token that stands only before a text that is cut", async () => {
  await withFiles({ "begun.json": JSON.stringify(begun) }, async (folder) => {
    const expected = { end: [2, 3, 4, 5], start: [2, 6, 7, 8] };
    for (const [truncate, ids] of Object.entries(expected)) {
      const options = {
        path: `${folder}/begun.json`,
        vocabulary: 9,
        length: 4,
        truncate: truncate as "end",
      };
      const fitted = await fit(options);
      const { definition, config } = stageFor(options);
      const prepared = await definition.prepare!({ config, fitted });
      const batch = { text: textBytes(["a b c d e f"]) };
      const { tokens } = await definition.map(batch as never, { config, prepared } as never);
      assertEquals([...tokens!.data], ids, truncate);
    }
  });
});

Deno.test("tokenizer() refuses padding that is no token number", async () => {
  for (const pad_id of [1e9, -7, 2.5, 9, "0"]) {
    const file = JSON.stringify({ ...begun, padding: { pad_id } });
    await withFiles({ "begun.json": file }, async (folder) => {
      await assertRejects(
        () => fit({ path: `${folder}/begun.json`, vocabulary: 9, length: 4 }),
        DataError,
        `it pads with ${JSON.stringify(pad_id)}, which is no token number`,
      );
    });
  }
});

Deno.test("tokenizer() survives damaged files", async () => {
  const goldens = await readGolden<Case>("pretrained");
  const samples = goldens.map(({ file }) => new TextEncoder().encode(JSON.stringify(file)));
  const vocabulary = Math.max(...goldens.map(({ vocabulary }) => vocabulary));
  const text = textBytes([
    ...goldens[0]!.texts,
    "",
    "Zoë's 12 œufs, naïve ﬁ 日本\n",
    "a".repeat(90),
  ]);
  await withFiles({}, async (folder) => {
    const path = `${folder}/tokenizer.json`;
    const options = { path, vocabulary, length: 12 } as const;
    const { definition, config } = stageFor(options);
    await assertSurvivesDamageAsync(samples, async (bytes) => {
      await Deno.writeFile(path, bytes);
      const fitted = await fit(options);
      const prepared = await definition.prepare!({ config, fitted });
      const { tokens } = await definition.map({ text } as never, { config, prepared } as never);
      assert(tokens!.data.every((id) => Number.isInteger(id) && id >= 0 && id < vocabulary));
    });
  });
});

Deno.test("tokenizer() refuses numbers that are none, or beyond its vocabulary, before it makes room for them", async () => {
  const [golden] = await readGolden<Case>("pretrained") as [Case];
  const file = golden.file as {
    readonly model: { readonly vocab: Record<string, unknown> };
    readonly added_tokens: readonly object[];
  };
  const { vocabulary } = golden;
  const refuses = async (changed: unknown, message: string) => {
    await withFiles({ "tokenizer.json": JSON.stringify(changed) }, async (folder) => {
      const options = { path: `${folder}/tokenizer.json`, vocabulary, length: 12 };
      await assertRejects(() => fit(options), DataError, message);
    });
  };
  const withId = (id: unknown) => ({
    ...file,
    model: { ...file.model, vocab: { ...file.model.vocab, z: id } },
  });
  await refuses(withId(1.5), "Cannot read the tokenizer: it has 1.5, which is no token number");
  await refuses(withId(-1), "it has -1, which is no token number");
  await refuses(withId(999_999_918), "it has 999,999,919 token numbers, expected at most 260");
  await refuses(
    { ...file, added_tokens: [{ id: "2", content: "[CLS]" }] },
    'it has "2", which is no',
  );
});
