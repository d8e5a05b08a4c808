import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  arrays,
  dense,
  describePipeline,
  evaluate,
  pipeline,
  PipelineError,
  predict,
  predictSplit,
  train,
} from "@millrace/millrace";
import { check } from "../../../core/check/mod.ts";
import { blobs } from "../../support/pipelines.ts";
import { inFolder } from "../../support/runs.ts";

for (const device of ["wasm", "reference"]) {
  Deno.test(`evaluate() gives the scores that train reported, from the file, on ${device}`, async () => {
    await inFolder(async (folder) => {
      const trained = await train(blobs(), { runDirectory: folder, device });
      const evaluated = await evaluate(blobs(), { model: `${folder}/model.safetensors`, device });
      for (const [name, score] of Object.entries(trained.metrics.test!)) {
        // a model is saved in float32, and the reference computes in float64
        assert(Math.abs(evaluated.scores[name]! - score) <= (device === "wasm" ? 0 : 1e-6));
      }
      assertEquals(evaluated.rows, 30);
    });
  });
}

Deno.test("predict() computes probabilities for records, whatever their number", async () => {
  const { model } = await train(blobs());
  const data = Float32Array.from({ length: 4 * 131 }, (_, i) => Math.sin(i));
  const records = { "data.features": { dtype: "f32" as const, shape: [131, 4], data } };
  const { values, output } = await predict(blobs(), { model, records });
  assertEquals([output, values.shape], ["probabilities", [131, 3]]);
  for (let row = 0; row < 131; row++) {
    const [a, b, c] = values.data.subarray(row * 3, row * 3 + 3);
    const sum = a! + b! + c!;
    assert(Math.abs(sum - 1) < 1e-6);
  }
  const one = await predict(blobs(), {
    model,
    records: { "data.features": { dtype: "f32", shape: [1, 4], data: data.subarray(520, 524) } },
  });
  assertEquals([...one.values.data], [...values.data.subarray(390, 393)]);
});

Deno.test("predict() refuses records of another shape, and a model of another pipeline", async () => {
  const { model } = await train(blobs());
  const records = {
    "data.features": { dtype: "f32" as const, shape: [2, 3], data: new Float32Array(6) },
  };
  const wrong = await assertRejects(() => predict(blobs(), { model, records }), PipelineError);
  assertStringIncludes(wrong.message, "received f32[2, 3], expected f32[rows, 4]");
  const other = await assertRejects(
    () => evaluate(blobs(), { model, set: { "logits.dense1.units": 5 } }),
    PipelineError,
  );
  assertStringIncludes(other.message, "received f32[4, 8], expected f32[4, 5]");
});

Deno.test("predict() refuses records with another number of elements, or none that are typed", async () => {
  const { model } = await train(blobs());
  for (const data of [new Float32Array(7), [1, 2, 3, 4, 5, 6, 7, 8] as never]) {
    const records = { "data.features": { dtype: "f32" as const, shape: [2, 4], data } };
    const error = await assertRejects(() => predict(blobs(), { model, records }), PipelineError);
    assertStringIncludes(error.message, "expected 8 elements");
  }
});

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
