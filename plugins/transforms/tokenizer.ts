/**
 * Texts as token numbers, as a pretrained tokenizer cuts them (`tokenizer.json` of Hugging Face).
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyTensor,
  type AnyText,
  DataError,
  defineHostStage,
  formatCount,
  hostTensor,
  importPackage,
  isRecord,
  lazySchema,
  locate,
  readBytes,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { textsOf } from "./texts.ts";

/** Options of {@linkcode tokenizer}. */
export interface TokenizerOptions<L extends number = number> {
  /**
   * Path of a `tokenizer.json`; or of one in an npm package, or an address on the web, as `csv()` takes
   * them. It is read when the stage is fitted, and then part of the model.
   */
  readonly path: string;
  /** Number of token numbers: that of an embedding behind it. A file that has more is an error. */
  readonly vocabulary: number;
  /** Tokens of a text, special ones among them. */
  readonly length: L;
  /** Which end of a text that has more tokens is left out. Default `"end"`. */
  readonly truncate?: "end" | "start" | undefined;
  /** Which end is filled up where a text has fewer. Default `"end"`. */
  readonly pad?: "end" | "start" | undefined;
  /** The token that fills up. Default: that of the file, else `[PAD]`, `<pad>`, or token 0. */
  readonly padToken?: string | undefined;
  /** Whether the special tokens of the file, as `[CLS]` and `[SEP]`, are put around a text. Default true. */
  readonly specialTokens?: boolean | undefined;
}

/** What {@linkcode tokenizer} gives. */
export type Tokenizer<L extends number> = {
  /** Token numbers. */
  readonly tokens: Tensor<readonly ["batch", L], "i32">;
  /** 1 where there is a token of the text, 0 where it was filled up. */
  readonly mask: Tensor<readonly ["batch", L]>;
};

interface TokenizerConfig {
  readonly path: string;
  readonly vocabulary: number;
  readonly length: number;
  readonly truncate: "end" | "start";
  readonly pad: "end" | "start";
  readonly padToken?: string | undefined;
  readonly specialTokens: boolean;
}

const end = z.enum(["end", "start"]).default("end");

const config: Schema<TokenizerOptions, TokenizerConfig> = lazySchema(() =>
  z.strictObject({
    path: z.string().min(1).describe(
      "Path of a tokenizer.json, npm:package@version/path, or an address",
    ),
    vocabulary: z.int().min(1).describe("Number of token numbers"),
    length: z.int().min(1).describe("Tokens of a text, special ones among them"),
    truncate: end.describe("Which end of a longer text is left out"),
    pad: end.describe("Which end of a shorter text is filled up"),
    padToken: z.string().min(1).optional().describe("The token that fills up"),
    specialTokens: z.boolean().default(true).describe(
      "Whether the special tokens of the file are put around a text",
    ),
  })
);

interface Library {
  readonly Tokenizer: new (file: unknown, config: unknown) => PretrainedTokenizer;
}

interface PretrainedTokenizer {
  encode(
    text: string,
    options: { readonly add_special_tokens: boolean },
  ): { readonly ids: readonly (number | undefined)[] };
  token_to_id(token: string): number | undefined;
}

/** What mapping takes. */
interface Prepared {
  readonly encode: (text: string) => readonly number[];
  readonly padId: number;
}

const stage = defineHostStage<
  (text: AnyText) => { readonly tokens: AnyTensor; readonly mask: AnyTensor }
