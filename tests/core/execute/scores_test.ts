import { assert, assertEquals } from "@std/assert";
import {
  arrays,
  backward,
  confusionMatrix,
  dense,
  evaluate,
  fBeta,
  type Pipeline,
  pipeline,
  type PipelineOptions,
  prAuc,
  rocAuc,
  sgd,
  sparseCategoricalCrossEntropy,
  syntheticClassification,
  train,
} from "@millrace/millrace";
import { Column } from "../../../core/execute/column.ts";

/** A classifier with metrics of every kind: sums, columns, tables. */
function measured(options: Partial<PipelineOptions> = {}): Pipeline {
  const data = syntheticClassification({
    rows: 50,
    testRows: 30,
    features: 3,
    classes: 3,
    noise: 1.5,
    seed: 2,
  });
  const logits = dense(3)(data.features);
  const scored = { logits, labels: data.label };
  const optimizer = sgd({ learningRate: 0.01 })(
    backward()(sparseCategoricalCrossEntropy()(scored)),
  );
  return pipeline({
    name: "measured",
    epochs: 2,
    batchSize: 8,
    stages: {
      data,
      logits,
      optimizer,
      f1: fBeta()(scored),
      roc: rocAuc()(scored),
      areas: prAuc({ average: "none" })(scored),
      confusion: confusionMatrix()(scored),
    },
    ...options,
  });
}

for (const device of ["reference", "wasm"]) {
  Deno.test(`evaluate() gives metrics that do not depend on the batch size, on ${device}`, async () => {
    const { model, metrics, tables } = await train(measured(), { device });
    const results = [];
    for (const evaluateBatchSize of [30, 7, 1]) {
      const set = { evaluateBatchSize };
      const { scores, tables } = await evaluate(measured(), { device, model, set });
      results.push({ roc: scores.roc, f1: scores.f1, tables });
    }
    assertEquals(results[1], results[0]);
    assertEquals(results[2], results[0]);
    assertEquals(results[0], {
      roc: metrics.test!.roc,
      f1: metrics.test!.f1,
      tables: tables!.test!,
    });
    assert(metrics.test!.roc! > 0.5 && metrics.test!.roc! < 1);
    const { confusion, areas } = tables!.test!;
    assertEquals(confusion!.values.flat().reduce((sum, count) => sum + count, 0), 30);
    assertEquals(areas!.columns, ["area", "rows"]);
  });
}

Deno.test("train() tells of no tables where no metric is one", async () => {
  const table = arrays({ x: [[0], [1]], kind: { values: [0, 1], classes: 2 } });
  const scored = { logits: dense(2)(table.x), labels: table.kind };
  const fit = sgd()(backward()(sparseCategoricalCrossEntropy()(scored)));
  const result = await train(pipeline({ name: "plain", stages: { table, fit } }));
  assert(!("tables" in result));
});

Deno.test("train() resumed within an epoch has the metrics of the whole epoch", async () => {
  const whole = await train(measured());
  const runDirectory = await Deno.makeTempDir();
  try {
    const controller = new AbortController();
    const stopped = await train(measured(), {
      runDirectory,
      logEvery: 1,
      signal: controller.signal,
      onEvent(event) {
        if (event.kind === "step" && event.step === 10) controller.abort();
      },
    });
    assertEquals(stopped.steps, 10); // three steps into the second epoch
    const resumed = await train(measured(), { runDirectory, resume: true });
    assertEquals(resumed.metrics, whole.metrics);
    assertEquals(resumed.tables, whole.tables);
    const record = JSON.parse(await Deno.readTextFile(`${runDirectory}/run.json`));
    assertEquals(record.results.tables, whole.tables);
  } finally {
    await Deno.remove(runDirectory, { recursive: true });
  }
});

Deno.test("Column keeps what is appended, and forgets it", () => {
  const column = new Column("u8");
  for (let i = 0; i < 5; i++) column.append(Uint8Array.of(i, i + 1, i + 2));
  assertEquals([...column.elements].slice(9), [3, 4, 5, 4, 5, 6]);
  assertEquals(column.tensor().shape, [15]);
  column.clear();
  assertEquals(column.elements.length, 0);
  column.append(Uint8Array.of(9));
  assertEquals(column.elements, Uint8Array.of(9));
});
