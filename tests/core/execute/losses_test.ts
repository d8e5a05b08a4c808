import { assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import {
  arrays,
  backward,
  dense,
  meanAbsoluteErrorLoss,
  meanSquaredError,
  type Pipeline,
  pipeline,
  sgd,
  train,
  weightedSum,
} from "@millrace/millrace";
import { Progress } from "../../../core/cli/progress.ts";
import { keptStream } from "../cli/support.ts";

/** Two lines with an optimizer each, the first by a sum of losses, and a loss that is only looked at. */
function twoLines(): Pipeline {
  const table = arrays({ x: [[0], [1]], y: [[1], [3]] });
  const [first, second] = [dense(1)(table.x), dense(1)(table.x)];
  const squared = meanSquaredError()({ predictions: first, targets: table.y });
  const absolute = meanAbsoluteErrorLoss()({ predictions: first, targets: table.y });
  const both = weightedSum()([squared, absolute]);
  const other = meanSquaredError()({ predictions: second, targets: table.y });
  const seen = meanSquaredError()({ predictions: first, targets: second });
  return pipeline({
    name: "twoLines",
    batchSize: 2,
    stages: {
      table,
      first,
      second,
      squared,
      absolute,
      both,
      other,
      seen,
      firstFit: sgd()(backward()(both)),
      secondFit: sgd()(backward()(other)),
    },
  });
}

Deno.test("train() reports every loss by name, and as one the sum of those that are made small", async () => {
  const stream = keptStream();
  const progress = new Progress(
    stream,
    (() => {
      let now = 0;
      return () => now += 10_000;
    })(),
  );
  const steps: number[] = [];
  const { loss, lossOf, metrics } = await train(twoLines(), {
    logEvery: 1,
    onEvent(event) {
      progress.event(event);
      if (event.kind === "step") steps.push(event.loss);
    },
  });
  assertEquals(lossOf, ["both", "other"]);
  assertEquals(Object.keys(metrics.train), ["squared", "absolute", "both", "other", "seen"]);
  const { both, other } = metrics.train;
  assertAlmostEquals(loss, both! + other!, 1e-6);
  assertAlmostEquals(steps[0]!, loss, 1e-6);
  assertStringIncludes(stream.text, "both + other ");
});
