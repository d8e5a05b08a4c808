import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  bagOfWords,
  type DataPort,
  hashText,
  type HostDefinition,
  type HostTensor,
  hostTensor,
  labelEncode,
  stageOf,
  tokens,
  validate,
} from "@millrace/millrace";
import { termsOf } from "../../../plugins/transforms/terms.ts";
import { readTextList, textList, textsOf } from "../../../plugins/transforms/texts.ts";

const width = 40;

/** Texts as a loader gives them. */
function texts(...all: string[]): HostTensor {
  const data = new Uint8Array(all.length * width);
  all.forEach((text, row) =>
    data.set(new TextEncoder().encode(text).subarray(0, width), row * width)
  );
  return hostTensor(data, { shape: [all.length, width], dtype: "u8" });
}

const port = { kind: "tensor", dtype: "u8", shape: [width], encoding: "utf-8" } as const;

/** A host stage, fitted to texts and applied to others. */
async function run(
  made: unknown,
  { train, test }: { readonly train: readonly string[]; readonly test: readonly string[] },
) {
  const { definition, options } = stageOf(made)!;
  const validated = validate(definition.config, options, "stage");
  assert(validated.ok, JSON.stringify(validated));
  const { config } = validated;
  const host = definition as HostDefinition;
  async function* batches() {
    for (const text of train) {
      await Promise.resolve();
      yield { text: texts(text) };
    }
  }
  const fitted = await host.fit?.({ config, batches: batches() }) ?? {};
  const prepared = await host.prepare?.({ config, fitted });
  const mapped = await host.map(
    { text: texts(...test) },
    { config, prepared, random: undefined as never },
  );
  const ports: Readonly<Record<string, DataPort>> = host.ports({ text: port }, config);
  const [name] = Object.keys(ports);
  return { port: ports[name!]!, tensor: mapped[name!]!, fitted };
}

Deno.test("textsOf() reads texts of any script up to their end", () => {
  assertEquals(textsOf(texts("", "Zoë 東京", "a".repeat(width))), [
    "",
    "Zoë 東京",
    "a".repeat(width),
  ]);
});

Deno.test("readTextList() reads what textList() wrote, and refuses anything else", () => {
  assertEquals(readTextList(textList(["a", 'é\n"', ""])), ["a", 'é\n"', ""]);
  const bytes = (text: string) =>
    hostTensor(new TextEncoder().encode(text), { shape: [text.length], dtype: "u8" });
  for (const wrong of [undefined, bytes("[1]"), bytes("{"), bytes('"x"')]) {
    assertThrows(
      () => readTextList(wrong),
      SyntaxError,
      "Cannot read a list of texts in the model",
    );
  }
});

Deno.test("termsOf() cuts words of any script, characters, and runs of them", () => {
  const words = { unit: "words", ngrams: [1, 1], lowercase: true } as const;
  assertEquals(termsOf("Don't STOP: 2 Zoë’s, naïve—東京!", words), [
    "don't",
    "stop",
    "2",
    "zoë’s",
    "naïve",
    "東京",
  ]);
  assertEquals(termsOf("a b c", { ...words, ngrams: [1, 3] }), [
    "a",
    "b",
    "c",
    "a b",
    "b c",
    "a b c",
  ]);
  assertEquals(termsOf("aB 🙂", { unit: "characters", ngrams: [2, 2], lowercase: false }), [
    "aB",
    "B ",
    " 🙂",
  ]);
});

Deno.test("tokens() numbers words by how many texts they are in, 0 padding, 1 unknown", async () => {
  const made = tokens({ vocabulary: 5, length: 4 });
  const { tensor, port, fitted } = await run(made, {
    train: ["the cat", "the dog, the dog, the dog", "The bird", "a cat"],
    test: ["The cat saw a dog and ran", "", "Bird!"],
  });
  assertEquals(readTextList(fitted.vocabulary), ["the", "cat", "a"]);
  assertEquals(port, { kind: "tensor", dtype: "i32", shape: [4] });
  assertEquals([...tensor.data], [2, 3, 1, 4, 0, 0, 0, 0, 1, 0, 0, 0]);
});

