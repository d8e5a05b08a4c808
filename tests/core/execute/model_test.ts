import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  accuracy,
  arrays,
  backward,
  categoricalAccuracy,
  DataError,
  decodeSafetensors,
  dense,
  dropout,
  encodeSafetensors,
  evaluate,
  type Issue,
  loadModel,
  meanAbsoluteError,
  meanSquaredError,
  type Pipeline,
  pipeline,
  PipelineError,
  predict,
  predictSplit,
  RandomStream,
  relu,
  rescale,
  saveModel,
  sequential,
  sgd,
  sparseCategoricalCrossEntropy,
  tanh,
  train,
  type TrainedModel,
} from "@millrace/millrace";
import { blobs } from "../../support/pipelines.ts";
import { inFolder } from "../../support/runs.ts";

/** The model of a short run, as it comes back from its file. */
async function modelOf(
  declared: Pipeline,
  set: Record<string, unknown> = {},
): Promise<TrainedModel> {
  const { model } = await train(declared, { set: { epochs: 1, ...set } });
  let loaded = model;
  await inFolder(async (folder) => {
    await saveModel(`${folder}/model.safetensors`, model);
    loaded = await loadModel(`${folder}/model.safetensors`);
  });
  return loaded;
}

interface LineOptions {
  readonly scale?: number;
  readonly offset?: number;
  readonly activation?: "linear" | "tanh";
  readonly rows?: number;
  readonly learningRate?: number;
  readonly reduction?: "mean" | "sum";
}

/** A line through points, of two columns of which it reads one. */
function line(
  { scale = 1, offset = 0, activation = "linear", rows = 3, learningRate, reduction }: LineOptions =
    {},
): Pipeline {
  const points = Array.from({ length: rows }, (_, i) => [i]);
  const data = arrays({ x: points, y: points, z: points }, {
    test: { x: points, y: points, z: points },
  });
  const pixels = rescale({ scale, offset })(data.x);
  const predictions = dense(1, { activation })(pixels);
  const loss = meanSquaredError({ reduction })({ predictions, targets: data.y });
  const fit = sgd({ learningRate })(backward()(loss));
  return pipeline({
    name: "line",
    stages: {
      data,
      pixels,
      predictions,
      loss,
      fit,
      error: meanAbsoluteError()({
        predictions,
        targets: data.y,
      }),
    },
  });
}

async function refusal(
  declared: Pipeline,
  options: { readonly model: TrainedModel; readonly set?: Record<string, unknown> },
): Promise<PipelineError> {
  return await assertRejects(
    () => evaluate(declared, options),
    PipelineError,
  );
}

function differences({ issues }: { readonly issues: readonly Issue[] }): unknown[] {
  return issues.map(({ path, received, expected }) => [path, received, expected]);
}

Deno.test("evaluate() refuses a model of another pipeline, and lists every difference", async () => {
  const model = await modelOf(line());
  const error = await refusal(line({ scale: 1000, activation: "tanh" }), { model });
  assertEquals(differences(error), [
    ["pixels.scale", "1", "1000"],
    ["predictions.activation", '"linear"', '"tanh"'],
  ]);
  assertStringIncludes(
    error.message,
    '"pixels.scale": Cannot load the model of pipeline "line" into this one: received 1, expected 1000',
  );
  assertStringIncludes(
    error.message,
    "use the pipeline and --set values that the model was trained with",
  );
});

Deno.test("evaluate() takes the model again with the settings that it was trained with", async () => {
  const set = { "pixels.scale": 3 };
  const model = await modelOf(line(), set);
  assertEquals(differences(await refusal(line(), { model })), [["pixels.scale", "3", "1"]]);
  await evaluate(line(), { model, set });
});

Deno.test("evaluate() does not mind other rows, run settings, losses or optimizers", async () => {
  const model = await modelOf(line());
  const other = line({ rows: 7, learningRate: 0.5, reduction: "sum" });
  const { rows } = await evaluate(other, {
    model,
    set: { batchSize: 2, evaluateBatchSize: 5, seed: 3, epochs: 9 },
  });
  assertEquals(rows, 7);
});

