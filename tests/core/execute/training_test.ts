import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { z } from "zod";
import {
  arrays,
  backward,
  csv,
  defineLoader,
  defineStage,
  dense,
  type Dim,
  evaluate,
  loadModel,
  meanSquaredError,
  ops,
  pipeline,
  PipelineError,
  predict,
  type RunEvent,
  sequential,
  sgd,
  type Tensor,
  train,
  type TrainResult,
} from "@millrace/millrace";
import { blobs, exploding } from "../../support/pipelines.ts";

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function bitsOf({ model }: Pick<TrainResult, "model">): Record<string, string> {
  return Object.fromEntries(
    Object.entries(model.tensors).map(([path, { data }]) => [
      path,
      Array.from(new Uint32Array(new Float32Array(data).buffer), (word) => word.toString(16)).join(
        " ",
      ),
    ]),
  );
}

for (const device of ["wasm", "reference"]) {
  Deno.test(`train() lowers the loss and reports scores, on ${device}`, async () => {
    const events: RunEvent[] = [];
    const result = await train(blobs(), {
      device,
      onEvent: (event) => events.push(event),
      logEvery: 1,
      set: { epochs: 20 },
    });
    assertEquals(result.steps, 80);
    assertEquals(result.parameters, 4 * 8 + 8 + 8 * 3 + 3);
    assert(result.metrics.train["accuracy"]! > 0.8, JSON.stringify(result.metrics));
    assert(result.metrics.test!["accuracy"]! > 0.7, JSON.stringify(result.metrics));
    assertEquals(events.filter((event) => event.kind === "step").length, 80);
    assertEquals(events.filter((event) => event.kind === "epoch").length, 20);
    assertEquals(events[0]!.kind, "start");
  });
}

Deno.test("train() gives the same loss curve on wasm as on the reference device", async () => {
  const curve = async (device: string) => {
    const losses: number[] = [];
    await train(blobs(), {
      device,
      logEvery: 1,
      onEvent: (event) => event.kind === "step" && losses.push(event.loss),
    });
    return losses;
  };
  const [wasm, reference] = [await curve("wasm"), await curve("reference")];
  assertEquals(wasm.length, 12);
  wasm.forEach((loss, i) =>
    assert(
      Math.abs(loss - reference[i]!) < 1e-5 * reference[i]!,
      `step ${i + 1}: ${loss} ${reference[i]}`,
    )
  );
});

Deno.test("train() gives the same bits twice with one seed, and others with another", async () => {
  const [first, second] = [await train(blobs()), await train(blobs())];
  const other = await train(blobs(), { set: { seed: 8 } });
  assertEquals(bitsOf(first), bitsOf(second));
  assert(bitsOf(first)["logits.dense1.weight"] !== bitsOf(other)["logits.dense1.weight"]);
});

Deno.test("train() writes model.safetensors with the same bytes twice", async () => {
  await inFolder(async (folder) => {
    for (const run of ["a", "b"]) await train(blobs(), { runDirectory: `${folder}/${run}` });
    const [a, b] = await Promise.all(
      ["a", "b"].map((run) => Deno.readFile(`${folder}/${run}/model.safetensors`)),
    );
    assertEquals(a, b);
  });
});

Deno.test("train() drops the last batch when told to", async () => {
  assertEquals((await train(blobs(), { set: { lastBatch: "drop", epochs: 1 } })).steps, 3);
  assertEquals((await train(blobs(), { set: { lastBatch: "keep", epochs: 1 } })).steps, 4);
});

Deno.test("train() refuses to drop the only batch", async () => {
  const error = await assertRejects(
    () => train(blobs(), { set: { lastBatch: "drop", batchSize: 64 } }),
    PipelineError,
  );
  assertStringIncludes(error.message, "received 60 rows, expected at least 64");
});

Deno.test("train() uses only the first rows under a limit", async () => {
  assertEquals((await train(blobs(), { limit: 20, set: { epochs: 1 } })).steps, 2);
});