>()({
  name: "tokenizer",
  family: "transform",
  kind: "host",
  config,
  inputs: { text: { kind: "tensor", encoding: "utf-8", rank: 2 } },
  ports: (_, { length }) => ({
    tokens: { kind: "tensor", dtype: "i32", shape: [length] },
    mask: { kind: "tensor", dtype: "f32", shape: [length] },
  }),
  async fit({ config }) {
    const { bytes, file } = await readBytes(await locate(config.path));
    await open(bytes, { config, file });
    return { file: hostTensor(bytes, { shape: [bytes.length], dtype: "u8" }) };
  },
  prepare: ({ config, fitted }) =>
    open(fitted.file!.data as Uint8Array<ArrayBuffer>, { config, file: config.path }),
  map({ text }, { config: { length, pad }, prepared: { encode, padId } }) {
    const texts = textsOf(text);
    const tokens = new Int32Array(texts.length * length).fill(padId);
    const mask = new Float32Array(tokens.length);
    texts.forEach((one, row) => {
      const ids = encode(one);
      const begin = row * length + (pad === "end" ? 0 : length - ids.length);
      tokens.set(ids, begin);
      mask.fill(1, begin, begin + ids.length);
    });
    const shape = [texts.length, length];
    return {
      tokens: { dtype: "i32", shape, data: tokens },
      mask: { dtype: "f32", shape, data: mask },
    };
  },
});

