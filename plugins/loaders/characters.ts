/**
 * Text as windows of characters, with the characters that come next.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyLabels,
  type AnyTensor,
  type ClassLabels,
  DataError,
  type DataPort,
  defineLoader,
  type Elements,
  lazySchema,
  locate,
  openBytes,
  type RowSource,
  type Schema,
  sha256,
  type Tensor,
  textOfBlock,
} from "../../core/mod.ts";

/** Options of {@linkcode characters}. */
export interface CharactersOptions<L extends number = number> {
  /**
   * Path of the text, in UTF-8; or of one in an npm package, as `"npm:package@1.0.0/text.txt"`; or on the web,
   * or in an archive, as of {@linkcode csv}.
   */
  readonly path: string;
  /** Characters in a window, at least 1. */
  readonly length: L;
  /**
   * The characters that are told apart, at most 256; any other one counts as the first, and several of
   * that in a row as one. Default: the space and the letters `a` to `z`.
   */
  readonly alphabet?: string | undefined;
  /** Whether capitals count as small letters. Default `true`. */
  readonly lowerCase?: boolean | undefined;
  /** Share of the text, at its end, that is the test split. Default 0. */
  readonly testFraction?: number | undefined;
}

/** What {@linkcode characters} gives. */
export type Characters<L extends number> = {
  /** Numbers of the characters of a window, by their place in the alphabet. */
  readonly window: Tensor<readonly ["batch", L], "u8">;
  /** Numbers of the characters behind each of the window: the window one character on. */
  readonly following: Tensor<readonly ["batch", L], "u8">;
  /** Number of the character behind the window. */
  readonly next: ClassLabels<"batch">;
};

interface CharactersConfig {
  readonly path: string;
  readonly length: number;
  readonly alphabet: string;
  readonly lowerCase: boolean;
  readonly testFraction: number;
}

const config: Schema<CharactersOptions, CharactersConfig> = lazySchema(() =>
  z.strictObject({
    path: z.string().min(1).describe("Path of the text, npm:package@version/path, or an address"),
    length: z.int().min(1).describe("Characters in a window"),
    alphabet: z.string().default(" abcdefghijklmnopqrstuvwxyz").refine(isAlphabet, {
      error: "expected 2 to 256 characters, each once",
    }).describe("The characters that are told apart; others count as the first"),
    lowerCase: z.boolean().default(true).describe("Whether capitals count as small letters"),
    testFraction: z.number().min(0).lt(1).default(0).describe(
      "Share of the text, at its end, that is the test split",
    ),
  })
);

function isAlphabet(alphabet: string): boolean {
  const letters = [...alphabet];
  return letters.length >= 2 && letters.length <= 256 && new Set(letters).size === letters.length;
}

const stage = defineLoader<{ window: AnyTensor; following: AnyTensor; next: AnyLabels }>()({
  name: "characters",
  kind: "loader",
  family: "loader",
  config,
  ports: portsOf,
  async open({ config, split, limit = Infinity, tell }) {
    const { length, path, testFraction } = config;
    if (split === "validation" || (split === "test" && testFraction === 0)) return null;
    // where the test split begins is known when all is read
    const most = testFraction === 0 ? limit + length : Infinity;
    const all = await readNumbers(await locate(path, tell), { config, most });
    const border = Math.floor(all.length * (1 - testFraction));
    const numbers = split === "test" ? all.subarray(border) : all.subarray(0, border);
    if (numbers.length <= length) {
      throw new DataError(
        `Cannot cut windows of ${length} characters: the ${split} split has ${numbers.length} in all`,
        { file: path, hint: "take a longer text, or lower length" },
      );
    }
    return windowsOf(numbers.subarray(0, limit + length), length);
  },
});

function portsOf({ length, alphabet }: CharactersConfig): Record<keyof Characters<0>, DataPort> {
  const names = [...alphabet];
  const numbers = { kind: "tensor", dtype: "u8", shape: [length] } as const;
  return {
    window: numbers,
    following: numbers,
    next: { kind: "labels", dtype: "u8", classes: names.length, names },
  };
}

/** Bytes that are read at a time. */
const partBytes = 1 << 20;