Deno.test("train() resumes in the middle of an epoch to the same bits", async () => {
  await inFolder(async (folder) => {
    const whole = await train(blobs());
    const controller = new AbortController();
    const stopped = await train(blobs(), {
      runDirectory: folder,
      signal: controller.signal,
      logEvery: 1,
      onEvent: (event) => event.kind === "step" && event.step === 6 && controller.abort(),
    });
    assertEquals([stopped.stopped, stopped.steps], [true, 6]);
    const resumed = await train(blobs(), { runDirectory: folder, resume: true });
    assertEquals([resumed.stopped, resumed.steps], [false, 12]);
    assertEquals(bitsOf(resumed), bitsOf(whole));
    assertEquals(resumed.metrics.train, whole.metrics.train);
    assertEquals(resumed.metrics.test, whole.metrics.test);
  });
});

Deno.test("train() passes over a torn checkpoint and goes back to the one before it", async () => {
  await inFolder(async (folder) => {
    const whole = await train(blobs(), { runDirectory: folder });
    const names = [...Deno.readDirSync(`${folder}/checkpoints`)].map((entry) => entry.name).sort();
    assertEquals(names.length, 2);
    const newest = `${folder}/checkpoints/${names[1]}`;
    const bytes = await Deno.readFile(newest);
    await Deno.writeFile(newest, bytes.subarray(0, bytes.length - 5));
    const told: string[] = [];
    const resumed = await train(blobs(), {
      runDirectory: folder,
      resume: true,
      onEvent: (event) => event.kind === "message" && told.push(event.text),
    });
    assertStringIncludes(told.join(), "Going back to the checkpoint before it");
    assertEquals(bitsOf(resumed), bitsOf(whole));
    assertEquals(resumed.metrics, whole.metrics);
  });
});

Deno.test("train() refuses to resume with other settings, and without a checkpoint", async () => {
  await inFolder(async (folder) => {
    await train(blobs(), { runDirectory: `${folder}/run` });
    const changed = await assertRejects(
      () =>
        train(blobs(), {
          runDirectory: `${folder}/run`,
          resume: true,
          set: { "optimizer.learningRate": 0.5 },
        }),
      PipelineError,
    );
    assertEquals(
      changed.message,
      `"optimizer.learningRate": Cannot resume "${folder}/run": this has changed: ` +
        "received 0.5, expected 0.01\n" +
        "  hint: resume with the pipeline and settings that the run began with, or train anew",
    );
    const empty = await assertRejects(
      () => train(blobs(), { runDirectory: `${folder}/new`, resume: true }),
      PipelineError,
    );
    assertStringIncludes(empty.message, "holds no good checkpoint");
  });
});

Deno.test("train() says what has changed since the run began: settings, stages, data", async () => {
  const line = (path: string, { extra = false, options = {} } = {}) => {
    const points = csv({ path, features: ["x"], targets: ["y"] });
    const x = points.features;
    const fitted = extra ? sequential(dense(2), dense(1))(x) : dense(1)(x);
    const loss = meanSquaredError()({ predictions: fitted, targets: points.targets });
    const fit = sgd({ learningRate: 0.01 })(backward()(loss));
    return pipeline({ name: "line", stages: { points, fitted, loss, fit }, ...options });
  };
  await inFolder(async (folder) => {
    const runDirectory = `${folder}/run`;
    const path = `${folder}/line.csv`;
    await Deno.writeTextFile(path, "x,y\n0,1\n1,3\n2,5\n");
    await train(line(path), { runDirectory });
    const changes = async (options: Parameters<typeof line>[1], limit?: number) => {
      const { issues } = await assertRejects(
        () =>
          train(line(path, options), {
            runDirectory,
            resume: true,
            ...(limit === undefined ? {} : { limit }),
          }),
        PipelineError,
      );
      return issues.map(({ path, message, received, expected }) =>
        [path, message.replace(folder, ""), received, expected].join("|")
      );
    };
    const setting = 'Cannot resume "/run": this has changed';
    assertEquals(await changes({ options: { batchSize: 2, seed: 4 } }), [
      `batchSize|${setting}|2|32`,
      `seed|${setting}|4|0`,
    ]);
    assertEquals(await changes({ extra: true }), [`fitted|${setting}|sequential|dense`]);
    assertEquals(await changes({}, 2), [`limit|${setting}|2|nothing`]);
    await Deno.writeTextFile(path, "x,y\n0,1\n1,3\n2,6\n");
    assertEquals(await changes({}), [
      '|Cannot resume "/run": the data of "points" has changed||',
    ]);
    await Deno.remove(`${runDirectory}/run.json`);
    assertEquals(await changes({}), [
      '|Cannot resume "/run": the pipeline or its settings have changed||',
    ]);
  });
});

