/**
 * The terms of a text (words, characters, runs of them), and vocabularies of the most frequent ones.
 *
 * @module
 */
import { z } from "zod";

/** How texts are cut into terms. */
export interface TermOptions {
  /** Terms are words, or characters. Default `"words"`. */
  readonly unit?: "words" | "characters" | undefined;
  /** Runs of how many units are terms: `[1, 2]` are single ones and pairs. Default `[1, 1]`. */
  readonly ngrams?: readonly [from: number, to: number] | undefined;
  /** Whether capital letters are made small. Default true. */
  readonly lowercase?: boolean | undefined;
  /** Number of training texts that a term must be in. Default 1. */
  readonly minCount?: number | undefined;
}

/** The same with every default. */
export interface TermConfig {
  readonly unit: "words" | "characters";
  readonly ngrams: readonly [from: number, to: number];
  readonly lowercase: boolean;
  readonly minCount: number;
}

/** The fields of `TermConfig`, for a stage's configuration. */
export function termFields(): {
  unit: z.ZodDefault<z.ZodEnum<{ words: "words"; characters: "characters" }>>;
  ngrams: z.ZodType<readonly [number, number], readonly [number, number] | undefined>;
  lowercase: z.ZodDefault<z.ZodBoolean>;
  minCount: z.ZodDefault<z.ZodInt>;
} {
  return {
    unit: z.enum(["words", "characters"]).default("words").describe(
      "Terms are words, or characters",
    ),
    ngrams: z.tuple([z.int().min(1), z.int().min(1).max(8)]).readonly().default([1, 1]).refine(
      ([from, to]) => from <= to,
      { error: "expected the shorter run first" },
    ).describe("Runs of how many units are terms: from, to"),
    lowercase: z.boolean().default(true).describe("Whether capital letters are made small"),
    minCount: z.int().min(1).default(1).describe("Number of training texts that a term must be in"),
  };
}

/** A word: letters and digits of any script, with apostrophes inside. */
const word = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}]+)*/gu;

/** The terms of a text in their order: all single ones, then all pairs, and so on. */
export function termsOf(
  text: string,
  { unit, ngrams: [from, to], lowercase }: Omit<TermConfig, "minCount">,
): string[] {
  const cased = lowercase ? text.toLowerCase() : text;
  const units = unit === "words" ? cased.match(word) ?? [] : [...cased];
  if (from === 1 && to === 1) return units;
  const between = unit === "words" ? " " : "";
  const terms: string[] = [];
  for (let size = from; size <= to; size++) {
    for (let i = 0; i + size <= units.length; i++) {
      terms.push(size === 1 ? units[i]! : units.slice(i, i + size).join(between));
    }
  }
  return terms;
}

/** In how many texts each term is. */
export class TermCounts {
  /** Number of texts. */
  texts = 0;
  readonly #counts = new Map<string, number>();

  /** Counts each term of a text once. */
  add(terms: readonly string[]): void {
    this.texts++;
    for (const term of new Set(terms)) this.#counts.set(term, (this.#counts.get(term) ?? 0) + 1);
  }

  /** The terms of most texts, first those of more; of as many, in the order of their characters. */
  most(size: number, minCount: number): { readonly terms: string[]; readonly counts: number[] } {
    const kept = [...this.#counts].filter(([, count]) => count >= minCount)
      .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, size);
    return { terms: kept.map(([term]) => term), counts: kept.map(([, count]) => count) };
  }
}
