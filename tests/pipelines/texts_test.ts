import { assert } from "@std/assert";
import { train } from "@millrace/millrace";
import spam from "../../pipelines/spam.ts";

Deno.test("pipelines/spam.ts is right about 97 % of the mails after two epochs", async () => {
  const { metrics } = await train(spam, { set: { epochs: 2, "optimizer.learningRate": 0.01 } });
  const { accuracy, precision, recall, auc } = metrics.test!;
  assert(accuracy! >= 0.97 && precision! >= 0.95 && recall! >= 0.94, JSON.stringify(metrics));
  assert(auc! >= 0.99, JSON.stringify(metrics));
});