Deno.test("train() changes nothing of a finished run that has nothing left to do", async () => {
  await inFolder(async (folder) => {
    await train(blobs(), { runDirectory: folder });
    const before = await Deno.readTextFile(`${folder}/run.json`);
    const resume = async (epochs: number) => {
      const error = await assertRejects(
        () => train(blobs(), { runDirectory: folder, resume: true, set: { epochs } }),
        PipelineError,
      );
      return error.message.replace(folder, "run");
    };
    assertEquals(
      await resume(2),
      '"epochs": Cannot resume "run": it has gone further: received 2, expected at least 3',
    );
    assertEquals(
      await resume(3),
      '"epochs": Cannot resume "run": nothing is left to train: received 3\n  hint: raise epochs',
    );
    assertEquals(await Deno.readTextFile(`${folder}/run.json`), before);
  });
});

Deno.test("train() goes back to no checkpoint when all are damaged", async () => {
  await inFolder(async (folder) => {
    await train(blobs(), { runDirectory: folder });
    for (const { name } of Deno.readDirSync(`${folder}/checkpoints`)) {
      await Deno.writeTextFile(`${folder}/checkpoints/${name}`, "torn");
    }
    const told: string[] = [];
    const onEvent = (event: RunEvent) => event.kind === "message" && told.push(event.text);
    const { message } = await assertRejects(
      () => train(blobs(), { runDirectory: folder, resume: true, onEvent }),
      PipelineError,
    );
    assertEquals(told.map((text) => text.includes("Going back")), [true, false]);
    assertStringIncludes(message, "holds no good checkpoint\n  hint: train anew");
  });
});

Deno.test("train() resumes a finished run for more epochs", async () => {
  await inFolder(async (folder) => {
    const whole = await train(blobs(), { set: { epochs: 5 } });
    await train(blobs(), { runDirectory: folder });
    const more = await train(blobs(), { runDirectory: folder, resume: true, set: { epochs: 5 } });
    assertEquals(more.steps, 20);
    assertEquals(bitsOf(more), bitsOf(whole));
    assertEquals(more.metrics, whole.metrics);
  });
});

Deno.test("train() stops on a loss that is not finite, and names stage, step and rows", async () => {
  const error = await assertRejects(() => train(exploding()), PipelineError);
  const [issue] = error.issues;
  assertEquals(issue!.code, "nan");
  assert(/after step \d+ \(epoch \d+\)/.test(error.message), error.message);
  assert(/data rows \d, \d/.test(error.message), error.message);
  assert(["line", "loss", "optimizer"].includes(issue!.path), issue!.path);
});

Deno.test("train() keeps the last good checkpoint when a value becomes infinite", async () => {
  await inFolder(async (folder) => {
    const error = await assertRejects(
      () => train(exploding(), { runDirectory: folder }),
      PipelineError,
    );
    assertStringIncludes(error.message, "last good checkpoint");
    for (const { name } of Deno.readDirSync(`${folder}/checkpoints`)) {
      const { decodeSafetensors } = await import("@millrace/millrace");
      const path = `${folder}/checkpoints/${name}`;
      const { tensors } = decodeSafetensors(await Deno.readFile(path), path);
      for (const tensor of Object.values(tensors)) assert(tensor.data.every(Number.isFinite));
    }
  });
});

Deno.test("train() refuses a run directory that cannot be written", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    const error = await assertRejects(() => train(blobs(), { runDirectory: `${folder}/file/run` }));
    assertStringIncludes((error as Error).message, "Cannot write the run directory");
  });
});

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

