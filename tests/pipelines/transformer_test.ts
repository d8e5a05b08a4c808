import { assert, assertAlmostEquals } from "@std/assert";
import { train } from "@millrace/millrace";
import transformer from "../../pipelines/transformer.ts";
import { wholeTest } from "../support/whole_test.ts";

const letters = 27;

/** Three chapters of the book as the pipeline reads them: small letters, one space between words. */
async function readText(): Promise<string> {
  const text = await Deno.readTextFile("pipelines/samples/moby_dick.txt");
  return text.toLowerCase().replaceAll(/[^a-z]+/g, " ");
}

/** How often each character came, and how often in all, behind every text of so many characters. */
function countsOf(text: string, length: number): Map<string, Map<string, number>> {
  const counts = new Map<string, Map<string, number>>();
  for (let i = length; i < text.length; i++) {
    const context = text.slice(i - length, i);
    const own = counts.get(context) ?? new Map<string, number>();
    own.set(text[i]!, (own.get(text[i]!) ?? 0) + 1);
    counts.set(context, own);
  }
  return counts;
}

/**
 * How well counts foretell the last tenth of a text behind windows of 32 characters. Probabilities of
 * longer contexts are interpolated with those of shorter ones as Witten and Bell do (1991): with `n`
 * occurrences and `t` different characters behind a context, these have the part `n / (n + t)`.
 */
function foretell(text: string, longest: number): { accuracy: number; perplexity: number } {
  const border = Math.floor(0.9 * text.length);
  const tables = Array.from(
    { length: longest + 1 },
    (_, length) => countsOf(text.slice(0, border), length),
  );
  const alphabet = [..." abcdefghijklmnopqrstuvwxyz"];
  let [rows, hits, surprise] = [0, 0, 0];
  for (let i = border + 32; i < text.length; i++) {
    let chances = new Map(alphabet.map((letter) => [letter, 1 / letters]));
    tables.forEach((table, length) => {
      const counts = table.get(text.slice(i - length, i));
      if (counts === undefined) return;
      const kinds = counts.size;
      const all = counts.values().reduce((a, b) => a + b, 0);
      chances = new Map(alphabet.map((letter) => [
        letter,
        ((counts.get(letter) ?? 0) + kinds * chances.get(letter)!) / (all + kinds),
      ]));
    });
    const [best] = [...chances].reduce((a, b) => b[1] > a[1] ? b : a);
    rows++;
    if (best === text[i]) hits++;
    surprise -= Math.log(chances.get(text[i]!)!);
  }
  return { accuracy: hits / rows, perplexity: Math.exp(surprise / rows) };
}

Deno.test("pipelines/transformer.ts states what counting gives", async () => {
  const text = await readText();
  for (
    const [longest, accuracy, perplexity] of [
      [1, 0.28, 10.2],
      [2, 0.39, 7.05],
      [3, 0.48, 5.5],
      [4, 0.52, 5.3],
    ] as const
  ) {
    const found = foretell(text, longest);
    assertAlmostEquals(found.accuracy, accuracy, 0.006, `${longest} characters`);
    assertAlmostEquals(found.perplexity, perplexity, 0.06, `${longest} characters`);
  }
});

Deno.test("pipelines/transformer.ts foretells 35 % of unseen characters after 400 steps", async () => {
  const { metrics, steps, parameters } = await train(transformer, {
    limit: 12_800,
    threads: 1,
    set: { epochs: 1 },
  });
  assert(steps === 400 && parameters === 86_139, JSON.stringify({ steps, parameters }));
  assert(metrics.test!["accuracy"]! >= 0.35, JSON.stringify(metrics));
});

wholeTest(
  "pipelines/transformer.ts foretells 49 % of unseen characters at a perplexity of 5.45",
  async () => {
    const { metrics, steps } = await train(transformer);
    assert(steps === 4260, String(steps));
    const { accuracy, perplexity } = metrics.test!;
    assert(accuracy! >= 0.49 && perplexity! <= 5.45, JSON.stringify(metrics));
  },
);