/** Reads a text part by part, until there are as many characters as are wanted. */
async function readNumbers(
  path: string | URL,
  { config, most }: { readonly config: CharactersConfig; readonly most: number },
): Promise<Uint8Array> {
  using opened = await openBytes(path);
  const { file, size } = opened;
  const reader = new CharacterReader(config);
  let rest = new Uint8Array(0);
  let line = 1;
  for (let at = 0; at < size && reader.count < most;) {
    const length = Math.min(Math.max(partBytes, rest.length), size - at);
    const part = await opened.read(at, length);
    const bytes = new Uint8Array(rest.length + length);
    bytes.set(rest);
    bytes.set(part, rest.length);
    const begin = at - rest.length;
    at += length;
    const end = at === size ? bytes.length : endOfWords(bytes);
    rest = bytes.slice(end);
    const own = bytes.subarray(0, end);
    reader.add(textOfBlock({ begin, line, bytes: own }, { file, format: "text" }));
    for (let i = own.indexOf(10); i >= 0; i = own.indexOf(10, i + 1)) line++;
  }
  return reader.numbers.subarray(0, most);
}

/** Where the last word or line ends: small letters depend on those beside them, as the Greek sigma does. */
function endOfWords(bytes: Uint8Array): number {
  return Math.max(bytes.lastIndexOf(10), bytes.lastIndexOf(32)) + 1;
}

/** Takes a text part by part: places in the alphabet, that of the first character never twice in a row. */
class CharacterReader {
  readonly #places: ReadonlyMap<string, number>;
  readonly #lowerCase: boolean;
  #numbers = new Uint8Array(0);
  /** How many characters there are. */
  count = 0;

  constructor({ alphabet, lowerCase }: CharactersConfig) {
    this.#places = new Map([...alphabet].map((letter, place) => [letter, place]));
    this.#lowerCase = lowerCase;
  }

  /** The characters so far. */
  get numbers(): Uint8Array {
    return this.#numbers.subarray(0, this.count);
  }

  add(text: string): void {
    // small letters may be more of them
    const letters = this.#lowerCase ? text.toLowerCase() : text;
    this.#reserve(this.count + letters.length);
    const [numbers, places] = [this.#numbers, this.#places];
    let count = this.count;
    for (const letter of letters) {
      const place = places.get(letter) ?? 0;
      if (place !== 0 || count === 0 || numbers[count - 1] !== 0) numbers[count++] = place;
    }
    this.count = count;
  }

  #reserve(length: number): void {
    if (length <= this.#numbers.length) return;
    const grown = new Uint8Array(Math.max(length, 2 * this.#numbers.length));
    grown.set(this.numbers);
    this.#numbers = grown;
  }
}

/** A window begins at every character that has enough of them behind it. */
function windowsOf(numbers: Uint8Array, length: number): RowSource {
  return {
    rows: numbers.length - length,
    fingerprint: `sha256:${sha256([numbers])}`,
    read(rows, into) {
      const { window, following, next }: Readonly<Record<string, Elements | undefined>> = into;
      rows.forEach((row, i) => {
        window?.set(numbers.subarray(row, row + length), i * length);
        following?.set(numbers.subarray(row + 1, row + 1 + length), i * length);
        if (next !== undefined) next[i] = numbers[row + length]!;
      });
    },
  };
}

/**
 * Cuts a text into windows of characters, one beginning at each character, and tells what comes behind
 * each window, and behind each of its characters: what a language model learns from.
 *
 * Shapes: window, following `u8[batch, length]`, next `[batch]`, of as many classes as the alphabet has
 * characters
 *
 * What the alphabet does not have counts as its first character, and several of that in a row as one:
 * with the standard alphabet a text is words with one space between them. Of a text that is larger than
 * what a `limit` asks for, the beginning is read; all of it, where a part is the test split.
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns The handles `window`, `following` and `next`.
 * @throws {DataError} When the file is missing, is not UTF-8, or has too few characters.
 *
 * @example
 * ```ts
 * import { characters, embedding } from "@millrace/millrace";
 *
 * const text = characters({ path: "pipelines/samples/moby_dick.txt", length: 24, testFraction: 0.1 });
 * embedding(27, 32)(text.window); // f32[batch, 24, 32]
 * ```
 */
export function characters<const L extends number>(
  options: CharactersOptions<L>,
): Characters<L> {
  return stage(options) as Characters<L>;
}