Deno.test("train() refuses a pipeline in which no optimizer is listed", async () => {
  const data = arrays({ x: [[1], [2]], y: [[1], [2]] });
  const line = dense(1)(data.x);
  const loss = meanSquaredError()({ predictions: line, targets: data.y });
  const gradients = backward()(loss);
  for (const stages of [{ data, line, loss }, { data, line, loss, gradients }]) {
    const error = await assertRejects(() => train(pipeline({ name: "idle", stages })));
    assertStringIncludes((error as Error).message, "no optimizer updates anything");
  }
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

Deno.test("train() stops when the very last update is not finite", async () => {
  const data = arrays({ x: [[1e15]], y: [[1e3]] });
  const line = dense(1, { kernelInitializer: "zeros" })(data.x);
  const loss = meanSquaredError()({ predictions: line, targets: data.y });
  const optimizer = sgd({ learningRate: 1e30 })(backward()(loss));
  const last = pipeline({ name: "last", stages: { data, line, loss, optimizer } });
  const error = await assertRejects(() => train(last), PipelineError);
  assertEquals(error.issues[0]!.code, "nan");
  assertStringIncludes(error.message, "after step 1");
});

Deno.test("train() refuses a directory that already holds a run", async () => {
  await inFolder(async (folder) => {
    await train(blobs(), { runDirectory: folder });
    const error = await assertRejects(
      () => train(blobs(), { runDirectory: folder }),
      PipelineError,
    );
    assertStringIncludes(error.message, "it already holds a run");
  });
});

Deno.test("train() refuses what fit() gives beside what build() asks for", async () => {
  const half = defineStage<<S extends readonly Dim[]>(x: Tensor<S>) => Tensor<S>>()({
    name: "half",
    kind: "traced",
    family: "transform",
    config: z.strictObject({}),
    inputs: { x: { kind: "tensor" } },
    output: "tensor",
    fit: () =>
      Promise.resolve({ fcator: { dtype: "f32" as const, shape: [], data: Float32Array.of(0.5) } }),
    build: ({ x }, context) => ops.mul(x, context.fitted("factor", [])),
  });
  const data = arrays({ x: [[1], [2]], y: [[1], [2]] });
  const line = dense(1)(half({})(data.x));
  const loss = meanSquaredError()({ predictions: line, targets: data.y });
  const misspelled = pipeline({
    name: "misspelled",
    stages: { data, line, optimizer: sgd()(backward()(loss)) },
  });
  const error = await assertRejects(() => train(misspelled), PipelineError);
  assertStringIncludes(
    error.message,
    '"half.factor": Cannot use what fit() gave: received nothing',
  );
  assertStringIncludes(error.message, 'did you mean "half.factor"?');
});

Deno.test("train() opens the validation split once", async () => {
  let opened = 0;
  const counted = defineLoader<{
    x: Tensor<readonly ["batch", 1]>;
    y: Tensor<readonly ["batch", 1]>;
  }>()({
    name: "counted",
    kind: "loader",
    family: "loader",
    config: z.strictObject({}),
    ports: () => ({
      x: { kind: "tensor", dtype: "f32", shape: [1] },
      y: { kind: "tensor", dtype: "f32", shape: [1] },
    }),
    open({ split }) {
      if (split === "validation") opened++;
      return { rows: 4, read: (rows, { x, y }) => rows.forEach((row, i) => x![i] = y![i] = row) };
    },
  });
  const data = counted({});
  const line = dense(1)(data.x);
  const loss = meanSquaredError()({ predictions: line, targets: data.y });
  const { metrics } = await train(pipeline({
    name: "counted",
    epochs: 5,
    stages: { data, line, loss, optimizer: sgd()(backward()(loss)) },
  }));
  assertEquals(opened, 1);
  assertEquals(Object.keys(metrics.validation!), ["loss"]);
});

Deno.test("train() lets nothing grow on the heap with its steps", async () => {
  const library = new URL("../../../mod.ts", import.meta.url).href;
  const support = new URL("../../support/pipelines.ts", import.meta.url).href;
  const program = `
    import { train } from ${JSON.stringify(library)};
    import { blobs } from ${JSON.stringify(support)};
    const sizes = [];
    await train(blobs(), { set: { epochs: 2600 }, logEvery: 1000, onEvent: (event) => {
      if (event.kind !== "step" || event.step % 1000 !== 0) return;
      gc(); gc();
      sizes.push(Deno.memoryUsage().heapUsed + Deno.memoryUsage().external);
    } });
    console.log(JSON.stringify(sizes));`;
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(file, program);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--config=deno.json", "--v8-flags=--expose-gc", file],
    cwd: new URL("../../../", import.meta.url),
  }).output();
  await Deno.remove(file);
  const sizes: number[] = JSON.parse(new TextDecoder().decode(stdout) || "[]");
  assertEquals(sizes.length, 10, new TextDecoder().decode(stderr));
  // from step 2,000 to step 10,000, in bytes a step; code compiled late is within
  const perStep = (sizes.at(-1)! - sizes[1]!) / 8000;
  assert(perStep < 32, `${perStep} bytes a step: ${sizes}`);
});
