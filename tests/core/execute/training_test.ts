import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { z } from "zod";
import {
  arrays,
  backward,
  type ClassLabels,
  csv,
  DataError,
  defineLoader,
  defineStage,
  dense,
  type Device,
  devices,
  type Dim,
  meanSquaredError,
  ops,
  pipeline,
  PipelineError,
  precision,
  type RunEvent,
  sgd,
  sparseCategoricalCrossEntropy,
  standardize,
  type Tensor,
  train,
} from "@millrace/millrace";
import { blobs } from "../../support/pipelines.ts";
import { bitsOf, inFolder } from "../../support/runs.ts";

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

Deno.test("train() refuses a run directory that cannot be written", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    const error = await assertRejects(() => train(blobs(), { runDirectory: `${folder}/file/run` }));
    assertStringIncludes((error as Error).message, "Cannot write the run directory");
  });
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

Deno.test("train() says at the first step that there is no memory to evaluate", async () => {
  const events: RunEvent[] = [];
  await assertRejects(
    () =>
      train(blobs(), {
        set: { evaluateBatchSize: 2 ** 30 },
        logEvery: 1,
        onEvent: (event) => events.push(event),
      }),
    PipelineError,
    "blobs evaluate",
  );
  assertEquals(events.map(({ kind }) => kind), ["start", "step"]);
});

Deno.test("train() opens every split before the first step, and leaves nothing where one is missing", async () => {
  for (const split of ["validation", "test"] as const) {
    await inFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/train.csv`, "x,y\n1,2\n2,4\n");
      const data = csv({
        path: `${folder}/train.csv`,
        [split]: `${folder}/missing.csv`,
        features: ["x"],
        targets: ["y"],
      });
      const line = dense(1)(data.features);
      const loss = meanSquaredError()({ predictions: line, targets: data.targets });
      const optimizer = sgd()(backward()(loss));
      const events: string[] = [];
      const training = (runDirectory: string) =>
        train(pipeline({ name: "line", stages: { data, line, loss, optimizer } }), {
          device: "reference",
          runDirectory,
          onEvent: ({ kind }) => events.push(kind),
        });
      await assertRejects(() => training(`${folder}/run`), DataError, "missing.csv");
      assertEquals(events, []);
      await Deno.mkdir(`${folder}/mine`);
      await Deno.writeTextFile(`${folder}/mine/notes.txt`, "mine");
      await assertRejects(() => training(`${folder}/mine`), DataError, "missing.csv");
      const left = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
      assertEquals(left.sort(), ["mine", "train.csv"]);
      const mine = await Array.fromAsync(Deno.readDir(`${folder}/mine`), ({ name }) => name);
      assertEquals(mine, ["notes.txt"]);
    });
  }
});

Deno.test("train() keeps what an earlier run left, where one cannot start", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/events.jsonl`, "{}\n");
    const data = arrays({ x: [[1]], y: [[1]] });
    const line = dense(1)(data.x);
    const loss = meanSquaredError()({ predictions: line, targets: data.y });
    const optimizer = sgd()(backward()(loss));
    await assertRejects(
      () =>
        train(
          pipeline({
            name: "line",
            batchSize: 2,
            lastBatch: "drop",
            stages: { data, line, loss, optimizer },
          }),
          { device: "reference", runDirectory: folder },
        ),
      PipelineError,
      "no batch can be filled",
    );
    assertEquals(await Deno.readTextFile(`${folder}/events.jsonl`), "{}\n");
  });
});

Deno.test("train() keeps nothing where it is stopped before its first step", async () => {
  const counted = defineLoader<{
    x: Tensor<readonly ["batch", 1]>;
    kind: ClassLabels<"batch", 2>;
  }>();
  const stoppedAt = async (moment: number | "start") => {
    const controller = new AbortController();
    let reads = 0;
    const data = counted({
      name: "counted",
      kind: "loader",
      family: "loader",
      config: z.strictObject({}),
      ports: () => ({
        x: { kind: "tensor", dtype: "f32", shape: [1] },
        kind: { kind: "labels", dtype: "u8", classes: 2 },
      }),
      open: () => ({
        rows: 600,
        read(rows, { x, kind }) {
          if (++reads === moment) controller.abort();
          rows.forEach((row, i) => {
            x![i] = row;
            kind![i] = row % 2;
          });
        },
      }),
    })({});
    const scaled = standardize()(data.x);
    const logits = dense(2)(scaled);
    const labels = data.kind;
    const loss = sparseCategoricalCrossEntropy()({ logits, labels });
    const optimizer = sgd()(backward()(loss));
    const stages = { data, scaled, logits, loss, optimizer, hits: precision()({ logits, labels }) };
    const events: string[] = [];
    return await inFolder(async (folder) => {
      const result = await train(pipeline({ name: "counted", stages }), {
        device: "reference",
        runDirectory: `${folder}/run`,
        signal: controller.signal,
        onEvent({ kind }) {
          events.push(kind);
          if (kind === moment) controller.abort();
        },
      });
      const left = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
      const { stopped, steps, runDirectory, metrics } = result;
      return { stopped, steps, isKept: runDirectory !== null, left, metrics, events };
    });
  };
  const nothing = { stopped: true, steps: 0, isKept: false, left: [], metrics: { train: {} } };
  // the fit reads five batches
  assertEquals(await stoppedAt(1), { ...nothing, events: [] });
  assertEquals(await stoppedAt(5), { ...nothing, events: [] });
  assertEquals(await stoppedAt("start"), { ...nothing, events: ["fit", "start"] });
  assertEquals((await stoppedAt(6)).steps, 1);
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

Deno.test("train() reads every variable out of the device once at the start and once an epoch", async () => {
  const device = (devices as Device[]).find(({ name }) => name === "wasm");
  const { open } = device!;
  const reads: number[] = [];
  device!.open = async (options) => {
    const session = await open(options);
    const read = session.read.bind(session);
    session.read = (buffer) => {
      reads.push(buffer.byteOffset);
      return read(buffer);
    };
    return session;
  };
  try {
    await inFolder(async (folder) => {
      await train(blobs(), { runDirectory: folder, set: { epochs: 3 } });
    });
  } finally {
    device!.open = open;
  }
  const times = new Set(reads).values().map((place) => reads.filter((at) => at === place).length);
  // a weight and a bias of two layers, each with the two moments of Adam
  assert(new Set(reads).size >= 12, `${new Set(reads).size} variables`);
  assertEquals(new Set(times), new Set([4]));
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
