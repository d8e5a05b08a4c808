import { assertEquals } from "@std/assert";
import { accuracyOf, measureClasses, worstMistakes } from "../../../core/report/confusion.ts";

const confusion = {
  scores: "logits",
  names: ["cat", "dog", "eel"],
  counts: [[8, 2, 0], [1, 9, 0], [0, 3, 0]],
  rows: 23,
};

Deno.test("measureClasses() gives precision, recall and F1 of each class", () => {
  const [cat, dog, eel] = measureClasses(confusion);
  assertEquals(cat, { name: "cat", rows: 10, precision: 8 / 9, recall: 0.8, f1: 16 / 19 });
  assertEquals(dog, { name: "dog", rows: 10, precision: 9 / 14, recall: 0.9, f1: 18 / 24 });
  assertEquals(eel, { name: "eel", rows: 3, precision: NaN, recall: 0, f1: 0 });
});

Deno.test("worstMistakes() puts the most frequent first, and gives no more than asked for", () => {
  assertEquals(worstMistakes(confusion, 2), [
    { truth: "eel", predicted: "dog", rows: 3, share: 1 },
    { truth: "cat", predicted: "dog", rows: 2, share: 0.2 },
  ]);
});

Deno.test("accuracyOf() is the share of the diagonal", () => {
  assertEquals(accuracyOf(confusion), 17 / 23);
});
