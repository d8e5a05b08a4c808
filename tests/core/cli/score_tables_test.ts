import { assertEquals } from "@std/assert";
import { lastTables, scoreTables } from "../../../core/cli/score_tables.ts";

const confusion = {
  rowTitle: "true class",
  columnTitle: "predicted class",
  rows: ["cat", "dog"],
  columns: ["cat", "dog"],
  values: [[1200, 3], [0, 7]],
};
const recall = {
  rowTitle: "class",
  rows: ["cat", "dog"],
  columns: ["recall", "rows"],
  values: [[0.5, 4], [1, 2]],
};

Deno.test("scoreTables() prints counts and shares in columns", () => {
  assertEquals(
    scoreTables({ confusion, recall }),
    `confusion
true class \\ predicted class    cat  dog
cat                           1,200    3
dog                               0    7

recall
class  recall  rows
cat    0.5000     4
dog     1.000     2

`,
  );
});

Deno.test("scoreTables() says how large a table is that a terminal cannot show", () => {
  const names = Array.from({ length: 100 }, (_, i) => String(i));
  const values = names.map(() => names.map(() => 0));
  const large = { ...confusion, rows: names, columns: names, values };
  assertEquals(scoreTables({ large }), "large: 100 by 100 numbers; --json gives them\n\n");
});

Deno.test("lastTables() takes the test split, else the validation split, else training", () => {
  const of = (splits: Parameters<typeof lastTables>[0]) => lastTables(splits).split("\n")[0];
  assertEquals(of({ train: { recall }, validation: { recall }, test: { recall } }), "recall, test");
  assertEquals(of({ train: { recall }, validation: { recall } }), "recall, validation");
  assertEquals(of({ train: { recall } }), "recall, train");
});
