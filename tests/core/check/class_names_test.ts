import { assertEquals } from "@std/assert";
import {
  accuracy,
  arrays,
  categoricalCrossEntropy,
  dense,
  dropout,
  oneHot,
  pipeline,
  sequential,
  softmax,
  sparseCategoricalCrossEntropy,
} from "@millrace/millrace";
import { check, traceFor } from "../../../core/check/mod.ts";
import { twoHeads } from "../../support/pipelines.ts";

const checked = check(twoHeads());

function namesOf(predict: string, of = checked): readonly string[] | undefined {
  return traceFor(of, { purpose: { predict }, batchSize: 2 }).names;
}

Deno.test("traceFor() names each head's classes after the labels it is compared with", () => {
  assertEquals(namesOf("size"), ["small", "middle", "large"]);
  assertEquals(namesOf("color"), ["red", "green", "blue"]);
});

Deno.test("traceFor() names the classes of what is computed place by place from compared scores", () => {
  assertEquals(namesOf("sizes"), ["small", "middle", "large"]);
  assertEquals(namesOf("colors"), ["red", "green", "blue"]);
});

Deno.test("traceFor() names no columns that no labels are compared with", () => {
  assertEquals(namesOf("hidden"), undefined); // as many columns as classes
  assertEquals(namesOf("mixed"), undefined); // each column from all scores
});

Deno.test("traceFor() names classes through one-hot targets, and metrics where no loss has any", () => {
  const data = arrays({ x: [[1, 2]], kind: { values: [1], classes: ["cat", "dog"] } });
  const scores = dense(2)(data.x);
  const loss = categoricalCrossEntropy()({ logits: scores, targets: oneHot()(data.kind) });
  const hot = check(pipeline({ name: "hot", stages: { data, scores, loss } }));
  assertEquals(namesOf("scores", hot), ["cat", "dog"]);
  assertEquals(namesOf("oneHot", hot), ["cat", "dog"]); // its columns
  const right = accuracy()({ logits: scores, labels: data.kind });
  const measured = check(pipeline({ name: "measured", stages: { data, scores, right } }));
  assertEquals(namesOf("scores", measured), ["cat", "dog"]);
});

Deno.test("traceFor() names classes where the last layer of a sequence is compared", () => {
  const data = arrays({ x: [[1, 2]], kind: { values: [1], classes: ["cat", "dog"] } });
  const scores = sequential(dense(4), dropout(0.5), dense(2))(data.x);
  const loss = sparseCategoricalCrossEntropy()({ logits: scores, labels: data.kind });
  const chances = softmax()(dropout(0.1)(scores));
  const deep = check(pipeline({ name: "deep", stages: { data, scores, loss, chances } }));
  assertEquals(namesOf("chances", deep), ["cat", "dog"]);
});