Deno.test("evaluate() takes metrics that were not there in training, or are others now", async () => {
  const declared = (later: boolean) => {
    const data = arrays({ x: [[0, 1], [1, 0]], kind: { values: [1, 0], classes: 2 } }, {
      test: { x: [[0, 1]], kind: [1] },
    });
    const logits = dense(2)(data.x);
    const loss = sparseCategoricalCrossEntropy()({ logits, labels: data.kind });
    const usual = accuracy()({ logits, labels: data.kind });
    const targets = rescale({ scale: 2 })(data.x);
    return pipeline({
      name: "scored",
      stages: {
        data,
        logits,
        targets,
        loss,
        fit: sgd()(backward()(loss)),
        score: later ? categoricalAccuracy()({ logits, targets }) : usual,
        ...(later ? { usual } : {}),
      },
    });
  };
  const model = await modelOf(declared(false));
  const { scores } = await evaluate(declared(true), { model });
  assertEquals(Object.keys(scores).sort(), ["loss", "score", "usual"]);
});

Deno.test("predict() compares only the stages that the prediction needs", async () => {
  const declared = (second: number) => {
    const data = arrays({ x: [[1], [2]], y: [[1], [2]] });
    const near = dense(1)(rescale({ scale: 2 })(data.x));
    const far = dense(1)(rescale({ scale: second })(data.x));
    const losses = {
      near: meanSquaredError()({ predictions: near, targets: data.y }),
      far: meanSquaredError()({ predictions: far, targets: data.y }),
    };
    return pipeline({
      name: "pair",
      stages: {
        data,
        near,
        far,
        nearLoss: losses.near,
        farLoss: losses.far,
        fitNear: sgd()(backward()(losses.near)),
        fitFar: sgd()(backward()(losses.far)),
      },
    });
  };
  const model = await modelOf(declared(5));
  const records = { "data.x": { dtype: "f32" as const, shape: [1, 1], data: Float32Array.of(3) } };
  const options = { model, records };
  await predict(declared(6), { ...options, output: "near" });
  const error = await assertRejects(
    () => predict(declared(6), { ...options, output: "far" }),
    PipelineError,
  );
  assertEquals(differences(error), [["rescale2.scale", "5", "6"]]);
  await assertRejects(
    () => predictSplit(declared(6), { model, output: "far", split: "train" }),
    PipelineError,
    "rescale2.scale",
  );
});

Deno.test("evaluate() refuses other wiring, other kinds, and stages that were not trained", async () => {
  const declared = (
    { column, layer, after }: {
      readonly column: "x" | "z";
      readonly layer: "rescale" | "tanh";
      readonly after: boolean;
    },
  ) => {
    const points = [[1], [2]];
    const data = arrays({ x: points, z: points, y: points }, {
      test: { x: points, z: points, y: points },
    });
    const first = layer === "rescale" ? rescale()(data[column]) : tanh()(data[column]);
    const inner = dense(1)(first);
    const predictions = after ? relu()(inner) : inner;
    const loss = meanSquaredError()({ predictions, targets: data.y });
    return pipeline({
      name: "wired",
      stages: { data, first, inner, loss, fit: sgd()(backward()(loss)) },
    });
  };
  const usual = { column: "x", layer: "rescale", after: false } as const;
  const model = await modelOf(declared(usual));
  assertEquals(differences(await refusal(declared({ ...usual, column: "z" }), { model })), [
    ["first.x", '"data.x"', '"data.z"'],
  ]);
  assertEquals(differences(await refusal(declared({ ...usual, layer: "tanh" }), { model })), [
    ["first", "rescale", "tanh"],
  ]);
  assertEquals(differences(await refusal(declared({ ...usual, after: true }), { model })), [
    ["relu", "no such stage", "relu"],
    ["loss.predictions", '"inner.output"', '"relu.output"'],
  ]);
});

Deno.test("evaluate() refuses other stages inside a stage, and another order of them", async () => {
  const declared = (kind: "early" | "late" | "none", rate = 0.5) => {
    const points = [[1], [2]];
    const data = arrays({ x: points, y: points }, { test: { x: points, y: points } });
    const predictions = {
      early: () => sequential(dense(1), relu(), dropout(rate))(data.x),
      late: () => sequential(dense(1), dropout(rate), relu())(data.x),
      none: () => sequential(dense(1), relu())(data.x),
    }[kind]();
    const loss = meanSquaredError()({ predictions, targets: data.y });
    return pipeline({
      name: "nested",
      stages: { data, predictions, loss, fit: sgd()(backward()(loss)) },
    });
  };
  const model = await modelOf(declared("early"));
  await evaluate(declared("early"), { model });
  assertEquals(differences(await refusal(declared("late"), { model })), [
    ["predictions", "dense, relu, dropout", "dense, dropout, relu"],
  ]);
  assertEquals(differences(await refusal(declared("none"), { model })), [
    ["predictions", "dense, relu, dropout", "dense, relu"],
  ]);
  assertEquals(differences(await refusal(declared("early", 0.25), { model })), [
    ["predictions.dropout.rate", "0.5", "0.25"],
  ]);
});