/** Makes the tokenizer of a file's bytes, which may be anybody's. */
async function open(
  bytes: Uint8Array,
  { config, file }: { readonly config: TokenizerConfig; readonly file: string },
): Promise<Prepared> {
  const parsed = parse(bytes, file);
  requireNumbers(parsed, { vocabulary: config.vocabulary, file });
  const { Tokenizer } = await importPackage<Library>("npm:@huggingface/tokenizers@0.2.0", {
    file,
    what: "the tokenizer",
  });
  let made: PretrainedTokenizer;
  try {
    made = new Tokenizer(parsed, {});
  } catch (cause) {
    throw refusal(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
  const padId = padIdOf(made, { parsed, config, file });
  const encode = encoder(made, { config, file });
  encode("a text to try");
  return { padId, encode };
}

interface TokenizerFile {
  readonly model: Readonly<Record<string, unknown>>;
  readonly added_tokens: unknown;
  readonly padding?: { readonly pad_id?: unknown } | null;
}

function parse(bytes: Uint8Array, file: string): TokenizerFile {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw refusal(file, "it is not JSON", cause);
  }
  if (!isRecord(parsed) || !isRecord(parsed.model)) throw refusal(file, "it has no model");
  return { added_tokens: [], ...parsed } as TokenizerFile;
}

/** Checks the numbers of tokens before anything is made of them: the library has a place for each. */
function requireNumbers(
  { model: { vocab }, added_tokens: added }: TokenizerFile,
  { vocabulary, file }: { readonly vocabulary: number; readonly file: string },
): void {
  const ids: readonly unknown[] = [
    // of unigrams a list, in the order of their numbers
    ...(Array.isArray(vocab) ? vocab.keys() : isRecord(vocab) ? Object.values(vocab) : []),
    ...(Array.isArray(added) ? added.map((token) => isRecord(token) ? token.id : undefined) : []),
  ];
  let count = 0;
  for (const id of ids) {
    if (!Number.isSafeInteger(id) || id as number < 0) {
      throw refusal(file, `it has ${JSON.stringify(id)}, which is no token number`);
    }
    count = Math.max(count, 1 + (id as number));
  }
  if (count <= vocabulary) return;
  throw new DataError(
    `Cannot use the tokenizer: it has ${formatCount(count)} token numbers, expected at most ` +
      `${formatCount(vocabulary)}, its vocabulary`,
    { file, hint: `set vocabulary to ${count}, and that of the embedding` },
  );
}

function refusal(file: string, what: string, cause?: unknown): DataError {
  return new DataError(`Cannot read the tokenizer: ${what}`, {
    file,
    cause,
    hint: "name a tokenizer.json, as the library tokenizers of Hugging Face writes it",
  });
}

function padIdOf(
  made: PretrainedTokenizer,
  { parsed: { padding }, config: { padToken, vocabulary }, file }: {
    readonly parsed: TokenizerFile;
    readonly config: TokenizerConfig;
    readonly file: string;
  },
): number {
  if (padToken !== undefined) {
    const id = made.token_to_id(padToken);
    if (id !== undefined) return id;
    throw new DataError(`Cannot fill up with ${JSON.stringify(padToken)}: there is no such token`, {
      file,
      hint: "set padToken to a token of the file",
    });
  }
  const given = padding?.pad_id ?? made.token_to_id("[PAD]") ?? made.token_to_id("<pad>") ?? 0;
  if (Number.isInteger(given) && given as number >= 0 && given as number < vocabulary) {
    return given as number;
  }
  throw refusal(file, `it pads with ${JSON.stringify(given)}, which is no token number`);
}

/** What a library makes of a text, which may fail where a file is not as it should be. */
function encode(
  made: PretrainedTokenizer,
  text: string,
  { special, file }: { readonly special: boolean; readonly file: string },
): readonly (number | undefined)[] {
  try {
    return made.encode(text, { add_special_tokens: special }).ids;
  } catch (cause) {
    throw refusal(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** Gives the token numbers of a text, at most `length`: what is left out is of the text, not special. */
function encoder(
  made: PretrainedTokenizer,
  { config: { length, truncate, specialTokens, vocabulary }, file }: {
    readonly config: TokenizerConfig;
    readonly file: string;
  },
): (text: string) => readonly number[] {
  const idsOf = (text: string, special: boolean) => {
    // a character that is no token, where the file has none for unknown ones
    const ids = encode(made, text, { special, file }).filter((id) => id !== undefined);
    const odd = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabulary);
    if (odd === undefined) return ids;
    throw refusal(
      file,
      `it gives ${JSON.stringify(odd)}, expected token numbers below ${formatCount(vocabulary)}`,
    );
  };
  const around = specialTokens ? idsOf("", true).length : 0;
  if (around > length) {
    throw new DataError(
      `Cannot cut texts to ${length} tokens: the file puts ${around} special ones around each`,
      { file, hint: "set a larger length, or specialTokens to false" },
    );
  }
  const cut = (ids: readonly number[], count: number) =>
    truncate === "end" ? ids.slice(0, count) : ids.slice(ids.length - count);
  return (text) => {
    const ids = idsOf(text, specialTokens);
    if (ids.length <= length) return ids;
    const own = specialTokens ? idsOf(text, false) : ids;
    const before = startOf(own, ids);
    if (before === undefined) {
      throw refusal(
        file,
        "its special tokens stand between those of the text, which cannot be cut",
      );
    }
    return [
      ...ids.slice(0, before),
      ...cut(own, length - (ids.length - own.length)),
      ...ids.slice(before + own.length),
    ];
  };
}

/** Where a run of numbers is in others that stand around it; `undefined` where it is not. */
function startOf(run: readonly number[], all: readonly number[]): number | undefined {
  for (let at = 0; at + run.length <= all.length; at++) {
    if (run.every((id, i) => all[at + i] === id)) return at;
  }
}

/**
 * Texts as token numbers, as the tokenizer of a pretrained model cuts them: BPE, WordPiece or Unigram,
 * with its normalization and special tokens, from a `tokenizer.json`. The work is done by
 * `@huggingface/tokenizers`, which is fetched the first time. The file becomes a part of the model: what
 * predicts needs no file. For a vocabulary of the training texts themselves there is `tokens()`.
 *
 * Shapes: `text u8[batch, bytes] -> tokens i32[batch, length], mask f32[batch, length]`
 *
 * Differs: token numbers are those of the Python library `tokenizers`; where a text is cut, special tokens
 * stay, as with its `enable_truncation`. A file may hold regular expressions: use files that you trust.
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns A transform that takes the file into the model when it is fitted.
 * @throws {DataError} When the file is missing, is no tokenizer, or has more tokens than `vocabulary`, as it
 * is fitted.
 *
 * @example
 * ```ts
 * import { embedding, labelledTexts, lstm, tokenizer } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const reviews = labelledTexts({ path: "reviews.csv", classes: ["negative", "positive"] });
 * const words = tokenizer({ path: "tokenizer.json", vocabulary: 30522, length: 64 })(reviews.text);
 * const state = lstm(32)({ x: embedding(30522, 16)(words.tokens), mask: words.mask });
 * assertEquals(state.stage.definition.name, "lstm");
 * ```
 */
export function tokenizer<const L extends number>(
  options: TokenizerOptions<L>,
): (text: AnyText) => Tokenizer<L> {
  return stage(options);
}