Deno.test("tokens() numbers characters", async () => {
  const made = tokens({ vocabulary: 10, length: 3, unit: "characters" });
  const { tensor } = await run(made, { train: ["ab", "b"], test: ["Abc"] });
  assertEquals([...tensor.data], [3, 2, 1]);
});

Deno.test("bagOfWords() weighs words as scikit-learn's TfidfVectorizer", async () => {
  const train = ["the cat sat", "the dog sat on the cat", "birds fly"];
  const made = bagOfWords({ vocabulary: 7 });
  const { tensor, fitted } = await run(made, { train, test: ["the the cat and birds"] });
  // TfidfVectorizer().fit(train).transform(test), scikit-learn 1.9.1
  const theirs: Record<string, number> = {
    birds: 0.50689,
    cat: 0.3855,
    the: 0.77100,
  };
  const terms = readTextList(fitted.vocabulary);
  assertEquals(terms, ["cat", "sat", "the", "birds", "dog", "fly", "on"]);
  terms.forEach((term, i) => {
    assert(Math.abs(tensor.data[i]! - (theirs[term] ?? 0)) < 1e-4, `${term}: ${tensor.data[i]}`);
  });
});

Deno.test("bagOfWords() counts, or tells what is there, and leaves out what is rare", async () => {
  const texts = { train: ["a b", "a b c", "a"], test: ["b b a c"] };
  const counted = await run(bagOfWords({ vocabulary: 9, weights: "count", minCount: 2 }), texts);
  assertEquals([...counted.tensor.data], [1, 2, 0, 0, 0, 0, 0, 0, 0]);
  const pairs = await run(bagOfWords({ vocabulary: 3, weights: "binary", ngrams: [2, 2] }), texts);
  assertEquals([...pairs.tensor.data], [0, 0, 0]);
});

Deno.test("labelEncode() gives classes in the order listed, with their names", async () => {
  const { tensor, port } = await run(labelEncode(["no", "yes"]), {
    train: [],
    test: ["yes", "no"],
  });
  assertEquals(port, { kind: "labels", dtype: "u8", classes: 2, names: ["no", "yes"] });
  assertEquals([...tensor.data], [1, 0]);
});

Deno.test("labelEncode() finds the classes of the training split", async () => {
  const train = ["b", "a", "b", "c"];
  const { tensor, port } = await run(labelEncode(3), { train, test: ["c", "a"] });
  assertEquals([...tensor.data], [2, 0]);
  assertEquals(port, { kind: "labels", dtype: "u8", classes: 3 });
  const other = await run(labelEncode(1, { others: "class" }), { train, test: ["c", "b"] });
  assertEquals([...other.tensor.data], [1, 0]);
  await assertRejects(
    () => run(labelEncode(2), { train, test: [] }),
    RangeError,
    "Cannot make 2 classes: the training split has 3 different texts",
  );
});

Deno.test("labelEncode() says which class is unknown, and what may be meant", async () => {
  const made = labelEncode(["setosa", "virginica"]);
  const error = await assertRejects(() => run(made, { train: [], test: ["virginca"] }), RangeError);
  assertStringIncludes(
    error.message,
    'Cannot find the class "virginca": did you mean "virginica"?',
  );
});

Deno.test("hashText() gives the same bucket for the same text, and spreads others", async () => {
  const names = Array.from({ length: 200 }, (_, i) => `town ${i}`);
  const { tensor, port } = await run(hashText(16), { train: [], test: [...names, "town 0"] });
  assertEquals(port, { kind: "labels", dtype: "u8", classes: 16 });
  assertEquals(tensor.data[200], tensor.data[0]);
  const counts = Array.from(
    { length: 16 },
    (_, bucket) => tensor.data.filter((other: number) => other === bucket).length,
  );
  assert(counts.every((count) => count > 2 && count < 30), String(counts));
});