Deno.test("loadModel() refuses a description that is none, whatever JSON it is", async () => {
  const { model } = await train(blobs(), { set: { epochs: 1 } });
  const stage = { name: "a", kind: "b", family: "layer", config: {}, inputs: {} };
  const whole = { name: "p", run: {}, stages: [stage] };
  const wrong = [
    null,
    5,
    "text",
    [],
    {},
    { ...whole, name: 1 },
    { ...whole, run: null },
    { ...whole, stages: {} },
    { ...whole, stages: [null] },
    { ...whole, stages: [{ ...stage, kind: undefined }] },
    { ...whole, stages: [{ ...stage, inputs: { x: 3 } }] },
    { ...whole, stages: [{ ...stage, children: {} }] },
    { ...whole, stages: [{ ...stage, children: [{}] }] },
  ];
  await inFolder(async (folder) => {
    const path = `${folder}/model.safetensors`;
    const write = (text: string) =>
      Deno.writeFile(path, encodeSafetensors(model.tensors, { "millrace.pipeline": text }));
    for (const text of [...wrong.map((value) => JSON.stringify(value)), "", "{", "undefined"]) {
      await write(text);
      const error = await assertRejects(() => loadModel(path), DataError, undefined, text);
      assertStringIncludes(error.message, "the file has no description of a Millrace pipeline");
      assertStringIncludes(error.message, "give a model.safetensors that `train` wrote");
    }
    await Deno.writeFile(path, encodeSafetensors(model.tensors));
    await assertRejects(() => loadModel(path), DataError, "no description");
    await write(JSON.stringify(whole));
    assertEquals((await loadModel(path)).description, whole as never);
  });
});

Deno.test("loadModel() refuses a file without a checksum", async () => {
  const { model } = await train(blobs(), { set: { epochs: 1 } });
  await inFolder(async (folder) => {
    const path = `${folder}/model.safetensors`;
    await saveModel(path, model);
    const text = new TextDecoder("latin1").decode(await Deno.readFile(path));
    const renamed = Uint8Array.from(
      text.replace('"millrace.sha256"', '"millrace.sha255"'),
      (character) => character.charCodeAt(0),
    );
    decodeSafetensors(renamed, path); // whole in all else
    await Deno.writeFile(path, renamed);
    await assertRejects(() => loadModel(path), DataError, 'its metadata has no "millrace.sha256"');
  });
});

Deno.test("loadModel() refuses a file with any one byte altered", async () => {
  const { model } = await train(blobs(), { set: { epochs: 1 } });
  await inFolder(async (folder) => {
    const path = `${folder}/model.safetensors`;
    await saveModel(path, model);
    const bytes = await Deno.readFile(path);
    const data = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const random = new RandomStream(1, "altered bytes");
    const some = (from: number, to: number, count: number) =>
      Array.from({ length: count }, () => from + Math.floor(random.uniform() * (to - from)));
    const length = Array.from({ length: 8 }, (_, i) => i);
    for (const place of [...length, ...some(8, data, 300), ...some(data, bytes.length, 60)]) {
      const mask = 1 + Math.floor(random.uniform() * 255);
      const altered = bytes.slice();
      altered[place]! ^= mask;
      await Deno.writeFile(path, altered);
      await assertRejects(
        () => loadModel(path),
        DataError,
        "Cannot read the safetensors file",
        `byte ${place} ^ ${mask}`,
      );
    }
    await Deno.writeFile(path, bytes);
    await loadModel(path);
  });
});

Deno.test("loadModel() refuses a file that is truncated, altered, or no model", async () => {
  await inFolder(async (folder) => {
    await train(blobs(), { runDirectory: folder });
    const path = `${folder}/model.safetensors`;
    const bytes = await Deno.readFile(path);
    await Deno.writeFile(path, bytes.subarray(0, bytes.length - 7));
    await assertRejects(() => loadModel(path), Error, "Cannot read the safetensors file");
    const altered = bytes.slice();
    altered[altered.length - 9]! ^= 1;
    await Deno.writeFile(path, altered);
    await assertRejects(() => loadModel(path), Error, "Cannot read the safetensors file");
    await assertRejects(
      () => loadModel(`${folder}/none.safetensors`),
      Error,
      "there is no such file",
    );
  });
});
