import { assert, assertEquals } from "@std/assert";
import { arrays, balance, pipeline, RandomStream, train } from "@millrace/millrace";
import { backward, dense, sgd, softmax, sparseCategoricalCrossEntropy } from "@millrace/millrace";
import { balanced } from "../../../plugins/rows/balance.ts";

Deno.test("balanced() has every row, and as many of every key", () => {
  for (let seed = 0; seed < 40; seed++) {
    const random = new RandomStream(seed, "balance");
    const keys = Array.from({ length: 1 + random.below(60) }, () => random.below(1 + seed % 6));
    const rows = balanced(keys, seed);
    assertEquals(new Set(rows).size, keys.length, String(seed));
    const counts = [...Map.groupBy(rows, (row) => keys[row]!).values()].map(({ length }) => length);
    assertEquals(new Set(counts).size, 1, String(seed));
    const times = [...Map.groupBy(rows, (row) => row)];
    for (const [row, same] of times) {
      const alike = times.filter(([other]) => keys[other] === keys[row]);
      assert(alike.every(([, others]) => Math.abs(others.length - same.length) <= 1), String(seed));
    }
  }
});

Deno.test("balance() repeats training rows, and leaves other splits as they are", async () => {
  const table = arrays({
    x: [[1], [2], [3], [4], [5]],
    kind: { values: [0, 0, 0, 0, 1], classes: ["common", "rare"] },
  }, { test: { x: [[1], [2], [3]], kind: [0, 0, 1] } });
  const data = balance("kind")(table);
  const logits = dense(2)(data.x);
  const loss = sparseCategoricalCrossEntropy()({ logits, labels: data.kind });
  const optimizer = sgd()(backward()(loss));
  const stages = { table, data, logits, loss, optimizer, chances: softmax()(logits) };
  const rows: number[] = [];
  await train(pipeline({ name: "rare", batchSize: 1, stages }), {
    device: "reference",
    onEvent: (event) => event.kind === "start" && rows.push(event.rows),
  });
  assertEquals(rows, [8]);
});
