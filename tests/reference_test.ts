import { assert, assertEquals } from "@std/assert";
import { counterpartsOf, readParts, referenceFile, referenceText } from "./support/reference.ts";

const parts = await readParts();

Deno.test("every part names its counterparts in Keras, PyTorch and TensorFlow.js", () => {
  assert(parts.length > 150, `found ${parts.length} parts`);
  assertEquals(
    parts.filter(({ counterparts }) => counterparts === undefined).map(({ name }) => name),
    [],
    "these lack a line as: Counterparts: Keras `Dense`; PyTorch `Linear`; " +
      "TensorFlow.js `layers.dense`",
  );
  assertEquals(parts.filter(({ meaning }) => meaning === "").map(({ name }) => name), []);
});

Deno.test("plugins/README.md is as the docstrings have it", async () => {
  const text = await Deno.readTextFile(referenceFile);
  assertEquals(
    text.split("\n"),
    referenceText(parts).split("\n"),
    "write it anew: deno task reference",
  );
});

Deno.test("counterpartsOf() takes a line of all three libraries, and no other", () => {
  const line = "Counterparts: Keras `A`; PyTorch none;\nTensorFlow.js `b.c`";
  assertEquals(counterpartsOf(`One.\n\n${line}\n\nMore.`), ["`A`", "none", "`b.c`"]);
  assertEquals(counterpartsOf(line), ["`A`", "none", "`b.c`"]);
  assertEquals(counterpartsOf("One.\n\nCounterparts: Keras `A`; PyTorch none"), undefined);
  assertEquals(
    counterpartsOf("Counterparts: PyTorch `A`; Keras `B`; TensorFlow.js none"),
    undefined,
  );
  assertEquals(counterpartsOf("One."), undefined);
});
