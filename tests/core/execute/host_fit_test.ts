/**
 * Host stages that are fitted: what they find is part of the model, as what traced stages find is.
 */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  backward,
  bagOfWords,
  dense,
  evaluate,
  type HostTensor,
  hostTensor,
  labelledTexts,
  type Pipeline,
  pipeline,
  PipelineError,
  predict,
  recordPorts,
  saveModel,
  sgd,
  softmax,
  sparseCategoricalCrossEntropy,
  split,
  train,
} from "@millrace/millrace";

const rows = Array.from(
  { length: 40 },
  (_, i) => i % 2 === 0 ? `good film number ${i},good` : `bad film number ${i},bad`,
);

async function withReviews(use: (declared: Pipeline, folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/reviews.csv`, `text,label\n${rows.join("\n")}\n`);
    const path = `${folder}/reviews.csv`;
    const reviews = labelledTexts({ path, classes: ["bad", "good"], length: 32 });
    const data = split({ test: 0.25, stratify: "label" })(reviews);
    const words = bagOfWords({ vocabulary: 4, minCount: 2 })(data.text);
    const logits = dense(2)(words.weights);
    const loss = sparseCategoricalCrossEntropy()({ logits, labels: data.label });
    const optimizer = sgd({ learningRate: 1 })(backward()(loss));
    const stages = { reviews, data, words, logits, loss, optimizer, chances: softmax()(logits) };
    await use(pipeline({ name: "reviews", epochs: 4, batchSize: 8, stages }), folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function records(...texts: string[]): Readonly<Record<string, HostTensor>> {
  const data = new Uint8Array(32 * texts.length);
  texts.forEach((text, row) => data.set(new TextEncoder().encode(text), 32 * row));
  return { "data.text": hostTensor(data, { shape: [texts.length, 32], dtype: "u8" }) };
}

Deno.test("train() saves what host stages are fitted with, and predict() maps records by it", async () => {
  await withReviews(async (declared, folder) => {
    const { model, metrics } = await train(declared);
    const { shape, dtype, data } = model.tensors["words.vocabulary"]!;
    assertEquals([shape.length, dtype], [1, "u8"]);
    const terms = JSON.parse(new TextDecoder().decode(data as Uint8Array));
    assertEquals(new Set(terms), new Set(["film", "number", "good", "bad"]));
    assert(metrics.test!["loss"]! < 0.4, JSON.stringify(metrics));
    await saveModel(`${folder}/model.safetensors`, model);
    const saved = { model: `${folder}/model.safetensors` };
    assertEquals((await evaluate(declared, saved)).scores, metrics.test);
    assertEquals(Object.keys(recordPorts(declared).ports), ["data.text"]);
    const { values, names } = await predict(declared, {
      ...saved,
      records: records("a good one", "BAD!", "nothing known"),
    });
    assertEquals(names, ["bad", "good"]);
    const good = [1, 3, 5].map((i) => values.data[i]!);
    assert(good[0]! > 0.6 && good[1]! < 0.4 && Math.abs(good[2]! - 0.5) < 0.1, String(good));
  });
});

Deno.test("train() goes on after a stop with what was fitted before it", async () => {
  await withReviews(async (declared, folder) => {
    const whole = await train(declared, { set: { epochs: 4 } });
    const runDirectory = `${folder}/run`;
    await train(declared, { runDirectory, set: { epochs: 2 } });
    const resumed = await train(declared, { runDirectory, resume: true, set: { epochs: 4 } });
    assertEquals(resumed.model.tensors, whole.model.tensors);
  });
});

Deno.test("predict() refuses a model that has nothing for a fitted host stage", async () => {
  await withReviews(async (declared) => {
    const { model } = await train(declared);
    const { "words.vocabulary": _, "words.rarity": __, ...tensors } = model.tensors;
    const error = await assertRejects(
      () => predict(declared, { model: { ...model, tensors }, records: records("good") }),
      PipelineError,
      '"words": Cannot run this stage: it is fitted to data, and the model has nothing for it',
    );
    assertStringIncludes(error.message, "train it anew");
    const broken = {
      ...model.tensors,
      "words.vocabulary": hostTensor([1, 2], { shape: [2], dtype: "u8" }),
    };
    await assertRejects(
      () => predict(declared, { model: { ...model, tensors: broken }, records: records("good") }),
      PipelineError,
      "Cannot read a list of texts in the model",
    );
  });
});
