import { assertEquals, assertRejects } from "@std/assert";
import {
  arrays,
  dense,
  describePipeline,
  pipeline,
  PipelineError,
  predict,
  predictSplit,
  train,
} from "@millrace/millrace";
import { check } from "../../../core/check/mod.ts";
import { blobs } from "../../support/pipelines.ts";

Deno.test("predictSplit() gives what predict() gives for the same rows, beside their columns", async () => {
  const { model } = await train(blobs());
  const columns = ["data.features", "data.label"];
  const over = await predictSplit(blobs(), {
    model,
    output: "logits",
    columns,
    set: { evaluateBatchSize: 7 },
  });
  assertEquals([over.output, over.rows, over.values.shape], ["logits", 30, [30, 3]]);
  assertEquals(Object.keys(over.columns), columns);
  assertEquals(over.columns["data.label"]!.shape, [30]);
  const records = { "data.features": over.columns["data.features"]! };
  const once = await predict(blobs(), { model, output: "logits", records });
  assertEquals(once.values.shape, over.values.shape);
  once.values.data.forEach((value, i) =>
    assertEquals(Math.abs(value - over.values.data[i]!) < 1e-5, true)
  );
});

Deno.test("predictSplit() takes the default output, another split, and a limit", async () => {
  const { model } = await train(blobs(), { set: { epochs: 1 } });
  const over = await predictSplit(blobs(), { model, split: "train", limit: 11 });
  assertEquals([over.output, over.rows, over.columns], ["probabilities", 11, {}]);
});

Deno.test("predictSplit() refuses a split and a column that are not there", async () => {
  const { model } = await train(blobs(), { set: { epochs: 1 } });
  await assertRejects(
    () => predictSplit(blobs(), { model, columns: ["data.labels"] }),
    PipelineError,
    'did you mean "data.label"?',
  );
  const data = arrays({ x: [[0], [1]] });
  const alone = pipeline({ name: "alone", stages: { data, double: dense(1)(data.x) } });
  const tensors = {
    "double.weight": { shape: [1, 1], dtype: "f32" as const, data: Float32Array.of(2) },
    "double.bias": { shape: [1], dtype: "f32" as const, data: Float32Array.of(0) },
  };
  const description = describePipeline(check(alone).resolved);
  const trained = { ...model, pipeline: "alone", tensors, description };
  await assertRejects(
    () => predictSplit(alone, { model: trained }),
    PipelineError,
    'Cannot predict: the loader has no split "test"',
  );
  const { values } = await predictSplit(alone, { model: trained, split: "train" });
  assertEquals([...values.data], [0, 2]);
});
