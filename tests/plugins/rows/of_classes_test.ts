import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  accuracy,
  type AnyLabels,
  arrays,
  dense,
  evaluate,
  ofClasses,
  pipeline,
  predictSplit,
  train,
} from "@millrace/millrace";
import { adam, backward, sparseCategoricalCrossEntropy } from "@millrace/millrace";
import { check } from "../../../core/check/mod.ts";

const columns = {
  x: [[0], [1], [2], [3], [4], [5]],
  kind: { values: [0, 1, 2, 1, 0, 2], classes: ["a", "b", "c"] },
} as const;

function chosen(options: { classes: readonly number[]; perClass?: number }) {
  const table = arrays(columns, { test: { x: columns.x, kind: columns.kind.values } });
  const some = ofClasses({ labels: "kind", ...options })(table);
  const logits = dense(options.classes.length)(some.x);
  const labels = some.kind as AnyLabels;
  const loss = sparseCategoricalCrossEntropy()({ logits, labels });
  return pipeline({
    name: "chosen",
    batchSize: 1,
    stages: {
      table,
      some,
      logits,
      loss,
      fit: adam()(backward()(loss)),
      accuracy: accuracy()({ logits, labels }),
    },
  });
}

Deno.test("ofClasses() keeps the rows of some classes, numbered anew with their names", async () => {
  const declared = chosen({ classes: [2, 0] });
  const { model, steps } = await train(declared);
  assertEquals(steps, 4);
  const { columns: found, names } = await predictSplit(declared, {
    model,
    output: "logits",
    columns: ["some.x", "some.kind"],
  });
  assertEquals([...found["some.x"]!.data], [0, 2, 4, 5]);
  assertEquals([...found["some.kind"]!.data], [1, 0, 1, 0]);
  assertEquals(names, ["c", "a"]);
});

Deno.test("ofClasses() keeps a few training rows of each class, and all others", async () => {
  const declared = chosen({ classes: [0, 1, 2], perClass: 1 });
  const { model, steps } = await train(declared);
  assertEquals(steps, 3);
  assertEquals((await evaluate(declared, { model })).rows, 6);
});

Deno.test("ofClasses() refuses what is no class, and ports without labels", () => {
  const message = (options: { labels?: string; classes: readonly number[] }) => {
    const table = arrays(columns);
    const some = ofClasses({ labels: "kind", ...options } as never)(table as never);
    const declared = pipeline({ name: "wrong", stages: { table, some: some as never } });
    try {
      check(declared);
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  };
  assertStringIncludes(
    message({ classes: [3] }),
    'Cannot choose rows of class 3: "kind" has 3 classes, from 0',
  );
  assertStringIncludes(
    message({ labels: "x", classes: [0] }),
    'Cannot choose rows by "x": received tensor, expected labels',
  );
  assertStringIncludes(message({ classes: [1, 1] }), "expected each class once");
  assert(message({ classes: [1] }) === "");
});
