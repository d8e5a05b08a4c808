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
